import { expect } from 'chai'
import { type ControllerWorld, fenced, ids, tp, worldOf } from '../../support/controller-harness.ts'

const plant = (world: ControllerWorld) =>
  world.plantTopic('t', {
    0: { replicas: [1, 2], leader: 1, isr: [1, 2] },
    1: { replicas: [2, 3], leader: 2, isr: [2, 3] },
  })

async function ask(world: ControllerWorld, name = 't'): Promise<void> {
  await world.until(world.active.deleteTopics([name]))
  await world.settle()
}

const isThere = (world: ControllerWorld, name = 't') => world.has(`/brokers/topics/${name}`)
const isAsked = (world: ControllerWorld, name = 't') => world.has(`/admin/delete_topics/${name}`)

describe('TopicDeletion', () => {
  it('first takes the partitions out of the metadata, then stops, then deletes', async () => {
    const world = await worldOf(3, plant)
    await ask(world)
    expect(world.takeRequests().filter((line) => line.startsWith('2 '))).to.deep.equal([
      '2 UpdateMetadata brokers 1,2,3 t-0(deleted) t-1(deleted)',
      '2 StopReplica t-0(epoch -2) t-1(epoch -2)',
      '2 StopReplica t-0(epoch -2 delete) t-1(epoch -2 delete)',
    ])
    expect([isThere(world), isAsked(world)]).to.deep.equal([false, false])
    expect(world.broker(3).metadata.topic('t')).to.equal(null)
  })

  it('lets the name be used again afterwards', async () => {
    const world = await worldOf(3, plant)
    await ask(world)
    const [created] = await world.until(
      world.active.createTopics(
        [{ name: 't', partitionCount: 1, replicationFactor: 1, assignments: [], configs: [] }],
        { validateOnly: false },
      ),
    )
    expect(created?.error).to.equal('NONE')
    await world.settle()
    expect(world.state('t', 0).leaderEpoch).to.equal(0)
    expect(world.broker(3).metadata.topic('t')?.partitions.size).to.equal(1)
  })

  it('waits for a broker that is down, and goes on when it is back', async () => {
    const world = await worldOf(3, plant)
    await world.kill(3)
    await ask(world)
    expect([isThere(world), isAsked(world)]).to.deep.equal([true, true])
    // The live replicas have deleted already, and nobody sees the topic.
    expect(world.broker(1).metadata.topic('t')).to.equal(null)
    expect(world.active.isTopicQueuedForDeletion('t')).to.equal(true)
    world.takeRequests()
    await world.addBroker(3)
    expect([isThere(world), isAsked(world)]).to.deep.equal([false, false])
    expect(world.takeRequests().filter((line) => line.includes('delete)'))).to.deep.equal([
      '3 StopReplica t-1(epoch -2 delete)',
    ])
  })

  it('tries again what a broker could not delete, when that broker has restarted', async () => {
    const world = await worldOf(3, plant)
    world.broker(2).refusesToDelete = true
    await ask(world)
    expect([isThere(world), isAsked(world)]).to.deep.equal([true, true])
    await world.kill(2)
    expect(isThere(world)).to.equal(true)
    await world.addBroker(2)
    expect([isThere(world), isAsked(world)]).to.deep.equal([false, false])
  })

  it('fails the replicas of a broker that dies while it deletes', async () => {
    const world = await worldOf(3, plant)
    world.broker(3).mood = 'silent'
    await ask(world)
    expect(isThere(world)).to.equal(true)
    await world.kill(3)
    expect(isThere(world)).to.equal(true)
    await world.addBroker(3)
    expect(isThere(world)).to.equal(false)
  })

  it('is gone on with by the next controller', async () => {
    const world = await worldOf(3, plant)
    world.broker(3).mood = 'silent'
    await ask(world)
    world.broker(3).mood = 'answers'
    await world.kill(1)
    // Broker 1 has a replica, too.
    expect(isThere(world)).to.equal(true)
    await world.addBroker(1)
    await world.settle(1000)
    expect([isThere(world), isAsked(world)]).to.deep.equal([false, false])
  })

  it('cleans up after a controller that was stopped before its last step', async () => {
    const world = await worldOf(2, async (world) => {
      await world.until(world.tool.create('/admin/delete_topics/gone', null))
      await world.until(world.tool.create('/config/topics/gone', Buffer.from('{"version":1,"config":{}}')))
    })
    expect(isAsked(world, 'gone')).to.equal(false)
    expect(world.has('/config/topics/gone')).to.equal(false)
  })

  it('dismisses orders for topics that do not exist', async () => {
    const world = await worldOf(2)
    // CMAK leaves the address of its host as data.
    await world.until(world.tool.create('/admin/delete_topics/nope', Buffer.from('10.0.0.9')))
    await world.settle()
    expect(world.takeWrites().slice(1)).to.deep.equal([fenced(1, 'delete /admin/delete_topics/nope')])
  })

  it('dismisses every order when deletion is disabled', async () => {
    const world = await worldOf(
      3,
      async (world) => {
        await plant(world)
        await world.until(world.tool.create('/admin/delete_topics/t', null))
      },
      { properties: { 'delete.topic.enable': 'false' } },
    )
    expect([isThere(world), isAsked(world)]).to.deep.equal([true, false])
    await ask(world)
    expect([isThere(world), isAsked(world)]).to.deep.equal([true, false])
    expect(world.state('t', 0).version).to.equal(0)
  })

  it('waits for a reassignment, and starts when that is done', async () => {
    const world = await worldOf(3, plant)
    await world.until(world.active.alterPartitionReassignments([{ ...tp('t', 0), replicas: ids(1, 3) }]))
    await ask(world)
    expect([isThere(world), isAsked(world)]).to.deep.equal([true, true])
    expect(world.broker(1).metadata.topic('t')?.partitions.size).to.equal(2)
    await world.proposeIsr('t', 0, [1, 2, 3])
    expect([isThere(world), isAsked(world)]).to.deep.equal([false, false])
  })

  it('refuses to add partitions, and takes those out that a tool has added', async () => {
    const world = await worldOf(3, plant)
    await world.kill(3)
    await ask(world)
    const [outcome] = await world.until(
      world.active.createPartitions([{ name: 't', count: 3, assignments: null }], { validateOnly: false }),
    )
    expect(outcome).to.deep.equal({
      name: 't',
      error: 'INVALID_TOPIC_EXCEPTION',
      message: 'The topic is queued for deletion.',
    })
    const data = world.data('/brokers/topics/t') ?? ''
    const grown = data.replace('"1":[2,3]', '"1":[2,3],"2":[1,2]')
    await world.until(world.tool.set('/brokers/topics/t', Buffer.from(grown), -1))
    await world.settle()
    expect(world.data('/brokers/topics/t')).to.equal(data)
    expect(world.has('/brokers/topics/t/partitions/2')).to.equal(false)
  })

  it('deletes a topic that never had a leader', async () => {
    const world = await worldOf(1)
    await world.until(
      world.active.createTopics(
        [
          {
            name: 'nowhere',
            partitionCount: -1,
            replicationFactor: -1,
            assignments: [{ ...tp('nowhere', 0), replicas: ids(77) }],
            configs: [],
          },
        ],
        { validateOnly: false },
      ),
    )
    await world.settle()
    expect(world.has('/brokers/topics/nowhere/partitions')).to.equal(false)
    await ask(world, 'nowhere')
    // Its only replica is on a broker that is not there: the deletion waits, as in Kafka.
    expect(isAsked(world, 'nowhere')).to.equal(true)
    await world.addBroker(77)
    expect([isThere(world, 'nowhere'), isAsked(world, 'nowhere')]).to.deep.equal([false, false])
  })

  it('deletes many topics together', async () => {
    const names = Array.from({ length: 60 }, (_, place) => `many${place}`)
    const world = await worldOf(2, async (world) => {
      for (const name of names)
        await world.plantTopic(name, { 0: { replicas: [1, 2], leader: 1, isr: [1, 2] } })
    })
    await world.until(world.active.deleteTopics(names))
    await world.settle()
    for (const name of names)
      expect([isThere(world, name), isAsked(world, name)]).to.deep.equal([false, false])
    const deletes = world.takeRequests().filter((line) => line.includes('delete)'))
    // One by one they were asked for; they were not deleted one by one.
    expect(deletes.length).to.be.lessThan(names.length)
  })
})
