import type { ZooKeeper } from '../../zk/zookeeper.ts'
import type { RealZooKeeper } from '../support/real-zookeeper.ts'
import { startRealZooKeeper } from '../support/real-zookeeper.ts'
import { ProxiedClients } from './zookeeper-client-harness.ts'
import type { ZooKeeperHarness } from './zookeeper-suite.ts'
import { zooKeeperSuite } from './zookeeper-suite.ts'

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function startReal(): Promise<ZooKeeperHarness> {
  const ensemble = await startRealZooKeeper({ servers: 1 })
  const clients = new ProxiedClients(ensemble.connectString, 2000)
  return {
    sessionTimeoutMs: clients.sessionTimeoutMs,
    connect: () => clients.connect(),
    monotonicMs: () => clients.clock.monotonicMs(),
    disconnect: (client) => clients.proxiesOf(client).forEach((proxy) => proxy.cut()),
    expire: (client) => expire(ensemble, clients, client),
    hang: () => ensemble.pause(1),
    resume: () => ensemble.resume(1),
    stop: async () => {
      await clients.stop()
      await ensemble.stop()
    },
  }
}

/** Keeps the client away until the server does not know its session any more. */
async function expire(server: RealZooKeeper, clients: ProxiedClients, client: ZooKeeper): Promise<void> {
  const proxies = clients.proxiesOf(client)
  const session = `0x${client.session.id.toString(16)}`
  for (const proxy of proxies) {
    proxy.refuses = true
    proxy.cut()
  }
  while ((await server.fourLetterWord(1, 'dump')).includes(session)) await pause(50)
  for (const proxy of proxies) proxy.refuses = false
}

/** An ensemble of three that loses its leader in the middle of the suite, and goes on with two. */
async function startDecapitated(): Promise<ZooKeeperHarness> {
  const ensemble = await startRealZooKeeper({ servers: 3 })
  const clients = new ProxiedClients(ensemble.connectString, 2000)
  let connections = 0
  return {
    sessionTimeoutMs: clients.sessionTimeoutMs,
    connect: async () => {
      if (++connections === CONNECTIONS_BEFORE_THE_KILL) await ensemble.kill(await ensemble.leader())
      return clients.connect()
    },
    monotonicMs: () => clients.clock.monotonicMs(),
    disconnect: (client) => clients.proxiesOf(client).forEach((proxy) => proxy.cut()),
    stop: async () => {
      await clients.stop()
      await ensemble.stop()
    },
  }
}

/** About half of those that the suite makes. */
const CONNECTIONS_BEFORE_THE_KILL = 100

describe('ZooKeeper (real client, one real server)', () => {
  zooKeeperSuite({ start: startReal, can: ['disconnect', 'expire', 'hang'] })
})

describe('ZooKeeper (real client, three real servers, of which the leader is killed)', () => {
  zooKeeperSuite({ start: startDecapitated, can: ['disconnect'] })
})
