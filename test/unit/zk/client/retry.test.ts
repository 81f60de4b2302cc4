import { expect } from 'chai'
import { createOnce, deleteOnce, multiOnce, persistently, setOnce } from '../../../../zk/client/retry.ts'
import type { ZooKeeper } from '../../../../zk/zookeeper.ts'
import { ANY_VERSION, ZooKeeperError, isZooKeeperError } from '../../../../zk/zookeeper.ts'
import { StoreWorld } from '../stores/store-world.ts'
import type { StoreClient } from '../stores/store-world.ts'

const one = Buffer.from('1')
const two = Buffer.from('2')

async function prepared() {
  const world = new StoreWorld()
  const client = world.connect()
  await world.run(() => client.zooKeeper.create('/a', Buffer.from('0')))
  client.zooKeeper.take()
  return { world, client }
}

/** The next write is done, and its answer lost. */
function loseAnswer(world: StoreWorld, client: StoreClient): void {
  world.service.loseNextReply(client.fake)
}

/** The next write of this name fails like that, without being done. */
function failOnce(
  zooKeeper: ZooKeeper,
  what: 'create' | 'set' | 'delete' | 'multi',
  error: ZooKeeperError,
): void {
  const genuine = zooKeeper[what].bind(zooKeeper) as (...args: unknown[]) => Promise<unknown>
  Object.assign(zooKeeper, {
    [what]: () => {
      Object.assign(zooKeeper, { [what]: genuine })
      return Promise.reject(error)
    },
  })
}

async function nameOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'done'
  } catch (error) {
    return isZooKeeperError(error) ? error.error : String(error)
  }
}

const unknown = new ZooKeeperError('UNKNOWN_OUTCOME', '/a')
const notSent = new ZooKeeperError('NOT_SENT', '/a')

