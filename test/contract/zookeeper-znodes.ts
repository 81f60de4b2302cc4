import { expect } from 'chai'

import type { Operation, ZooKeeper } from '../../zk/zookeeper.ts'
import { ANY_VERSION, OPEN_ACL, PERMISSION } from '../../zk/zookeeper.ts'
import { refusal } from './zookeeper-expectations.ts'
import type { ZooKeeperTestBed } from './zookeeper-harness.ts'

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8')

/** What can be done to znodes: create, read, set, delete, several at once, and who may. */
export function describeZnodes(bed: ZooKeeperTestBed): void {
  let zk: ZooKeeper
  let at: (name: string) => string

  beforeEach(async () => {
    zk = await bed.connect()
    at = (name) => `${bed.root}/${name}`
  })

  describe('creating', () => {
    it('returns the path and keeps the data', async () => {
      expect(await zk.create(at('a'), bytes('hello'))).to.equal(at('a'))
      expect((await zk.get(at('a')))?.data).to.deep.equal(bytes('hello'))
    })

    it('starts all versions at 0 and all three zxids at the transaction that made it', async () => {
      await zk.create(at('a'), bytes('hello'))
      const stat = await zk.exists(at('a'))
      expect(stat).to.include({ version: 0, cversion: 0, aversion: 0, dataLength: 5, childCount: 0 })
      expect(stat?.ephemeralOwner).to.equal(0n)
      expect(stat?.czxid).to.be.greaterThan(0)
      expect([stat?.mzxid, stat?.pzxid]).to.deep.equal([stat?.czxid, stat?.czxid])
      expect(stat?.ctimeMs).to.equal(stat?.mtimeMs)
    })

    it('tells no data from empty data', async () => {
      await zk.create(at('none'), null)
      await zk.create(at('empty'), Buffer.alloc(0))
      expect((await zk.get(at('none')))?.data).to.equal(null)
      expect((await zk.get(at('empty')))?.data).to.deep.equal(Buffer.alloc(0))
    })

    it('takes names in any script', async () => {
      const path = await zk.create(at('Zürau-村'), bytes('1917'))
      expect(await zk.children(bed.root)).to.deep.equal(['Zürau-村'])
      expect((await zk.get(path))?.data).to.deep.equal(bytes('1917'))
    })

    it('does not care what becomes of the buffer after the call', async () => {
      const data = bytes('before')
      const created = zk.create(at('a'), data)
      await created
      data.fill(0)
      expect((await zk.get(at('a')))?.data).to.deep.equal(bytes('before'))
    })

    it('fails with NO_NODE when the parent is missing', async () => {
      const error = await refusal(zk.create(at('missing/a'), null), 'NO_NODE')
      expect(error.path).to.equal(at('missing/a'))
      expect(error.operationIndex).to.equal(-1)
    })

    it('fails with NODE_EXISTS and leaves what is there', async () => {
      await zk.create(at('a'), bytes('first'))
      await refusal(zk.create(at('a'), bytes('second')), 'NODE_EXISTS')
      expect((await zk.get(at('a')))?.data).to.deep.equal(bytes('first'))
    })

    for (const name of ['a/', '.', 'a/..', 'a\u0001', 'a\ufff5']) {
      it(`fails with BAD_ARGUMENTS for the name ${JSON.stringify(name)}`, async () => {
        await zk.create(at('a'), null)
        await refusal(zk.create(at(name), null), 'BAD_ARGUMENTS')
      })
    }

    it('fails with BAD_ARGUMENTS for a path that does not begin at the root', async () => {
      await refusal(zk.create('relative', null), 'BAD_ARGUMENTS')
    })

    it('numbers sequential znodes by the children that were ever created', async () => {
      await zk.create(at('plain'), null)
      const first = await zk.create(at('s-'), null, { mode: 'persistent-sequential' })
      expect(first).to.equal(at('s-0000000001'))
      await zk.delete(first, ANY_VERSION)
      await refusal(zk.create(at('plain'), null), 'NODE_EXISTS')
      expect(await zk.create(at('s-'), null, { mode: 'ephemeral-sequential' })).to.equal(at('s-0000000002'))
      expect(await zk.create(at(''), null, { mode: 'persistent-sequential' })).to.equal(at('0000000003'))
    })

    it('lets an ephemeral znode name its session and have no children', async () => {
      await zk.create(at('e'), null, { mode: 'ephemeral' })
      expect((await zk.exists(at('e')))?.ephemeralOwner).to.equal(zk.session.id)
      await refusal(zk.create(at('e/child'), null), 'NO_CHILDREN_FOR_EPHEMERALS')
    })
  })

  describe('reading', () => {
    it('finds nothing with null', async () => {
      expect(await zk.get(at('missing'))).to.equal(null)
      expect(await zk.exists(at('missing'))).to.equal(null)
      expect(await zk.children(at('missing'))).to.equal(null)
      expect(await zk.getAcl(at('missing'))).to.equal(null)
    })

    it('lists the names of the children alone', async () => {
      for (const name of ['b', 'a', 'c']) await zk.create(at(name), null)
      await zk.create(at('a/below'), null)
      expect((await zk.children(bed.root))?.toSorted()).to.deep.equal(['a', 'b', 'c'])
      expect(await zk.children(at('b'))).to.deep.equal([])
    })

    it('counts children and their coming and going in the stat of the parent', async () => {
      const before = await zk.exists(bed.root)
      await zk.create(at('a'), null)
      const created = await zk.exists(bed.root)
      await zk.delete(at('a'), ANY_VERSION)
      const deleted = await zk.exists(bed.root)
      expect([before?.childCount, created?.childCount, deleted?.childCount]).to.deep.equal([0, 1, 0])
      expect([before?.cversion, created?.cversion, deleted?.cversion]).to.deep.equal([0, 1, 2])
      expect(created?.pzxid).to.be.greaterThan(before?.pzxid ?? Infinity)
      expect(deleted?.pzxid).to.be.greaterThan(created?.pzxid ?? Infinity)
      expect(deleted).to.include({ version: 0, mzxid: before?.mzxid })
    })

    it('shows another client what was written before its sync', async () => {
      const other = await bed.connect()
      await zk.create(at('a'), bytes('new'))
      await other.sync(at('a'))
      expect((await other.get(at('a')))?.data).to.deep.equal(bytes('new'))
    })
  })

  describe('setting', () => {
    it('counts versions from 0 and compares 0 like any other', async () => {
      await zk.create(at('a'), bytes('0'))
      expect(await zk.set(at('a'), bytes('1'), 0)).to.include({ version: 1, dataLength: 1 })
      await refusal(zk.set(at('a'), bytes('2'), 0), 'BAD_VERSION')
      expect((await zk.get(at('a')))?.data).to.deep.equal(bytes('1'))
      expect((await zk.set(at('a'), bytes('2'), 1)).version).to.equal(2)
    })

    it('moves mzxid and leaves czxid', async () => {
      await zk.create(at('a'), null)
      const before = await zk.exists(at('a'))
      const after = await zk.set(at('a'), bytes('1'), 0)
      expect(after.czxid).to.equal(before?.czxid)
      expect(after.mzxid).to.be.greaterThan(before?.mzxid ?? Infinity)
      expect(after.pzxid).to.equal(before?.pzxid)
    })

    it('takes any version when told so', async () => {
      await zk.create(at('a'), bytes('0'))
      await zk.set(at('a'), bytes('1'), ANY_VERSION)
      expect((await zk.set(at('a'), null, ANY_VERSION)).version).to.equal(2)
      expect((await zk.get(at('a')))?.data).to.equal(null)
    })

    it('fails with NO_NODE when there is nothing', async () => {
      await refusal(zk.set(at('missing'), null, ANY_VERSION), 'NO_NODE')
    })
  })

  describe('deleting', () => {
    it('removes the znode', async () => {
      await zk.create(at('a'), null)
      await zk.delete(at('a'), 0)
      expect(await zk.exists(at('a'))).to.equal(null)
    })

    it('fails with BAD_VERSION, NOT_EMPTY and NO_NODE', async () => {
      await zk.create(at('a'), null)
      await zk.set(at('a'), null, ANY_VERSION)
      await zk.create(at('a/b'), null)
      await refusal(zk.delete(at('a'), 0), 'BAD_VERSION')
      await refusal(zk.delete(at('a'), 1), 'NOT_EMPTY')
      await refusal(zk.delete(at('missing'), ANY_VERSION), 'NO_NODE')
    })
  })

  describe('several operations at once', () => {
    it('are all done, in order, each seeing what those before it did', async () => {
      const results = await zk.multi([
        { kind: 'create', path: at('a'), data: bytes('0') },
        { kind: 'set', path: at('a'), data: bytes('1'), version: 0 },
        { kind: 'check', path: at('a'), version: 1 },
        { kind: 'create', path: at('a/s-'), data: null, mode: 'persistent-sequential' },
        { kind: 'create', path: at('a/s-'), data: null, mode: 'ephemeral-sequential' },
        { kind: 'delete', path: at('a/s-0000000000'), version: 0 },
      ])
      expect(results.map(({ kind }) => kind)).to.deep.equal([
        'create',
        'set',
        'check',
        'create',
        'create',
        'delete',
      ])
      expect(results[0]).to.deep.equal({ kind: 'create', path: at('a') })
      expect(results[1]).to.have.nested.include({ 'stat.version': 1 })
      expect(results[4]).to.deep.equal({ kind: 'create', path: at('a/s-0000000001') })
      expect(await zk.children(at('a'))).to.deep.equal(['s-0000000001'])
    })

    it('share one zxid', async () => {
      await zk.multi(['a', 'b'].map((name) => ({ kind: 'create', path: at(name), data: null })))
      expect((await zk.exists(at('a')))?.czxid).to.equal((await zk.exists(at('b')))?.czxid)
    })

    it('may be none', async () => {
      expect(await zk.multi([])).to.deep.equal([])
    })

    const failures: readonly {
      error: 'NO_NODE' | 'NODE_EXISTS' | 'BAD_VERSION' | 'NOT_EMPTY'
      operation: () => Operation
    }[] = [
      {
        error: 'NO_NODE',
        operation: () => ({ kind: 'set', path: at('missing'), data: null, version: ANY_VERSION }),
      },
      { error: 'NO_NODE', operation: () => ({ kind: 'check', path: at('missing'), version: ANY_VERSION }) },
      { error: 'NO_NODE', operation: () => ({ kind: 'create', path: at('missing/a'), data: null }) },
      { error: 'NODE_EXISTS', operation: () => ({ kind: 'create', path: at('old'), data: null }) },
      { error: 'BAD_VERSION', operation: () => ({ kind: 'check', path: at('old'), version: 0 }) },
      { error: 'BAD_VERSION', operation: () => ({ kind: 'set', path: at('old'), data: null, version: 0 }) },
      { error: 'BAD_VERSION', operation: () => ({ kind: 'delete', path: at('old'), version: 0 }) },
      { error: 'NOT_EMPTY', operation: () => ({ kind: 'delete', path: bed.root, version: ANY_VERSION }) },
    ]
    for (const [index, { error, operation }] of failures.entries()) {
      it(`are none of them done when one fails (${index + 1}: ${error})`, async () => {
        await zk.create(at('old'), bytes('0'))
        await zk.set(at('old'), bytes('1'), 0)
        const before = await zk.exists(bed.root)
        const failing = operation()
        const refused = await refusal(
          zk.multi([
            { kind: 'create', path: at('new'), data: null },
            { kind: 'set', path: at('old'), data: bytes('2'), version: 1 },
            { kind: 'set', path: at('old'), data: bytes('1'), version: 2 },
            failing,
            { kind: 'delete', path: at('new'), version: 0 },
          ]),
          error,
        )
        expect(refused).to.include({ operationIndex: 3, path: failing.path })
        expect(await zk.exists(at('new'))).to.equal(null)
        expect((await zk.get(at('old')))?.stat.version).to.equal(1)
        expect(await zk.exists(bed.root)).to.deep.equal(before)
      })
    }

    it('move no sequence number when they fail', async () => {
      const create = { kind: 'create', path: at('s-'), data: null, mode: 'persistent-sequential' } as const
      await refusal(zk.multi([create, { kind: 'check', path: at('missing'), version: 0 }]), 'NO_NODE')
      expect(await zk.create(at('s-'), null, { mode: 'persistent-sequential' })).to.equal(at('s-0000000000'))
    })
  })

  describe('permissions', () => {
    const stranger = { permissions: PERMISSION.all, scheme: 'digest', id: 'stranger:x1y2' }

    it('are open to everybody by default', async () => {
      await zk.create(at('a'), null)
      expect((await zk.getAcl(at('a')))?.acl).to.deep.equal(OPEN_ACL)
    })

    it('are kept as they were given', async () => {
      const acl = [{ ...OPEN_ACL[0]!, permissions: PERMISSION.read | PERMISSION.admin }, stranger]
      await zk.create(at('a'), null, { acl })
      expect((await zk.getAcl(at('a')))?.acl).to.have.deep.members(acl)
    })

    it('have a version of their own', async () => {
      await zk.create(at('a'), bytes('0'))
      const before = await zk.exists(at('a'))
      const after = await zk.setAcl(at('a'), OPEN_ACL, 0)
      expect(after).to.deep.equal({ ...before, aversion: 1 })
      await refusal(zk.setAcl(at('a'), OPEN_ACL, 0), 'BAD_VERSION')
      expect((await zk.setAcl(at('a'), OPEN_ACL, ANY_VERSION)).aversion).to.equal(2)
      await refusal(zk.setAcl(at('missing'), OPEN_ACL, ANY_VERSION), 'NO_NODE')
    })

    it('refuse with INVALID_ACL what is empty or of no known scheme', async () => {
      await refusal(zk.create(at('a'), null, { acl: [] }), 'INVALID_ACL')
      await refusal(zk.create(at('a'), null, { acl: [{ ...stranger, scheme: 'nonsense' }] }), 'INVALID_ACL')
    })

    it('keep those out who are not meant', async () => {
      await zk.create(at('a'), null, { acl: [stranger] })
      await refusal(zk.get(at('a')), 'NO_AUTH')
      await refusal(zk.children(at('a')), 'NO_AUTH')
      await refusal(zk.set(at('a'), null, ANY_VERSION), 'NO_AUTH')
      await refusal(zk.create(at('a/b'), null), 'NO_AUTH')
      await refusal(zk.setAcl(at('a'), OPEN_ACL, ANY_VERSION), 'NO_AUTH')
      const refused = await refusal(
        zk.multi([
          { kind: 'create', path: at('b'), data: null },
          { kind: 'set', path: at('a'), data: null, version: ANY_VERSION },
        ]),
        'NO_AUTH',
      )
      expect(refused.operationIndex).to.equal(1)
    })

    it('let those read who may only read', async () => {
      const acl = [stranger, { ...OPEN_ACL[0]!, permissions: PERMISSION.read }]
      await zk.create(at('a'), bytes('seen'), { acl })
      expect((await zk.get(at('a')))?.data).to.deep.equal(bytes('seen'))
      await refusal(zk.set(at('a'), null, ANY_VERSION), 'NO_AUTH')
    })
  })
}
