import { expect } from 'chai'

import type { Actor } from '../../../../zk/embedded/access.ts'
import { CONTAINER, DataTree, NOBODY } from '../../../../zk/embedded/data-tree.ts'
import type { TreeOperation } from '../../../../zk/embedded/operations.ts'
import { decide } from '../../../../zk/embedded/operations.ts'
import type { Acl, Zxid } from '../../../../zk/zookeeper.ts'
import { ANY_VERSION, OPEN_ACL, PERMISSION } from '../../../../zk/zookeeper.ts'

const actor: Actor = { sessionId: 77n, identities: [{ scheme: 'ip', id: '127.0.0.1' }] }
const owner: Actor = { sessionId: 78n, identities: [{ scheme: 'digest', id: 'owner:hash' }] }
const ownersOnly: readonly Acl[] = [{ permissions: PERMISSION.all, scheme: 'digest', id: 'owner:hash' }]
const badAcl: readonly Acl[] = [{ permissions: 31, scheme: 'nonsense', id: '' }]

/** /open (version 2) with a child, /closed with a child, and an ephemeral, all of version 0. */
function aTree(): DataTree {
  const tree = DataTree.atBirth()
  const moment = { zxid: 1 as Zxid, timeMs: 0 }
  const make = (path: string, acl = OPEN_ACL, of = NOBODY) =>
    tree.apply({ kind: 'create', path, data: null, acl, owner: of }, moment)
  make('/open')
  make('/open/child')
  make('/closed', ownersOnly)
  make('/closed/child')
  make('/ephemeral', OPEN_ACL, 78n)
  make('/container', OPEN_ACL, CONTAINER)
  for (let version = 0; version < 2; version++) tree.apply({ kind: 'set', path: '/open', data: null }, moment)
  return tree
}

const create = (path: string, more: { acl?: readonly Acl[] | null; flags?: number } = {}): TreeOperation => ({
  kind: 'create',
  path,
  data: null,
  acl: OPEN_ACL,
  flags: 0,
  ...more,
})
const remove = (path: string, version = ANY_VERSION): TreeOperation => ({ kind: 'delete', path, version })
const set = (path: string, version = ANY_VERSION): TreeOperation => ({
  kind: 'set',
  path,
  data: null,
  version,
})
const setAcl = (
  path: string,
  acl: readonly Acl[] | null = OPEN_ACL,
  version = ANY_VERSION,
): TreeOperation => ({
  kind: 'set-acl',
  path,
  acl,
  version,
})
const check = (path: string, version = ANY_VERSION): TreeOperation => ({ kind: 'check', path, version })

