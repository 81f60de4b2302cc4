import { expect } from 'chai'

import type { ZooKeeper } from '../../zk/zookeeper.ts'
import { ANY_VERSION, OPEN_ACL } from '../../zk/zookeeper.ts'
import { recorder, settled } from './zookeeper-expectations.ts'
import type { ZooKeeperTestBed } from './zookeeper-harness.ts'

/** What watches see, and what they do not. */
export function describeWatches(bed: ZooKeeperTestBed): void {
  let zk: ZooKeeper
  let other: ZooKeeper
  let path: string

  beforeEach(async () => {
    zk = await bed.connect()
    other = await bed.connect()
    path = `${bed.root}/watched`
  })

  describe('a watch', () => {
    it('set by get hears of a change, once', async () => {
      await zk.create(path, null)
      const { watcher, first, seen } = recorder()
      await zk.get(path, watcher)
      await other.set(path, Buffer.from('1'), 0)
      expect(await first).to.equal('changed')
      await other.set(path, Buffer.from('2'), 1)
      await settled(zk)
      expect(seen).to.deep.equal([`changed ${path}`])
    })

    it('set by get hears of the deletion', async () => {
      await zk.create(path, null)
      const { watcher, first } = recorder()
      await zk.get(path, watcher)
      await other.delete(path, 0)
      expect(await first).to.equal('deleted')
    })

    it('is not set by get and children when there is nothing', async () => {
      const { watcher, seen } = recorder()
      await zk.get(path, watcher)
      await zk.children(path, watcher)
      await other.create(path, null)
      await other.create(`${path}/child`, null)
      await settled(zk)
      expect(seen).to.deep.equal([])
    })

    it('set by exists hears of the creation', async () => {
      const { watcher, seen, first } = recorder()
      expect(await zk.exists(path, watcher)).to.equal(null)
      await other.create(path, null)
      expect(await first).to.equal('created')
      await other.set(path, null, 0)
      await settled(zk)
      expect(seen).to.deep.equal([`created ${path}`])
    })

    it('set by exists on what is there hears of change and deletion', async () => {
      await zk.create(path, null)
      const change = recorder()
      await zk.exists(path, change.watcher)
      await other.set(path, null, 0)
      expect(await change.first).to.equal('changed')
      const deletion = recorder()
      await zk.exists(path, deletion.watcher)
      await other.delete(path, ANY_VERSION)
      expect(await deletion.first).to.equal('deleted')
    })

    it('set by children hears of a child that comes and of one that goes, but not of changes', async () => {
      await zk.create(path, null)
      const coming = recorder()
      await zk.children(path, coming.watcher)
      await other.set(path, null, 0)
      await other.create(`${path}/child`, null)
      expect(await coming.first).to.equal('children')
      const going = recorder()
      await zk.children(path, going.watcher)
      await other.set(`${path}/child`, null, 0)
      await other.create(`${path}/child/below`, null)
      await other.delete(`${path}/child/below`, 0)
      await settled(zk)
      expect(going.seen).to.deep.equal([])
      await other.delete(`${path}/child`, ANY_VERSION)
      expect(await going.first).to.equal('children')
      expect([...coming.seen, ...going.seen]).to.deep.equal([`children ${path}`, `children ${path}`])
    })

    it('set by children hears of the deletion of the znode itself', async () => {
      await zk.create(path, null)
      const { watcher, first } = recorder()
      await zk.children(path, watcher)
      await other.delete(path, 0)
      expect(await first).to.equal('deleted')
    })

    it('hears nothing of permissions', async () => {
      await zk.create(path, null)
      const { watcher, seen } = recorder()
      await zk.get(path, watcher)
      await other.setAcl(path, OPEN_ACL, 0)
      await settled(zk)
      expect(seen).to.deep.equal([])
    })

    it('is heard by every watcher of the same thing, and by each once', async () => {
      await zk.create(path, null)
      const [one, two] = [recorder(), recorder()]
      await zk.get(path, one.watcher)
      await zk.get(path, one.watcher)
      await zk.get(path, two.watcher)
      await zk.exists(path, two.watcher)
      await other.set(path, null, 0)
      await Promise.all([one.first, two.first])
      await settled(zk)
      expect([one.seen, two.seen]).to.deep.equal([[`changed ${path}`], [`changed ${path}`]])
    })

    it('on the data leaves the one on the children in place', async () => {
      await zk.create(path, null)
      const [data, children] = [recorder(), recorder()]
      await zk.get(path, data.watcher)
      await zk.children(path, children.watcher)
      await other.set(path, null, 0)
      await data.first
      await other.create(`${path}/child`, null)
      expect(await children.first).to.equal('children')
    })

    it('is heard though another watcher throws', async () => {
      await zk.create(path, null)
      const { watcher, first } = recorder()
      await zk.get(path, () => {
        throw new Error('a watcher that throws')
      })
      await zk.get(path, watcher)
      await other.set(path, null, 0)
      expect(await first).to.equal('changed')
    })

    it('hears of what its own client does', async () => {
      await zk.create(path, null)
      const { watcher, seen } = recorder()
      await zk.get(path, watcher)
      await zk.set(path, null, 0)
      expect(seen).to.deep.equal([`changed ${path}`])
    })

    it('fires with lost when the client closes', async () => {
      await zk.create(path, null)
      const [data, absent, children] = [recorder(), recorder(), recorder()]
      await zk.get(path, data.watcher)
      await zk.exists(`${path}/missing`, absent.watcher)
      await zk.children(path, children.watcher)
      await zk.close()
      expect(data.seen).to.deep.equal([`lost ${path}`])
      expect(absent.seen).to.deep.equal([`lost ${path}/missing`])
      expect(children.seen).to.deep.equal([`lost ${path}`])
    })
  })
}
