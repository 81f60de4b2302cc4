import { NodeClock } from '../../src/platform/node/node-clock.ts'
import { NodeRandom } from '../../src/platform/node/node-random.ts'
import { createZooKeeperClient } from '../../zk/client/create-client.ts'
import type { ZooKeeper } from '../../zk/zookeeper.ts'
import { FakeLogger } from '../fakes/logger.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import type { TcpProxy } from '../support/tcp-proxy.ts'

/** Real clients, each behind relays of its own to the servers, so that one can be cut off alone. */
export class ProxiedClients {
  readonly clock = new NodeClock()
  readonly sessionTimeoutMs: number
  private readonly servers: readonly { readonly host: string; readonly port: number }[]
  private readonly proxies = new Map<ZooKeeper, TcpProxy[]>()

  constructor(connectString: string, sessionTimeoutMs: number) {
    this.sessionTimeoutMs = sessionTimeoutMs
    this.servers = connectString.split(',').map((server) => {
      const [host = '', port] = server.split(':')
      return { host, port: Number(port) }
    })
  }

  async connect(): Promise<ZooKeeper> {
    const proxies = await Promise.all(this.servers.map((server) => startTcpProxy(server)))
    const client = await createZooKeeperClient({
      connectString: proxies.map(({ port }) => `127.0.0.1:${port}`).join(','),
      sessionTimeoutMs: this.sessionTimeoutMs,
      connectionTimeoutMs: 10_000,
      maxInFlightRequests: 250,
      platform: { clock: this.clock, random: new NodeRandom(), logger: new FakeLogger() },
    })
    this.proxies.set(client, proxies)
    return client
  }

  proxiesOf(client: ZooKeeper): readonly TcpProxy[] {
    return this.proxies.get(client) ?? []
  }

  get all(): readonly TcpProxy[] {
    return [...this.proxies.values()].flat()
  }

  async stop(): Promise<void> {
    await Promise.all(this.all.map((proxy) => proxy.stop()))
  }
}