describe('decisions', () => {
  describe('refuse with the first reason that there is', () => {
    // In the order of the checks: each case would also fail those that come after its own.
    const cases: readonly (readonly [what: string, operation: TreeOperation, error: string])[] = [
      ['create: flags below 0', create('no slash', { flags: -1, acl: badAcl }), 'BAD_ARGUMENTS'],
      ['create: flags above 6', create('no slash', { flags: 7, acl: badAcl }), 'BAD_ARGUMENTS'],
      ['create: time to live', create('no slash', { flags: 5, acl: badAcl }), 'UNIMPLEMENTED'],
      ['create: time to live, sequential', create('no slash', { flags: 6 }), 'UNIMPLEMENTED'],
      ['create: no slash at all', create('name', { acl: badAcl }), 'BAD_ARGUMENTS'],
      ['create: a zero character', create('/missing/\0', { acl: badAcl }), 'BAD_ARGUMENTS'],
      ['create: unknown scheme', create('/missing//name', { acl: badAcl }), 'INVALID_ACL'],
      ['create: empty ACL', create('/missing/name', { acl: [] }), 'INVALID_ACL'],
      ['create: no ACL', create('/missing/name', { acl: null }), 'INVALID_ACL'],
      ['create: no parent', create('/missing//name'), 'NO_NODE'],
      ['create: not from the root', create('missing/name'), 'NO_NODE'],
      ['create: no CREATE on the parent', create('/closed/..'), 'NO_AUTH'],
      ['create: no CREATE, though it exists', create('/closed/child'), 'NO_AUTH'],
      ['create: bad last component', create('/ephemeral/..'), 'BAD_ARGUMENTS'],
      ['create: nothing behind the slash', create('/open/'), 'BAD_ARGUMENTS'],
      ['create: refused character', create('/open/\u0001'), 'BAD_ARGUMENTS'],
      ['create: exists', create('/open/child'), 'NODE_EXISTS'],
      ['create: the root', create('/'), 'NODE_EXISTS'],
      ['create: below an ephemeral', create('/ephemeral/name'), 'NO_CHILDREN_FOR_EPHEMERALS'],
      [
        'create: sequential below an ephemeral',
        create('/ephemeral/', { flags: 2 }),
        'NO_CHILDREN_FOR_EPHEMERALS',
      ],
      ...['/', '/zookeeper', '/zookeeper/quota', '/zookeeper/config', '', 'name', '/\0'].map(
        (path) => [`delete: ${JSON.stringify(path)}`, remove(path, 99), 'BAD_ARGUMENTS'] as const,
      ),
      ['delete: no parent', remove('/missing/name', 99), 'NO_NODE'],
      ['delete: no DELETE on the parent', remove('/closed/missing', 99), 'NO_AUTH'],
      ['delete: not there', remove('/open/missing', 99), 'NO_NODE'],
      ['delete: slash at the end', remove('/open/', 99), 'NO_NODE'],
      ['delete: other version', remove('/open', 99), 'BAD_VERSION'],
      ['delete: children', remove('/open', 2), 'NOT_EMPTY'],
      ['set: bad path', set('/open//', 99), 'BAD_ARGUMENTS'],
      ['set: not there', set('/missing', 99), 'NO_NODE'],
      ['set: no WRITE', set('/closed', 99), 'NO_AUTH'],
      ['set: other version', set('/open', 0), 'BAD_VERSION'],
      ['set: -2 is no version', set('/open', -2), 'BAD_VERSION'],
      ['set-acl: bad path', setAcl('', badAcl, 99), 'BAD_ARGUMENTS'],
      ['set-acl: unknown scheme', setAcl('/missing', badAcl, 99), 'INVALID_ACL'],
      ['set-acl: no ACL', setAcl('/missing', null, 99), 'INVALID_ACL'],
      ['set-acl: not there', setAcl('/missing', OPEN_ACL, 99), 'NO_NODE'],
      ['set-acl: no ADMIN', setAcl('/closed', OPEN_ACL, 99), 'NO_AUTH'],
      ['set-acl: other aversion', setAcl('/open', OPEN_ACL, 2), 'BAD_VERSION'],
      ['check: bad path', check('open', 99), 'BAD_ARGUMENTS'],
      ['check: not there', check('/missing', 99), 'NO_NODE'],
      ['check: no READ', check('/closed', 99), 'NO_AUTH'],
      ['check: other version', check('/open', 0), 'BAD_VERSION'],
    ]
    for (const [what, operation, error] of cases) {
      it(`${what}: ${error}`, () => expect(decide(aTree(), actor, operation)).to.equal(error))
    }
  })

  describe('resolve what they allow', () => {
    const allowed: readonly [what: string, operation: TreeOperation, change: object][] = [
      ['a persistent znode', create('/a'), { kind: 'create', path: '/a', owner: NOBODY }],
      ['an ephemeral one', create('/a', { flags: 1 }), { kind: 'create', path: '/a', owner: 77n }],
      ['a sequential one', create('/a', { flags: 2 }), { path: '/a0000000004', owner: NOBODY }],
      ['a sequential ephemeral one', create('/a', { flags: 3 }), { path: '/a0000000004', owner: 77n }],
      ['one that is but a number', create('/open/', { flags: 2 }), { path: '/open/0000000001' }],
      ['a dot before the number', create('/open/.', { flags: 2 }), { path: '/open/.0000000001' }],
      ['a container', create('/a', { flags: 4 }), { path: '/a', owner: CONTAINER }],
      ['a child of a container', create('/container/a'), { path: '/container/a' }],
      ['a child of /zookeeper', create('/zookeeper/a'), { path: '/zookeeper/a' }],
      ['a delete', remove('/open/child', 0), { kind: 'delete', path: '/open/child' }],
      ['a set of the expected version', set('/open', 2), { kind: 'set', path: '/open' }],
      ['a set of the root', set('/', 0), { kind: 'set', path: '/' }],
      ['an ACL', setAcl('/open', OPEN_ACL, 0), { kind: 'set-acl', path: '/open', acl: OPEN_ACL }],
      ['a check', check('/open', 2), { kind: 'check', path: '/open' }],
    ]
    for (const [what, operation, change] of allowed) {
      it(what, () => expect(decide(aTree(), actor, operation)).to.include(change))
    }

    it('everything for who has proved to be the owner', () => {
      const tree = aTree()
      for (const operation of [
        create('/closed/a'),
        remove('/closed/child'),
        set('/closed'),
        setAcl('/closed'),
        check('/closed'),
      ]) {
        expect(decide(tree, owner, operation)).to.have.property('kind', operation.kind)
      }
    })

    it('numbers that have run over, as Java prints them', () => {
      const tree = aTree()
      tree.restore('/worn', { ...tree.get('/open')!, creations: 2 ** 31 - 1 })
      expect(decide(tree, actor, create('/worn/s', { flags: 2 }))).to.include({ path: '/worn/s2147483647' })
      tree.apply(
        { kind: 'create', path: '/worn/a', data: null, acl: OPEN_ACL, owner: NOBODY },
        { zxid: 2 as Zxid, timeMs: 0 },
      )
      expect(decide(tree, actor, create('/worn/s', { flags: 2 }))).to.include({ path: '/worn/s-2147483648' })
    })
  })
})
