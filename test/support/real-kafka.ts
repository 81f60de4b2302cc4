import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A port of the loopback interface that nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

/** A real ZooKeeper and a real Kafka broker, number 1, in a directory of their own. */
export class RealKafka {
  readonly home: string
  readonly port: number
  readonly zooKeeperPort: number
  private readonly script: string
  /** What runs the broker in Kafka's place, or nothing. */
  private command = ''

  private constructor(script: string, home: string, ports: { zooKeeper: number; broker: number }) {
    this.script = script
    this.home = home
    this.port = ports.broker
    this.zooKeeperPort = ports.zooKeeper
  }

  /** Starts ZooKeeper; the broker comes with `start`. */
  static async prepare(script: string): Promise<RealKafka> {
    const home = mkdtempSync(join(tmpdir(), 'zurau-kafka-'))
    const kafka = new RealKafka(script, home, { zooKeeper: await freePort(), broker: await freePort() })
    await kafka.call('zk', String(kafka.zooKeeperPort))
    return kafka
  }

  get bootstrap(): string {
    return `127.0.0.1:${this.port}`
  }

  get zooKeeper(): string {
    return `127.0.0.1:${this.zooKeeperPort}`
  }

  /** The broker's one log directory. */
  get logDir(): string {
    return join(this.home, 'b1', 'data')
  }

  get propertiesPath(): string {
    return join(this.home, 'b1', 'server.properties')
  }

  async start(properties: readonly string[]): Promise<void> {
    await this.call('start', '1', String(this.port), ...properties)
  }

  /** Starts the broker again, with more in its properties. */
  async startAgain(properties: readonly string[] = []): Promise<void> {
    const known = readFileSync(this.propertiesPath, 'utf8')
    writeFileSync(this.propertiesPath, known + properties.map((line) => `${line}\n`).join(''))
    await this.call('up', '1')
  }

  /**
   * Starts a broker on what the last one left: Kafka, or `command` with the properties' path behind it. As long as
   * ZooKeeper remembers a killed one the id is in use, and it is tried again.
   */
  async startOnRemains(command = ''): Promise<void> {
    for (let left = 30; ; left--) {
      this.command = command
      try {
        await this.call('up', '1')
        return
      } catch (error) {
        await this.stop()
        if (left === 0) throw error
        await new Promise((resolve) => setTimeout(resolve, 500))
      }
    }
  }

  async stop(): Promise<void> {
    await this.call('stop', '1')
  }

  async kill(): Promise<void> {
    await this.call('kill', '1')
  }

  tool(...args: readonly string[]): Promise<string> {
    return this.call('tool', ...args)
  }

  /** Stops both and removes all that they wrote. */
  async close(): Promise<void> {
    await this.call('down').catch(() => undefined)
    rmSync(this.home, { recursive: true, force: true })
  }

  private async call(...args: readonly string[]): Promise<string> {
    const env = {
      ...process.env,
      PEER_HOME: this.home,
      PEER_TOOL_JIT: '1',
      PEER_HEAP: '512m',
      BROKER_CMD: this.command,
    }
    const { stdout } = await run(this.script, [...args], { env, maxBuffer: 256 * 1024 * 1024 })
    return stdout
  }
}
