import { expect } from 'chai'
import type { BrokerId } from '../../../../src/model/ids.ts'
import { ControllerElection } from '../../../../zk/stores/controller-election.ts'
import { ControllerMovedError } from '../../../../zk/stores/fence.ts'
import type { StoreClient } from './store-world.ts'
import { StoreWorld } from './store-world.ts'

const electionOf = (client: StoreClient, broker: number) =>
  new ControllerElection({ ...client, broker: broker as BrokerId })

describe('ControllerElection', () => {
  it('elects the first controller as Kafka does', async () => {
    const world = new StoreWorld(1795262690094)
    const client = world.connect()
    const fence = await world.run(() => electionOf(client, 1).claim())
    expect(fence).to.deep.equal({ epoch: 1, epochVersion: 1 })
    expect(client.zooKeeper.take()).to.deep.equal([
      'create /controller_epoch = 0',
      'multi[ create (ephemeral) /controller = {"version":2,"brokerid":1,"timestamp":"1795262690094","kraftControllerEpoch":-1}; setData /controller_epoch = 1   [now version 1] ]',
    ])
  })

  it('raises the epoch with every controller', async () => {
    const world = new StoreWorld()
    const first = world.connect()
    await world.run(() => electionOf(first, 1).claim())
    await world.run(() => first.zooKeeper.close())
    const fence = await world.run(() => electionOf(world.connect(), 2).claim())
    expect(fence).to.deep.equal({ epoch: 2, epochVersion: 2 })
  })

  it('tells the loser who has won', async () => {
    const world = new StoreWorld()
    await world.run(() => electionOf(world.connect(), 1).claim())
    const loser = world.connect()
    const error = await world.failure(() => electionOf(loser, 2).claim())
    expect(error).to.be.instanceOf(ControllerMovedError)
    expect(String(error)).to.include('broker 1 is the controller')
    expect(loser.zooKeeper.take()).to.deep.equal(['multi[ error NODEEXISTS; error RUNTIMEINCONSISTENCY ]'])
  })

  it('lets one of many win', async () => {
    const world = new StoreWorld()
    const outcomes = await world.run(() =>
      Promise.allSettled([1, 2, 3, 4, 5].map((broker) => electionOf(world.connect(), broker).claim())),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).to.have.lengthOf(1)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).to.be.instanceOf(ControllerMovedError)
    }
    expect(world.text('/controller_epoch')).to.equal('1')
  })

  it('recognises its own claim when the answer is lost', async () => {
    const world = new StoreWorld()
    const client = world.connect()
    await world.run(() => client.zooKeeper.create('/controller_epoch', Buffer.from('4')))
    world.service.loseNextReply(client.fake)
    const fence = await world.run(() => electionOf(client, 1).claim())
    expect(fence).to.deep.equal({ epoch: 5, epochVersion: 1 })
  })

  it('does not take the claim of an earlier life of the same broker for its own', async () => {
    const world = new StoreWorld()
    await world.run(() => electionOf(world.connect(), 1).claim())
    const error = await world.failure(() => electionOf(world.connect(), 1).claim())
    expect(error).to.be.instanceOf(ControllerMovedError)
  })

  it('stands aside when the epoch has moved but nobody holds the office', async () => {
    const world = new StoreWorld()
    const client = world.connect()
    await world.run(() => client.zooKeeper.create('/controller_epoch', Buffer.from('4')))
    const election = electionOf(client, 1)
    const other = world.connect()
    await world.run(() => other.zooKeeper.sync('/'))
    const error = await world.failure(async () => {
      // The epoch is read before it moves, and claimed after.
      const read = client.zooKeeper.get.bind(client.zooKeeper)
      client.zooKeeper.get = async (path, watcher) => {
        const found = await read(path, watcher)
        if (path === '/controller_epoch') await other.zooKeeper.set(path, Buffer.from('5'), 0)
        client.zooKeeper.get = read
        return found
      }
      await election.claim()
    })
    expect(error).to.be.instanceOf(ControllerMovedError)
    expect(world.text('/controller')).to.equal(undefined)
  })

  it('knows the active controller, and nobody when there is none', async () => {
    const world = new StoreWorld(5000)
    const election = electionOf(world.connect(), 3)
    expect(await world.run(() => election.active())).to.equal(null)
    await world.run(() => election.claim())
    expect(await world.run(() => election.active())).to.deep.equal({
      broker: 3,
      timestampMs: 5000,
      kraftControllerEpoch: -1,
    })
  })

  it('watches for a claim and for its end', async () => {
    const world = new StoreWorld()
    const [holder, watching] = [world.connect(), world.connect()]
    const election = electionOf(watching, 2)
    const events: string[] = []
    const watcher = (event: string) => void events.push(event)
    await world.run(() => election.active(watcher))
    await world.run(() => electionOf(holder, 1).claim())
    await world.run(() => election.active(watcher))
    await world.run(() => holder.zooKeeper.close())
    await world.run(() => watching.zooKeeper.sync('/'))
    expect(events).to.deep.equal(['created', 'deleted'])
  })

  it('resigns so that another can be elected at once', async () => {
    const world = new StoreWorld()
    const [one, other] = [world.connect(), world.connect()]
    const fence = await world.run(() => electionOf(one, 1).claim())
    one.zooKeeper.take()
    expect(await world.run(() => electionOf(one, 1).resign(fence))).to.equal(true)
    expect(one.zooKeeper.take()).to.deep.equal([
      'multi[ check /controller_epoch version 1; delete /controller ]',
    ])
    expect((await world.run(() => electionOf(other, 2).claim())).epoch).to.equal(2)
  })

  it('does not throw its successor out when it resigns too late', async () => {
    const world = new StoreWorld()
    const [one, other] = [world.connect(), world.connect()]
    const fence = await world.run(() => electionOf(one, 1).claim())
    await world.run(() => electionOf(one, 1).resign(fence))
    await world.run(() => electionOf(other, 2).claim())
    expect(await world.run(() => electionOf(one, 1).resign(fence))).to.equal(false)
    expect(world.text('/controller')).to.include('"brokerid":2')
  })
})
