import { expect } from 'chai'
import { follow, followChildren, followData } from '../../../../zk/client/watch.ts'
import type { Follower } from '../../../../zk/client/watch.ts'
import { ZooKeeperError } from '../../../../zk/zookeeper.ts'
import { StoreWorld } from '../stores/store-world.ts'
import type { StoreClient } from '../stores/store-world.ts'

function childrenOf(client: StoreClient, path: string) {
  const seen: (string | null)[] = []
  const follower = followChildren({
    ...client,
    path,
    onValue: (names) => void seen.push(names === null ? null : names.sort().join(',')),
  })
  return { seen, follower }
}

function dataOf(client: StoreClient, path: string) {
  const seen: (string | null)[] = []
  const follower = followData({
    ...client,
    path,
    onValue: (found) =>
      void seen.push(found === null ? null : `${found.data?.toString()} v${found.stat.version}`),
  })
  return { seen, follower }
}

const stop = (world: StoreWorld, follower: Follower) => world.run(() => follower.stop())

describe('following a znode', () => {
  it('sees what is there, and each change of it', async () => {
    const world = new StoreWorld()
    const [writer, reader] = [world.connect(), world.connect()]
    await world.run(() => writer.zooKeeper.create('/a', Buffer.from('0')))
    const { seen, follower } = dataOf(reader, '/a')
    await world.run(() => follower.ready)
    await world.run(() => writer.zooKeeper.set('/a', Buffer.from('1'), 0))
    await world.pass(10)
    await world.run(() => writer.zooKeeper.set('/a', Buffer.from('2'), 1))
    await world.pass(10)
    expect(seen).to.deep.equal(['0 v0', '1 v1', '2 v2'])
    await stop(world, follower)
  })

  it('sees it come and go', async () => {
    const world = new StoreWorld()
    const [writer, reader] = [world.connect(), world.connect()]
    const { seen, follower } = dataOf(reader, '/a')
    await world.run(() => follower.ready)
    for (let i = 0; i < 2; i++) {
      await world.run(() => writer.zooKeeper.create('/a', Buffer.from('x')))
      await world.pass(10)
      await world.run(() => writer.zooKeeper.delete('/a', 0))
      await world.pass(10)
    }
    expect(seen).to.deep.equal([null, 'x v0', null, 'x v0', null])
    await stop(world, follower)
  })

  it('sees its children, and its own coming', async () => {
    const world = new StoreWorld()
    const [writer, reader] = [world.connect(), world.connect()]
    const { seen, follower } = childrenOf(reader, '/a')
    await world.run(() => follower.ready)
    for (const path of ['/a', '/a/1', '/a/2']) {
      await world.run(() => writer.zooKeeper.create(path, null))
      await world.pass(10)
    }
    await world.run(() => writer.zooKeeper.delete('/a/1', 0))
    await world.pass(10)
    expect(seen).to.deep.equal([null, '', '1', '1,2', '2'])
    await stop(world, follower)
  })

  it('takes many changes that come while one is handled for one', async () => {
    const world = new StoreWorld()
    const [writer, reader] = [world.connect(), world.connect()]
    await world.run(() => writer.zooKeeper.create('/a', Buffer.from('0')))
    const seen: number[] = []
    const follower = followData({
      ...reader,
      path: '/a',
      onValue: async (found) => {
        seen.push(found?.stat.version ?? -1)
        await new Promise<void>((resolve) => world.clock.after(1000, resolve))
      },
    })
    await world.pass(100)
    for (let version = 0; version < 20; version++) {
      await world.run(() => writer.zooKeeper.set('/a', null, version))
    }
    await world.pass(5000)
    expect(seen).to.deep.equal([0, 20])
    await stop(world, follower)
  })

  it('sets one watch, however often it looks', async () => {
    const world = new StoreWorld()
    const [writer, reader] = [world.connect(), world.connect()]
    await world.run(() => writer.zooKeeper.create('/a', Buffer.from('0')))
    const { seen, follower } = dataOf(reader, '/a')
    await world.run(() => follower.ready)
    for (let i = 0; i < 10; i++) {
      follower.look()
      await world.pass(10)
    }
    expect(seen).to.have.lengthOf(11)
    await world.run(() => writer.zooKeeper.set('/a', Buffer.from('1'), 0))
    await world.pass(10)
    expect(seen.slice(11)).to.deep.equal(['1 v1'])
    await stop(world, follower)
  })

  it('goes on over a connection that breaks', async () => {
    const world = new StoreWorld()
    const [writer, reader] = [world.connect(), world.connect()]
    await world.run(() => writer.zooKeeper.create('/a', Buffer.from('0')))
    const { seen, follower } = dataOf(reader, '/a')
    await world.run(() => follower.ready)
    world.service.disconnect(reader.fake)
    await world.run(() => writer.zooKeeper.set('/a', Buffer.from('1'), 0))
    await world.pass(5000)
    expect(seen).to.deep.equal(['0 v0', '1 v1'])
    await stop(world, follower)
  })

  it('looks again in a new session', async () => {
    const world = new StoreWorld()
    const [writer, reader] = [world.connect(), world.connect()]
    await world.run(() => writer.zooKeeper.create('/a', Buffer.from('0')))
    const { seen, follower } = dataOf(reader, '/a')
    await world.run(() => follower.ready)
    world.service.expire(reader.fake)
    await world.run(() => writer.zooKeeper.set('/a', Buffer.from('1'), 0))
    await world.pass(5000)
    expect(seen.at(-1)).to.equal('1 v1')
    await world.run(() => writer.zooKeeper.set('/a', Buffer.from('2'), 1))
    await world.pass(10)
    expect(seen.at(-1)).to.equal('2 v2')
    await stop(world, follower)
  })

  it('looks again after a look that failed', async () => {
    const world = new StoreWorld()
    const client = world.connect()
    let attempts = 0
    const seen: number[] = []
    const follower = follow({
      ...client,
      what: 'something',
      read: () =>
        ++attempts < 3 ? Promise.reject(new ZooKeeperError('THROTTLED', '/a')) : Promise.resolve(attempts),
      onValue: (value) => void seen.push(value),
    })
    await world.run(() => follower.ready)
    expect(seen).to.deep.equal([3])
    expect(world.logger.messages('warn')).to.have.lengthOf(2)
    await stop(world, follower)
  })

  it('goes on when a value is not handled', async () => {
    const world = new StoreWorld()
    const client = world.connect()
    await world.run(() => client.zooKeeper.create('/a', Buffer.from('0')))
    const seen: number[] = []
    const follower = followData({
      ...client,
      path: '/a',
      onValue: (found) => {
        seen.push(found?.stat.version ?? -1)
        throw new Error('no')
      },
    })
    await world.run(() => follower.ready)
    await world.run(() => client.zooKeeper.set('/a', null, 0))
    await world.pass(10)
    expect(seen).to.deep.equal([0, 1])
    expect(world.logger.messages('error')).to.deep.equal(Array(2).fill('a change of /a was not handled'))
    await stop(world, follower)
  })

  it('hands nothing out after it has stopped, and waits for what it is handing out', async () => {
    const world = new StoreWorld()
    const client = world.connect()
    await world.run(() => client.zooKeeper.create('/a', Buffer.from('0')))
    const order: string[] = []
    const follower = followData({
      ...client,
      path: '/a',
      onValue: async () => {
        order.push('begins')
        await new Promise<void>((resolve) => world.clock.after(1000, resolve))
        order.push('ends')
      },
    })
    await world.pass(100)
    const stopped = follower.stop().then(() => order.push('stopped'))
    await world.run(() => client.zooKeeper.set('/a', null, 0))
    await world.run(() => stopped)
    await world.pass(5000)
    expect(order).to.deep.equal(['begins', 'ends', 'stopped'])
  })

  it('is ready when it is stopped before it has seen anything', async () => {
    const world = new StoreWorld()
    world.service.loseQuorum()
    const { follower } = childrenOf(world.connect(), '/a')
    const stopping = follower.stop()
    await follower.ready
    await world.run(() => stopping)
  })
})