describe('writing once', () => {
  describe('a set with an expected version', () => {
    it('is known to be done when the next version has our data', async () => {
      const { world, client } = await prepared()
      loseAnswer(world, client)
      const stat = await world.run(() => setOnce(client, '/a', one, 0))
      expect(stat.version).to.equal(1)
      expect(client.zooKeeper.take()).to.deep.equal(['error UNKNOWNOUTCOME'])
    })

    it('is done again when the version is still the expected one', async () => {
      const { world, client } = await prepared()
      failOnce(client.zooKeeper, 'set', unknown)
      expect((await world.run(() => setOnce(client, '/a', one, 0))).version).to.equal(1)
      expect(world.text('/a')).to.equal('1')
    })

    it('is BAD_VERSION when somebody else has written', async () => {
      const { world, client } = await prepared()
      await world.run(() => world.connect().zooKeeper.set('/a', two, 0))
      failOnce(client.zooKeeper, 'set', unknown)
      expect(await world.run(() => nameOf(setOnce(client, '/a', one, 0)))).to.equal('BAD_VERSION')
      expect(world.text('/a')).to.equal('2')
    })

    it('is done when it was never sent', async () => {
      const { world, client } = await prepared()
      failOnce(client.zooKeeper, 'set', notSent)
      expect((await world.run(() => setOnce(client, '/a', one, 0))).version).to.equal(1)
    })

    it('gives up at the deadline with what it knows', async () => {
      const { world, client } = await prepared()
      Object.assign(client.zooKeeper, { set: () => Promise.reject(notSent) })
      const startMs = world.clock.monotonicMs()
      expect(
        await world.run(() => nameOf(setOnce({ ...client, deadlineMs: startMs + 1000 }, '/a', one, 0))),
      ).to.equal('NOT_SENT')
      expect(world.clock.monotonicMs() - startMs).to.be.within(900, 1001)
    })

    it('fails at once for reasons that stay', async () => {
      const { world, client } = await prepared()
      expect(await world.run(() => nameOf(setOnce(client, '/nope', one, 0)))).to.equal('NO_NODE')
      expect(await world.run(() => nameOf(setOnce(client, '/a', one, 5)))).to.equal('BAD_VERSION')
      expect(client.zooKeeper.take()).to.deep.equal(['error NONODE', 'error BADVERSION'])
    })
  })

  it('a set of any version is done when our data is there', async () => {
    const { world, client } = await prepared()
    loseAnswer(world, client)
    await world.run(() => setOnce(client, '/a', one, ANY_VERSION))
    expect(world.service.tree.get('/a')?.version).to.equal(1)
  })

  describe('a create', () => {
    it('is known to be ours by its data', async () => {
      const { world, client } = await prepared()
      loseAnswer(world, client)
      expect(await world.run(() => createOnce(client, '/b', one))).to.equal('/b')
      expect(client.zooKeeper.take()).to.deep.equal(['error UNKNOWNOUTCOME'])
    })

    it('is NODE_EXISTS when the data is of somebody else', async () => {
      const { world, client } = await prepared()
      await world.run(() => world.connect().zooKeeper.create('/b', two))
      failOnce(client.zooKeeper, 'create', unknown)
      expect(await world.run(() => nameOf(createOnce(client, '/b', one)))).to.equal('NODE_EXISTS')
    })

    it('is done when nothing is there', async () => {
      const { world, client } = await prepared()
      failOnce(client.zooKeeper, 'create', unknown)
      expect(await world.run(() => createOnce(client, '/b', one))).to.equal('/b')
      expect(world.text('/b')).to.equal('1')
    })

    it('without data may be anybody else’s, and is NODE_EXISTS then', async () => {
      const { world, client } = await prepared()
      loseAnswer(world, client)
      expect(await world.run(() => nameOf(createOnce(client, '/b', null)))).to.equal('NODE_EXISTS')
    })

    it('of an ephemeral is known to be ours by its owner', async () => {
      const { world, client } = await prepared()
      loseAnswer(world, client)
      expect(await world.run(() => createOnce(client, '/e', one, { mode: 'ephemeral' }))).to.equal('/e')
    })

    it('of an ephemeral is not ours when another session has the same data there', async () => {
      const { world, client } = await prepared()
      await world.run(() => world.connect().zooKeeper.create('/e', one, { mode: 'ephemeral' }))
      failOnce(client.zooKeeper, 'create', unknown)
      expect(await world.run(() => nameOf(createOnce(client, '/e', one, { mode: 'ephemeral' })))).to.equal(
        'NODE_EXISTS',
      )
    })

    it('of a numbered one stays unknown', async () => {
      const { world, client } = await prepared()
      loseAnswer(world, client)
      const creating = () => nameOf(createOnce(client, '/s-', one, { mode: 'persistent-sequential' }))
      expect(await world.run(creating)).to.equal('UNKNOWN_OUTCOME')
    })
  })

  describe('a delete', () => {
    it('is done when nothing is there any more', async () => {
      const { world, client } = await prepared()
      loseAnswer(world, client)
      await world.run(() => deleteOnce(client, '/a', 0))
      expect(client.zooKeeper.take()).to.deep.equal(['error UNKNOWNOUTCOME'])
      expect(world.text('/a')).to.equal(undefined)
    })

    it('is done again when it is still there', async () => {
      const { world, client } = await prepared()
      failOnce(client.zooKeeper, 'delete', unknown)
      await world.run(() => deleteOnce(client, '/a', 0))
      expect(world.text('/a')).to.equal(undefined)
    })

    it('is BAD_VERSION when it has been changed', async () => {
      const { world, client } = await prepared()
      await world.run(() => world.connect().zooKeeper.set('/a', two, 0))
      failOnce(client.zooKeeper, 'delete', unknown)
      expect(await world.run(() => nameOf(deleteOnce(client, '/a', 0)))).to.equal('BAD_VERSION')
    })
  })

  describe('a multi', () => {
    const operations = [
      { kind: 'check', path: '/a', version: 0 },
      { kind: 'create', path: '/b', data: one },
      { kind: 'set', path: '/a', data: one, version: 0 },
    ] as const

    it('is known to be done by the set with an expected version, and has its results', async () => {
      const { world, client } = await prepared()
      loseAnswer(world, client)
      const results = await world.run(() => multiOnce(client, operations))
      expect(results.map(({ kind }) => kind)).to.deep.equal(['check', 'create', 'set'])
      expect(results[2]).to.have.nested.property('stat.version', 1)
      expect(client.zooKeeper.take()).to.deep.equal(['error UNKNOWNOUTCOME'])
    })

    it('has the version that it made though the znode has changed since', async () => {
      const { world, client } = await prepared()
      const other = world.connect()
      await world.run(() => other.zooKeeper.sync('/'))
      loseAnswer(world, client)
      const sync = client.zooKeeper.get.bind(client.zooKeeper)
      client.zooKeeper.get = async (path, watcher) => {
        const found = await sync(path, watcher)
        await other.zooKeeper.set('/a', two, 1)
        client.zooKeeper.get = sync
        return found
      }
      const results = await world.run(() => multiOnce(client, operations))
      expect(results[2]).to.have.nested.property('stat.version', 1)
      expect(world.service.tree.get('/a')?.version).to.equal(2)
    })

    it('is done again, whole, when it was not', async () => {
      const { world, client } = await prepared()
      failOnce(client.zooKeeper, 'multi', unknown)
      await world.run(() => multiOnce(client, operations))
      expect(world.text('/b')).to.equal('1')
    })

    it('of nothing but checks stays unknown', async () => {
      const { world, client } = await prepared()
      failOnce(client.zooKeeper, 'multi', unknown)
      const check = { kind: 'check', path: '/a', version: 0 } as const
      expect(await world.run(() => nameOf(multiOnce(client, [check])))).to.equal('UNKNOWN_OUTCOME')
    })
  })

  it('ends with the session', async () => {
    const { world, client } = await prepared()
    const ended = new ZooKeeperError('SESSION_EXPIRED', '/a')
    failOnce(client.zooKeeper, 'set', ended)
    expect(await world.run(() => nameOf(setOnce(client, '/a', one, 0)))).to.equal('SESSION_EXPIRED')
  })
})

describe('asking persistently', () => {
  it('outlives a server that throttles and connections that break', async () => {
    const { world, client } = await prepared()
    const failures = (['THROTTLED', 'NOT_SENT', 'UNKNOWN_OUTCOME'] as const).map(
      (name) => new ZooKeeperError(name, '/a'),
    )
    const ask = () => {
      const failure = failures.shift()
      return failure === undefined ? Promise.resolve('answer') : Promise.reject(failure)
    }
    expect(await world.run(() => persistently(client, ask))).to.equal('answer')
  })

  it('waits for a session timeout by default', async () => {
    const { world, client } = await prepared()
    const startMs = world.clock.monotonicMs()
    await world.run(() => nameOf(persistently(client, () => Promise.reject(notSent))))
    expect(world.clock.monotonicMs() - startMs).to.be.within(17_900, 18_000)
  })

  it('does not hide errors of ours', async () => {
    const { world, client } = await prepared()
    const bug = new TypeError('a bug')
    expect(await world.failure(() => persistently(client, () => Promise.reject(bug)))).to.equal(bug)
  })
})
