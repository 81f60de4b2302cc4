import type { EmbeddedZooKeeperConfig } from '../../../../zk/embedded/config.ts'
import type { EmbeddedZooKeeper } from '../../../../zk/embedded/server.ts'
import { createEmbeddedZooKeeper } from '../../../../zk/embedded/server.ts'
import { FakePlatform } from '../../../fakes/platform.ts'
import type { Greeting } from '../../../support/raw-zookeeper.ts'
import { boolean, RawZooKeeper, readReply, string } from '../../../support/raw-zookeeper.ts'

/** How long a sync of the simulated disk takes. */
export const SYNC_MS = 5

/** An embedded server on a simulated machine, and raw clients on others. */
export class ServerBed {
  platform = new FakePlatform({ host: 'zk', disk: { latencyMs: (call) => (call === 'sync' ? SYNC_MS : 0) } })
  readonly failures: unknown[] = []
  private created: EmbeddedZooKeeper | null = null

  get server(): EmbeddedZooKeeper {
    if (this.created === null) throw new Error('no server was started')
    return this.created
  }

  until<T>(promise: Promise<T>): Promise<T> {
    return this.platform.clock.until(promise)
  }

  advance(ms: number): Promise<void> {
    return this.platform.clock.advance(ms)
  }

  /** Starts a server: in memory, with ticks of a second, unless `config` says otherwise. */
  async start(config: Partial<EmbeddedZooKeeperConfig> = {}): Promise<void> {
    this.created = createEmbeddedZooKeeper({
      platform: this.platform,
      config: {
        dataDirectory: null,
        host: '',
        port: 2181,
        tickTimeMs: 1000,
        fourLetterWords: ['*'],
        ...config,
      },
      onFailure: (error) => this.failures.push(error),
    })
    await this.until(this.created.start())
  }

  /** The machine loses power and comes back. */
  loseAndRestorePower(): void {
    this.platform.crash()
    this.platform = this.platform.restart()
  }

  dial(from = 'client'): Promise<RawZooKeeper> {
    const network = this.platform.network.network.host(from)
    return this.until(RawZooKeeper.dial(network, { host: 'zk', port: 2181 }))
  }

  async connected(timeoutMs = 4000): Promise<RawZooKeeper & Greeting> {
    const client = await this.dial()
    return Object.assign(client, await this.until(client.openSession({ timeoutMs })))
  }

  async ask(
    client: RawZooKeeper,
    op: number,
    ...body: readonly Buffer[]
  ): Promise<ReturnType<typeof readReply>> {
    return readReply(await this.until(client.ask(1, op, ...body)))
  }

  async exists(client: RawZooKeeper, path: string): Promise<boolean> {
    return (await this.ask(client, 3, string(path), boolean(false))).error === 0
  }

  /** The answer to a four-letter word. */
  async say(word: string): Promise<string> {
    const client = await this.dial()
    client.write(Buffer.from(word))
    return (await this.until(client.closed)).toString()
  }

  /** How many frames the server has read. */
  async received(): Promise<number> {
    return Number(/Received: (\d+)/.exec(await this.say('srvr'))?.[1])
  }

  /** Whether the server has closed the connection by now. */
  async isClosed(client: RawZooKeeper): Promise<boolean> {
    let isClosed = false
    void client.closed.then(() => (isClosed = true))
    await this.advance(0)
    return isClosed
  }
}
