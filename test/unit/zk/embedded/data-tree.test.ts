import { expect } from 'chai'

import type { AppliedChange, Change } from '../../../../zk/embedded/data-tree.ts'
import { CONTAINER, DataTree, NOBODY, statOf } from '../../../../zk/embedded/data-tree.ts'
import type { Stat, Zxid } from '../../../../zk/zookeeper.ts'
import { OPEN_ACL } from '../../../../zk/zookeeper.ts'

describe('data tree', () => {
  let tree: DataTree
  let zxid: number
  const apply = (change: Change): AppliedChange => {
    zxid++
    return tree.apply(change, { zxid: zxid as Zxid, timeMs: 1000 * zxid })
  }
  const create = (path: string, owner = NOBODY): AppliedChange =>
    apply({ kind: 'create', path, data: Buffer.from(path), acl: OPEN_ACL, owner })
  const set = (path: string, data: Buffer | null = null): AppliedChange => apply({ kind: 'set', path, data })
  const remove = (path: string): AppliedChange => apply({ kind: 'delete', path })
  const stat = (path: string): Stat => statOf(tree.get(path)!, tree.childCount(path))

  beforeEach(() => {
    tree = DataTree.atBirth()
    zxid = 0
  })

  it('begins with the root and ZooKeeper’s own znodes', () => {
    expect(tree.childNames('/')).to.deep.equal(['zookeeper'])
    expect(tree.childNames('/zookeeper')).to.have.members(['quota', 'config'])
    expect(stat('/')).to.include({ version: 0, cversion: -1, aversion: 0, czxid: 0, childCount: 1 })
    expect(stat('/zookeeper/config')).to.include({ aversion: -1 })
    expect(tree.nodeCount).to.equal(4)
    expect(tree.approximateBytes).to.equal(44)
  })

  it('gives a new znode one moment and no versions, and its parent the pzxid', () => {
    const { after, childCount } = create('/a')
    expect(stat('/a')).to.deep.equal({
      ...{ czxid: 1, mzxid: 1, pzxid: 1, ctimeMs: 1000, mtimeMs: 1000, version: 0, cversion: 0, aversion: 0 },
      ...{ ephemeralOwner: 0n, dataLength: 2, childCount: 0 },
    })
    expect(statOf(after!, childCount)).to.deep.equal(stat('/a'))
    expect(stat('/')).to.include({ pzxid: 1, mzxid: 0, mtimeMs: 0, version: 0, cversion: 0 })
  })

  it('moves version, mzxid and mtime with the data', () => {
    create('/a')
    set('/a', Buffer.from('12345'))
    expect(stat('/a')).to.include({
      version: 1,
      mzxid: 2,
      mtimeMs: 2000,
      czxid: 1,
      pzxid: 1,
      dataLength: 5,
      aversion: 0,
    })
    set('/a', null)
    expect(stat('/a')).to.include({ version: 2, dataLength: 0 })
  })

  it('moves the aversion alone with the ACL', () => {
    create('/a')
    const before = stat('/a')
    apply({ kind: 'set-acl', path: '/a', acl: [{ permissions: 1, scheme: 'world', id: 'anyone' }] })
    expect(stat('/a')).to.deep.equal({ ...before, aversion: 1 })
  })

  it('counts the coming and going of children in the cversion, their coming alone in the creations', () => {
    create('/a')
    create('/a/b')
    create('/a/c')
    remove('/a/b')
    expect(stat('/a')).to.include({ cversion: 3, pzxid: 4, childCount: 1, version: 0, mzxid: 1 })
    expect(tree.get('/a')?.creations).to.equal(2)
  })

  it('leaves -1 out when versions run over', () => {
    create('/a')
    tree.restore('/b', { ...tree.get('/a')!, version: -2 })
    set('/b')
    expect(stat('/b').version).to.equal(0)
    tree.restore('/c', { ...tree.get('/a')!, version: 2 ** 31 - 1 })
    set('/c')
    expect(stat('/c').version).to.equal(-(2 ** 31))
  })

  it('knows the ephemerals of a session', () => {
    create('/a', 7n)
    create('/b', 7n)
    create('/c', 8n)
    expect(tree.ephemeralsOf(7n)).to.deep.equal(['/a', '/b'])
    expect(stat('/a').ephemeralOwner).to.equal(7n)
    remove('/a')
    remove('/c')
    expect(tree.ephemeralsOf(7n)).to.deep.equal(['/b'])
    expect([...tree.ephemeralOwners()].map(([owner]) => owner)).to.deep.equal([7n])
    expect(tree.ephemeralCount).to.equal(1)
  })

  it('knows the containers that have lost their last child, and does not show their mark', () => {
    create('/fresh', CONTAINER)
    create('/left', CONTAINER)
    create('/full', CONTAINER)
    create('/left/a')
    create('/full/a')
    remove('/left/a')
    expect(tree.emptiedContainers()).to.deep.equal(['/left'])
    expect(stat('/left').ephemeralOwner).to.equal(0n)
    remove('/left')
    expect(tree.emptiedContainers()).to.deep.equal([])
  })

  it('counts what is below a znode', () => {
    for (const path of ['/a', '/a/b', '/a/b/c', '/a/d', '/ab']) create(path)
    expect(['/', '/a', '/a/b', '/ab'].map((path) => tree.descendantCount(path))).to.deep.equal([8, 3, 1, 0])
  })

  it('counts the bytes of paths and data', () => {
    const before = tree.approximateBytes
    create('/abc')
    set('/abc', Buffer.alloc(100))
    expect(tree.approximateBytes).to.equal(before + 4 + 100)
    remove('/abc')
    expect(tree.approximateBytes).to.equal(before)
  })

  it('takes back what was applied, newest first, without a trace', () => {
    for (const path of ['/a', '/a/b']) create(path)
    create('/e', 7n)
    const picture = () => ({
      nodes: new Map(tree.capture().paths.map((path) => [path, tree.get(path)])),
      children: ['/', '/a', '/a/b'].map((path) => new Set(tree.childNames(path))),
      ephemerals: tree.ephemeralsOf(7n),
      bytes: tree.approximateBytes,
    })
    const before = picture()
    const applied = [
      set('/a', Buffer.from('other')),
      remove('/a/b'),
      create('/a/b', 7n),
      create('/a/c', CONTAINER),
      apply({ kind: 'set-acl', path: '/a', acl: [] }),
      remove('/e'),
      apply({ kind: 'check', path: '/a' }),
      remove('/a/c'),
    ]
    expect(picture()).to.not.deep.equal(before)
    for (const change of applied.toReversed()) tree.revert(change)
    expect(picture()).to.deep.equal(before)
    expect(tree.emptiedContainers()).to.deep.equal([])
  })

  it('is captured as it is, whatever becomes of it, parents first', () => {
    for (const path of ['/a', '/a/b', '/a/c']) create(path)
    tree.revert(remove('/a/b'))
    const { paths, nodes } = tree.capture()
    const captured = new Map(paths.map((path, index) => [path, nodes[index]]))
    set('/a')
    remove('/a/b')
    create('/d')
    expect(captured.get('/a')?.version).to.equal(0)
    expect([...captured.keys()]).to.have.members([
      '/',
      '/zookeeper',
      '/zookeeper/quota',
      '/zookeeper/config',
      '/a',
      '/a/b',
      '/a/c',
    ])
    const copy = new DataTree()
    for (const [path, node] of captured) copy.restore(path, node!)
    expect(new Set(copy.childNames('/a'))).to.deep.equal(new Set(['b', 'c']))
  })

  for (const [what, change] of [
    ['creates below nothing', { kind: 'create', path: '/no/a', data: null, acl: OPEN_ACL, owner: NOBODY }],
    ['creates twice', { kind: 'create', path: '/zookeeper', data: null, acl: OPEN_ACL, owner: NOBODY }],
    ['deletes a parent', { kind: 'delete', path: '/zookeeper' }],
    ['deletes nothing', { kind: 'delete', path: '/no' }],
    ['sets nothing', { kind: 'set', path: '/no', data: null }],
  ] as const) {
    it(`stops a program that ${what}`, () => expect(() => apply(change)).to.throw())
  }
})
