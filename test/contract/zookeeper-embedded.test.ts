import { createNodePlatform } from '../../src/platform/node/node-platform.ts'
import { createEmbeddedZooKeeper } from '../../zk/embedded/server.ts'
import { FakeLogger } from '../fakes/logger.ts'
import { ProxiedClients } from './zookeeper-client-harness.ts'
import type { ZooKeeperHarness } from './zookeeper-suite.ts'
import { zooKeeperSuite } from './zookeeper-suite.ts'

async function startEmbedded(): Promise<ZooKeeperHarness> {
  const platform = { ...createNodePlatform(), logger: new FakeLogger() }
  const config = {
    dataDirectory: null,
    host: '127.0.0.1',
    port: 0,
    tickTimeMs: 500,
    maxClientConnections: 0,
  }
  const server = createEmbeddedZooKeeper({ platform, config })
  await server.start()
  const clients = new ProxiedClients(`127.0.0.1:${server.port}`, 2000)
  return {
    sessionTimeoutMs: clients.sessionTimeoutMs,
    connect: () => clients.connect(),
    monotonicMs: () => clients.clock.monotonicMs(),
    disconnect: (client) => clients.proxiesOf(client).forEach((proxy) => proxy.cut()),
    expire: (client) => void server.expireSession(client.session.id),
    hang: () => clients.all.forEach((proxy) => proxy.hold()),
    resume: () => clients.all.forEach((proxy) => proxy.release()),
    stop: async () => {
      await clients.stop()
      await server.stop()
    },
  }
}

describe('ZooKeeper (real client, embedded server)', () => {
  zooKeeperSuite({ start: startEmbedded, can: ['disconnect', 'expire', 'hang'] })
})
