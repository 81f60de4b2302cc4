import { expect } from 'chai'

import type { ZooKeeper } from '../../zk/zookeeper.ts'
import { ANY_VERSION } from '../../zk/zookeeper.ts'
import { recorder, refusal } from './zookeeper-expectations.ts'
import type { ZooKeeperTestBed } from './zookeeper-harness.ts'

/** In which order things happen and are told, and how much of them at a time. */
export function describeOrder(bed: ZooKeeperTestBed): void {
  let zk: ZooKeeper
  let other: ZooKeeper
  let path: string

  beforeEach(async () => {
    zk = await bed.connect()
    other = await bed.connect()
    path = `${bed.root}/ordered`
  })

  describe('order', () => {
    it('is that of the calls, for effects and for results', async () => {
      const order: number[] = []
      const calls = Array.from({ length: 1000 }, (_, index) => {
        const created = zk.create(`${bed.root}/n-`, null, { mode: 'persistent-sequential' })
        return created.then((name) => {
          order.push(index)
          return name
        })
      })
      const names = await Promise.all(calls)
      const expected = names.map((_, index) => `${bed.root}/n-${String(index).padStart(10, '0')}`)
      expect(names).to.deep.equal(expected)
      expect(order).to.deep.equal(names.map((_, index) => index))
    })

    it('lets a read see all writes before it and none after it', async () => {
      await zk.create(path, null)
      const versions: Promise<number | undefined>[] = []
      for (let round = 0; round < 100; round++) {
        void zk.set(path, Buffer.from(String(round)), round)
        versions.push(zk.exists(path).then((stat) => stat?.version))
      }
      expect(await Promise.all(versions)).to.deep.equal(versions.map((_, index) => index + 1))
    })

    it('lets a refused call change nothing for those after it', async () => {
      const first = zk.create(path, null)
      const second = refusal(zk.create(path, null), 'NODE_EXISTS')
      const third = zk.set(path, null, 0)
      const fourth = refusal(zk.delete(path, 0), 'BAD_VERSION')
      const fifth = zk.delete(path, 1)
      await Promise.all([first, second, third, fourth, fifth])
      expect(await zk.exists(path)).to.equal(null)
    })

    it('tells of a change before any result that shows it', async () => {
      await zk.create(path, Buffer.from('old'))
      for (let round = 0; round < 20; round++) {
        const { watcher, seen } = recorder()
        const version = (await zk.get(path, watcher))?.stat.version ?? NaN
        const written = other.set(path, Buffer.from('new'), version)
        for (;;) {
          const now = await zk.get(path)
          if (now?.stat.version === version) continue
          expect(seen).to.deep.equal([`changed ${path}`])
          break
        }
        await written
      }
    })

    it('tells of what a multi changes before its result', async () => {
      await zk.create(path, null)
      const [data, children] = [recorder(), recorder()]
      await zk.get(path, data.watcher)
      await zk.children(bed.root, children.watcher)
      await zk.multi([
        { kind: 'set', path, data: null, version: 0 },
        { kind: 'create', path: `${bed.root}/more`, data: null },
      ])
      expect(data.seen).to.deep.equal([`changed ${path}`])
      expect(children.seen).to.deep.equal([`children ${bed.root}`])
    })

    it('tells of nothing that a failed multi has not changed', async () => {
      await zk.create(path, null)
      const { watcher, seen } = recorder()
      await zk.get(path, watcher)
      const failing = zk.multi([
        { kind: 'set', path, data: null, version: 0 },
        { kind: 'check', path, version: 0 },
      ])
      await refusal(failing, 'BAD_VERSION')
      await zk.exists(path)
      expect(seen).to.deep.equal([])
    })
  })

  describe('size', () => {
    it('of a request may come near one megabyte and is TOO_LARGE beyond', async () => {
      await zk.create(path, null)
      const large = Buffer.alloc(1_000_000, 'x')
      await zk.set(path, large, 0)
      expect((await zk.get(path))?.data?.equals(large)).to.equal(true)
      await refusal(zk.set(path, Buffer.alloc(1024 * 1024), 1), 'TOO_LARGE')
      await refusal(zk.create(`${path}/a`, Buffer.alloc(1024 * 1024)), 'TOO_LARGE')
      const operations = Array.from({ length: 20 }, () => {
        return { kind: 'set', path, data: Buffer.alloc(60_000), version: ANY_VERSION } as const
      })
      await refusal(zk.multi(operations), 'TOO_LARGE')
      expect((await zk.exists(path))?.version).to.equal(1)
    })

    it('of a list of children has no such limit', async function () {
      this.timeout(60_000)
      await zk.create(path, null)
      const name = (index: number): string =>
        `child-with-a-name-that-is-fifty-characters-${String(index).padStart(7, '0')}`
      const names = Array.from({ length: 24_000 }, (_, index) => name(index))
      for (let first = 0; first < names.length; first += 2000) {
        await zk.multi(
          names
            .slice(first, first + 2000)
            .map((child) => ({ kind: 'create', path: `${path}/${child}`, data: null })),
        )
      }
      expect((await zk.children(path))?.toSorted()).to.deep.equal(names)
    })
  })
}
