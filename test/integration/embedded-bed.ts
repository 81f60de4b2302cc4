import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { NodeClock } from '../../src/platform/node/node-clock.ts'
import { NodeDisk } from '../../src/platform/node/node-disk.ts'
import { NodeNetwork } from '../../src/platform/node/node-network.ts'
import { NodeRandom } from '../../src/platform/node/node-random.ts'
import type { Platform } from '../../src/platform/platform.ts'
import type { EmbeddedZooKeeperConfig } from '../../zk/embedded/config.ts'
import type { EmbeddedZooKeeper } from '../../zk/embedded/server.ts'
import { createEmbeddedZooKeeper } from '../../zk/embedded/server.ts'
import { FakeLogger } from '../fakes/logger.ts'
import { int, long, RawZooKeeper, string } from '../support/raw-zookeeper.ts'

/** An embedded ZooKeeper over the real platform, on a free port and in a folder of its own, and raw clients of it. */
export class EmbeddedBed {
  readonly platform: Platform = {
    clock: new NodeClock(),
    random: new NodeRandom(),
    disk: new NodeDisk(),
    network: new NodeNetwork(),
    logger: new FakeLogger(),
  }
  readonly directory = mkdtempSync(join(tmpdir(), 'zurau-embedded-'))
  private running: EmbeddedZooKeeper | null = null
  private readonly clients: RawZooKeeper[] = []

  get server(): EmbeddedZooKeeper {
    if (this.running === null) throw new Error('the server does not run')
    return this.running
  }

  /** Starts the server, in place of the one before, which is stopped. */
  async start(config: Partial<EmbeddedZooKeeperConfig> = {}): Promise<void> {
    await this.running?.stop()
    const { platform, directory } = this
    const where = { dataDirectory: directory, host: '127.0.0.1', port: 0 }
    this.running = createEmbeddedZooKeeper({
      platform,
      config: { ...where, fourLetterWords: ['*'], ...config },
    })
    await this.running.start()
  }

  async dial(): Promise<RawZooKeeper> {
    const client = await RawZooKeeper.dial(this.platform.network, this.server)
    this.clients.push(client)
    return client
  }

  /** A client with a session: one transaction. */
  async connected(): Promise<RawZooKeeper> {
    const client = await this.dial()
    await client.openSession()
    return client
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.destroy()
    await this.running?.stop()
    rmSync(this.directory, { recursive: true, force: true })
  }
}

/** A reply's header: xid, zxid, error code. */
export const header = (xid: number, zxid: number, error = 0): string =>
  hex(Buffer.concat([int(xid), long(BigInt(zxid)), int(error)]))

/** A watch that fires: type 1 created, 2 deleted, 3 changed, 4 children; the session is connected (3). */
export const event = (type: number, path: string): string =>
  header(-1, -1) + hex(Buffer.concat([int(type), int(3), string(path)]))

/** Bytes as hex. */
export const hex = (bytes: Buffer): string => bytes.toString('hex')

/** Hex without the spaces that make it readable. */
export const spaced = (text: string): string => text.replaceAll(' ', '')
