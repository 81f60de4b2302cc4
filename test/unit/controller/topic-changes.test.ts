import { expect } from 'chai'
import { fenced, ids, topicIdOf, tp, worldOf } from '../../support/controller-harness.ts'

const PATH = '/brokers/topics/t'

describe('TopicChanges', () => {
  it('creates first states, then tells leaders and followers that they start from nothing', async () => {
    const world = await worldOf(3)
    await world.until(
      world.active.createTopics(
        [
          {
            name: 't',
            partitionCount: -1,
            replicationFactor: -1,
            assignments: [{ ...tp('t', 0), replicas: ids(2, 1) }],
            configs: [],
          },
        ],
        { validateOnly: false },
      ),
    )
    await world.settle()
    expect(world.takeRequests()).to.deep.equal([
      '1 LeaderAndIsr t-0(2@0 isr 2,1 of 2,1 new)',
      '1 UpdateMetadata brokers 1,2,3 t-0(2@0 isr 2,1)',
      '2 LeaderAndIsr t-0(2@0 isr 2,1 of 2,1 new)',
      '2 UpdateMetadata brokers 1,2,3 t-0(2@0 isr 2,1)',
      '3 UpdateMetadata brokers 1,2,3 t-0(2@0 isr 2,1)',
    ])
  })

  it('leaves replicas out of the first in-sync set that are not online', async () => {
    const world = await worldOf(2)
    await world.until(world.tool.create(PATH, Buffer.from('{"version":1,"partitions":{"0":[7,2,1]}}')))
    await world.settle()
    expect(world.state('t', 0)).to.include({ leader: 2 })
    expect(world.state('t', 0).inSyncReplicas).to.deep.equal([2, 1])
  })

  it('waits with a partition that has no live replica until one comes', async () => {
    const world = await worldOf(2)
    await world.until(world.tool.create(PATH, Buffer.from('{"version":1,"partitions":{"0":[7]}}')))
    await world.settle()
    expect(world.has(`${PATH}/partitions/0/state`)).to.equal(false)
    await world.addBroker(7)
    expect(world.state('t', 0)).to.include({ leader: 7, leaderEpoch: 0 })
  })

  describe('topics of old tools', () => {
    it('get an id', async () => {
      const world = await worldOf(2)
      await world.until(world.tool.create(PATH, Buffer.from('{"version":1,"partitions":{"0":[1]}}')))
      await world.settle()
      expect(world.takeWrites()[1]).to.equal(
        fenced(
          1,
          'setData /brokers/topics/t = {"partitions":{"0":[1]},"topic_id":"<id>","adding_replicas":{},"removing_replicas":{},"version":3} [now version 1]',
        ),
      )
    })

    it('get an id when a controller takes office', async () => {
      const world = await worldOf(2, async (world) => {
        await world.until(world.tool.create(PATH, Buffer.from('{"version":2,"partitions":{"0":[1]}}')))
      })
      expect(world.data(PATH)).to.match(/"topic_id":"[A-Za-z0-9_-]{22}"/)
      expect(world.state('t', 0).leader).to.equal(1)
    })

    it('get their id back when a tool rewrites the znode without it, and their new partitions', async () => {
      const world = await worldOf(2, (world) =>
        world.plantTopic('t', { 0: { replicas: [1, 2], leader: 1, isr: [1, 2] } }),
      )
      await world.until(
        world.tool.set(PATH, Buffer.from('{"version":1,"partitions":{"0":[1,2],"1":[2,1]}}'), -1),
      )
      await world.settle()
      const content = JSON.parse(world.data(PATH) ?? '') as Record<string, unknown>
      expect(content).to.deep.equal({
        version: 3,
        topic_id: topicIdOf('t'),
        partitions: { 0: [1, 2], 1: [2, 1] },
        adding_replicas: {},
        removing_replicas: {},
      })
      expect(world.state('t', 1)).to.include({ leader: 2 })
    })
  })

  it('ignores what a changed znode says of partitions that exist', async () => {
    const world = await worldOf(3, (world) =>
      world.plantTopic('t', { 0: { replicas: [2, 1], leader: 2, isr: [2, 1] } }),
    )
    const data = (world.data(PATH) ?? '').replace('[2,1]', '[3]')
    await world.until(world.tool.set(PATH, Buffer.from(data), -1))
    await world.settle()
    expect(world.takeRequests()).to.deep.equal([])
    await world.kill(2)
    expect(world.state('t', 0)).to.include({ leader: 1 })
  })

  it('forgets a topic whose znodes were removed by hand, and takes a new one of the same name', async () => {
    const world = await worldOf(2, (world) =>
      world.plantTopic('t', { 0: { replicas: [1, 2], leader: 1, isr: [1, 2], epoch: 4 } }),
    )
    for (const path of ['/partitions/0/state', '/partitions/0', '/partitions', '']) {
      await world.until(world.tool.delete(PATH + path, -1))
    }
    await world.settle()
    const outcomes = await world.until(world.active.electLeaders('preferred', [tp('t', 0)]))
    expect(outcomes[0]?.error).to.equal('UNKNOWN_TOPIC_OR_PARTITION')
    await world.until(world.tool.create(PATH, Buffer.from('{"version":1,"partitions":{"0":[2]}}')))
    await world.settle()
    expect(world.state('t', 0)).to.include({ leader: 2, leaderEpoch: 0 })
  })

  describe('malformed znodes', () => {
    const garbage: [name: string, data: string][] = [
      ['empty', ''],
      ['no JSON', '{'],
      ['a list', '[1]'],
      ['partitions that are no lists', '{"version":3,"partitions":{"0":1}}'],
      ['a partition without a number', '{"version":3,"partitions":{"zero":[1]}}'],
      ['a partition beyond all numbers', '{"version":3,"partitions":{"4294967296":[1]}}'],
      ['a broker beyond all numbers', '{"version":3,"partitions":{"0":[4294967296]}}'],
    ]
    for (const [name, data] of garbage) {
      it(`leaves out a topic whose znode is ${name}, and serves the others`, async () => {
        const world = await worldOf(2, async (world) => {
          await world.until(world.tool.create('/brokers/topics/bad', Buffer.from(data)))
          await world.plantTopic('t', { 0: { replicas: [1, 2], leader: 2, isr: [1, 2] } })
        })
        expect(world.active.isActive).to.equal(true)
        const [outcome] = await world.until(world.active.electLeaders('preferred', [tp('t', 0)]))
        expect(outcome).to.include({ error: 'NONE' })
        expect(world.data('/brokers/topics/bad')).to.equal(data)
        const repaired = '{"version":1,"partitions":{"0":[1]}}'
        await world.until(world.tool.set('/brokers/topics/bad', Buffer.from(repaired), -1))
        await world.settle()
        expect(world.state('bad', 0)).to.include({ leader: 1 })
      })
    }

    it('keeps a partition whose state is malformed as it is', async () => {
      const path = `${PATH}/partitions/0/state`
      const world = await worldOf(2, async (world) => {
        await world.plantTopic('t', {
          0: { replicas: [1, 2], leader: 1, isr: [1, 2] },
          1: { replicas: [1, 2], leader: 1, isr: [1, 2] },
        })
        await world.until(world.tool.set(path, Buffer.from('garbage'), -1))
      })
      await world.kill(1)
      expect(world.data(path)).to.equal('garbage')
      expect(world.state('t', 1)).to.include({ leader: 2 })
    })

    it('ignores a change of a topic that makes its znode malformed', async () => {
      const world = await worldOf(2, (world) =>
        world.plantTopic('t', { 0: { replicas: [2, 1], leader: 2, isr: [2, 1] } }),
      )
      await world.until(world.tool.set(PATH, Buffer.from('garbage'), -1))
      await world.settle()
      await world.kill(2)
      expect(world.state('t', 0)).to.include({ leader: 1 })
    })

    for (const path of ['/controller_epoch', '/controller', '/feature']) {
      it(`${path}: is waited for, or done without`, async () => {
        const world = await worldOf(0)
        const data = world.data(path)
        await world.until(world.tool.create(path, Buffer.from('garbage')))
        await world.addBroker(1)
        expect(world.broker(1).controller.isActive).to.equal(path === '/feature')
        // Somebody repairs it.
        if (path === '/controller') await world.until(world.tool.delete(path, -1))
        else await world.until(world.tool.set(path, Buffer.from(data ?? '0'), -1))
        await world.settle(3000)
        expect(world.broker(1).controller.isActive).to.equal(true)
      })
    }
  })

  it('gives no two topics one id', async () => {
    const world = await worldOf(1, async (world) => {
      await world.plantTopic('a', { 0: { replicas: [1], leader: 1, isr: [1] } }, topicIdOf('a'))
      await world.plantTopic('b', { 0: { replicas: [1], leader: 1, isr: [1] } }, topicIdOf('a'))
    })
    expect(world.logger.messages('error')).to.deep.equal([
      'Topic b has the id of topic a, and is used without an id',
    ])
    expect(world.active.isActive).to.equal(true)
  })
})
