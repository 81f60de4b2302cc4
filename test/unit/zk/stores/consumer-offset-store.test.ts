import { expect } from 'chai'
import type { Offset, PartitionIndex } from '../../../../src/model/ids.ts'
import { ConsumerOffsetStore } from '../../../../zk/stores/consumer-offset-store.ts'
import type { CommittedOffset, OffsetWriteMode } from '../../../../zk/stores/consumer-offset-store.ts'
import { MalformedZnodeError } from '../../../../zk/znode.ts'
import { StoreWorld } from './store-world.ts'

const at = (topic: string, partition: number, offset: number): CommittedOffset => ({
  topic,
  partition: partition as PartitionIndex,
  offset: offset as Offset,
})

async function prepared(mode: OffsetWriteMode) {
  const world = new StoreWorld()
  const client = world.connect()
  await world.run(() => client.zooKeeper.create('/consumers', null))
  client.zooKeeper.take()
  return { world, client, store: new ConsumerOffsetStore({ ...client, mode }) }
}

describe('ConsumerOffsetStore', () => {
  it('commits for the first time as Kafka does, in a loop', async () => {
    const { world, client, store } = await prepared('loop')
    await world.run(() => store.write('old', [at('auto', 0, 42)]))
    expect(client.zooKeeper.take()).to.deep.equal([
      'error NONODE',
      'error NONODE',
      'error NONODE',
      'error NONODE',
      'create /consumers/old = null',
      'create /consumers/old/offsets = null',
      'create /consumers/old/offsets/auto = null',
      'create /consumers/old/offsets/auto/0 = 42',
    ])
  })

  it('commits again as Kafka does, by one set', async () => {
    const { world, client, store } = await prepared('loop')
    await world.run(() => store.write('old', [at('auto', 0, 42)]))
    client.zooKeeper.take()
    await world.run(() => store.write('old', [at('auto', 0, 43)]))
    expect(client.zooKeeper.take()).to.deep.equal([
      'setData /consumers/old/offsets/auto/0 = 43   [now version 1]',
    ])
  })

  it('commits all partitions in one multi', async () => {
    const { world, client, store } = await prepared('multi')
    const writes = await world.run(() => store.write('g', [at('t', 0, 1), at('t', 1, 2), at('u', 0, 3)]))
    expect(writes.map(({ error }) => error)).to.deep.equal([null, null, null])
    client.zooKeeper.take()
    await world.run(() => store.write('g', [at('t', 0, 4), at('t', 1, 5), at('u', 0, 6)]))
    expect(client.zooKeeper.take()).to.deep.equal([
      'multi[ setData /consumers/g/offsets/t/0 = 4   [now version 1]; setData /consumers/g/offsets/t/1 = 5   [now version 1]; setData /consumers/g/offsets/u/0 = 6   [now version 1] ]',
    ])
  })

  it('commits partitions that are new beside others in one multi', async () => {
    const { world, client, store } = await prepared('multi')
    await world.run(() => store.write('g', [at('t', 0, 1)]))
    client.zooKeeper.take()
    await world.run(() => store.write('g', [at('t', 0, 2), at('t', 1, 3)]))
    expect(client.zooKeeper.take().at(-1)).to.equal(
      'multi[ setData /consumers/g/offsets/t/0 = 2   [now version 1]; create /consumers/g/offsets/t/1 = 3 ]',
    )
  })

  for (const mode of ['loop', 'multi'] as const) {
    it(`reads what was committed (${mode})`, async () => {
      const { world, store } = await prepared(mode)
      await world.run(() => store.write('g', [at('t', 0, 1), at('t', 1, 2)]))
      const offsets = await world.run(() => store.read('g', [at('t', 1, 0), at('t', 2, 0), at('t', 0, 0)]))
      expect(offsets).to.deep.equal([2, null, 1])
    })

    it(`keeps the last of two offsets for one partition (${mode})`, async () => {
      const { world, store } = await prepared(mode)
      const writes = await world.run(() => store.write('g', [at('t', 0, 1), at('t', 0, 2)]))
      expect(writes.map(({ error }) => error)).to.deep.equal([null, null])
      expect(await world.run(() => store.read('g', [at('t', 0, 0)]))).to.deep.equal([2])
    })

    it(`lets two members commit for the first time at once (${mode})`, async () => {
      const { world } = await prepared(mode)
      const stores = [1, 2].map(() => new ConsumerOffsetStore({ ...world.connect(), mode }))
      const offsets = Array.from({ length: 20 }, (_, i) => at('t', i, i))
      const writes = await world.run(() => Promise.all(stores.map((store) => store.write('g', offsets))))
      const [store] = stores
      expect(writes.flat().every(({ error }) => error === null)).to.equal(true)
      expect(await world.run(() => store!.read('g', offsets))).to.deep.equal(
        offsets.map(({ offset }) => offset),
      )
    })

    it(`commits once when an answer is lost (${mode})`, async () => {
      const { world, client, store } = await prepared(mode)
      await world.run(() => store.write('g', [at('t', 0, 1)]))
      world.service.loseNextReply(client.fake)
      const [write] = await world.run(() => store.write('g', [at('t', 0, 2)]))
      expect(write?.error).to.equal(null)
      expect(world.service.tree.get('/consumers/g/offsets/t/0')?.version).to.equal(1)
    })
  }

  it('answers for the partitions that could not be committed', async () => {
    const { world, client, store } = await prepared('loop')
    await world.run(() =>
      client.zooKeeper.create('/consumers/g', null, {
        acl: [{ permissions: 1, scheme: 'world', id: 'anyone' }],
      }),
    )
    const writes = await world.run(() => store.write('g', [at('t', 0, 1)]))
    expect(writes[0]?.error?.error).to.equal('NO_AUTH')
  })

  it('cuts a very large commit into several multis', async () => {
    const { world, client, store } = await prepared('multi')
    const topic = 'a-topic-with-a-name-as-long-as-any'.padEnd(240, '.')
    const offsets = Array.from({ length: 4000 }, (_, i) => at(topic, i, i))
    await world.run(() => store.write('g', offsets))
    client.zooKeeper.take()
    const writes = await world.run(() => store.write('g', offsets))
    expect(writes.every(({ error }) => error === null)).to.equal(true)
    expect(client.zooKeeper.take()).to.have.lengthOf(3)
  })

  it('names the offset that cannot be read', async () => {
    const { world, client, store } = await prepared('loop')
    await world.run(() => store.write('g', [at('t', 0, 1)]))
    await world.run(() => client.zooKeeper.set('/consumers/g/offsets/t/0', Buffer.from('x'), -1))
    const error = await world.failure(() => store.read('g', [at('t', 0, 0)]))
    expect(error).to.be.instanceOf(MalformedZnodeError).with.property('path', '/consumers/g/offsets/t/0')
  })

  it('lists groups and all that one has committed', async () => {
    const { world, client, store } = await prepared('multi')
    await world.run(() => store.write('g2', [at('t', 3, 7), at('u', 0, 8)]))
    await world.run(() => client.zooKeeper.create('/consumers/g1', null))
    await world.run(() => client.zooKeeper.create('/consumers/g2/offsets/t/junk', null))
    expect(await world.run(() => store.groups())).to.deep.equal(['g1', 'g2'])
    expect(await world.run(() => store.readGroup('g1'))).to.deep.equal([])
    expect(await world.run(() => store.readGroup('g2'))).to.deep.equal([at('t', 3, 7), at('u', 0, 8)])
  })
})
