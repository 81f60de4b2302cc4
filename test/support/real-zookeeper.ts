import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A real Apache ZooKeeper 3.8, one server or an ensemble of three, on free loopback ports, in a folder of its own. */
export interface RealZooKeeper {
  /** `127.0.0.1:P` of every server, separated by commas. */
  readonly connectString: string
  /** One server's address; ids are 1 to `servers`. */
  addressOf(id: number): string
  /** Ends a server as a power cut of the process would (SIGKILL), and waits until it is gone. */
  kill(id: number): Promise<void>
  /** A server that is silent but connected (SIGSTOP). */
  pause(id: number): void
  resume(id: number): void
  /** Starts a killed server again on its old port and data, and waits until it serves: it needs a quorum for that. */
  up(id: number): Promise<void>
  /** The leader's id (a lone server leads itself), waiting for an election that is under way. */
  leader(): Promise<number>
  /** What a server answers to a four-letter word; empty when it does not. */
  fourLetterWord(id: number, word: string): Promise<string>
  /** Ends all servers and removes their data. */
  stop(): Promise<void>
}

export interface RealZooKeeperOptions {
  readonly servers: 1 | 3
  /** Sessions last 2 to 20 ticks. Default 500 ms: sessions of 1 to 10 seconds. */
  readonly tickTimeMs?: number
  /** Of each server, in Java's notation. */
  readonly heap?: string
  /** Further lines of zoo.cfg. */
  readonly settings?: Readonly<Record<string, string>>
}

const ensembleFolder = join(import.meta.dirname, '../../zk/ensemble')
const startDeadlineMs = 30_000

/** Throws with a clear message when this machine has no Java, or no ZooKeeper jars and no way to fetch them. */
export async function startRealZooKeeper(options: RealZooKeeperOptions): Promise<RealZooKeeper> {
  const classPath = await findClassPath()
  // Free ports may be taken by others between asking and binding: then the whole start is tried again elsewhere.
  for (let attempt = 1; ; attempt++) {
    const ensemble = new Ensemble(classPath, options, await freePorts(options.servers * 3))
    try {
      await ensemble.start()
      return ensemble
    } catch (error) {
      await ensemble.stop()
      if (attempt === 3 || !/already in use/.test(String(error))) throw error
    }
  }
}

class Ensemble implements RealZooKeeper {
  readonly connectString: string
  private readonly directory = mkdtempSync(join(tmpdir(), 'zurau-zookeeper-'))
  private readonly servers: Server[]

  constructor(classPath: string, options: RealZooKeeperOptions, ports: readonly number[]) {
    const ids = Array.from({ length: options.servers }, (_, index) => index + 1)
    const peers = ids.map((id) => `server.${id}=127.0.0.1:${ports[3 * id - 2]}:${ports[3 * id - 1]}`)
    this.servers = ids.map(
      (id) =>
        new Server({
          id,
          port: ports[3 * id - 3]!,
          directory: join(this.directory, `server-${id}`),
          peers: options.servers === 1 ? [] : peers,
          classPath,
          tickTimeMs: options.tickTimeMs ?? 500,
          heap: options.heap ?? '96m',
          settings: options.settings ?? {},
        }),
    )
    this.connectString = ids.map((id) => this.addressOf(id)).join(',')
  }

  async start(): Promise<void> {
    for (const server of this.servers) server.launch()
    await Promise.all(this.servers.map((server) => server.serving()))
  }

  addressOf(id: number): string {
    return `127.0.0.1:${this.server(id).port}`
  }

  async kill(id: number): Promise<void> {
    await this.server(id).end('SIGKILL')
  }

  pause(id: number): void {
    this.server(id).signal('SIGSTOP')
  }

  resume(id: number): void {
    this.server(id).signal('SIGCONT')
  }

  async up(id: number): Promise<void> {
    this.server(id).launch()
    await this.server(id).serving()
  }

  async leader(): Promise<number> {
    const deadline = Date.now() + startDeadlineMs
    while (Date.now() < deadline) {
      for (const { id } of this.servers) {
        if (/^Mode: (leader|standalone)$/m.test(await this.fourLetterWord(id, 'srvr'))) return id
      }
      await pause(50)
    }
    throw new Error('no ZooKeeper server leads')
  }

  fourLetterWord(id: number, word: string): Promise<string> {
    return ask(this.server(id).port, word)
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.end('SIGTERM')))
    rmSync(this.directory, { recursive: true, force: true })
  }

  private server(id: number): Server {
    const server = this.servers[id - 1]
    if (server === undefined) throw new Error(`no ZooKeeper server ${id}`)
    return server
  }
}

interface ServerOptions {
  readonly id: number
  readonly port: number
  readonly directory: string
  readonly peers: readonly string[]
  readonly classPath: string
  readonly tickTimeMs: number
  readonly heap: string
  readonly settings: Readonly<Record<string, string>>
}

class Server {
  readonly id: number
  readonly port: number
  private readonly options: ServerOptions
  private process: ChildProcess | null = null
  private guard: ChildProcess | null = null

  constructor(options: ServerOptions) {
    this.options = options
    this.id = options.id
    this.port = options.port
    const data = join(options.directory, 'data')
    mkdirSync(data, { recursive: true })
    const settings: Record<string, string | number> = {
      tickTime: options.tickTimeMs,
      initLimit: 20,
      syncLimit: 10,
      dataDir: data,
      clientPort: options.port,
      clientPortAddress: '127.0.0.1',
      maxClientCnxns: 0,
      'admin.enableServer': 'false',
      '4lw.commands.whitelist': '*',
      ...options.settings,
    }
    const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}`)
    writeFileSync(join(options.directory, 'zoo.cfg'), [...lines, ...options.peers, ''].join('\n'))
    if (options.peers.length > 0) writeFileSync(join(data, 'myid'), `${options.id}\n`)
  }

  launch(): void {
    if (this.process !== null) throw new Error(`ZooKeeper server ${this.id} runs already`)
    const { directory, heap, classPath } = this.options
    const log = openSync(join(directory, 'log'), 'a')
    const java = spawn(
      'java',
      [
        `-Xmx${heap}`,
        ...['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:MaxMetaspaceSize=64m', '-XX:-UsePerfData'],
        ...['-Dzookeeper.preAllocSize=1024', '-Dzookeeper.admin.enableServer=false'],
        ...[
          '-cp',
          classPath,
          'org.apache.zookeeper.server.quorum.QuorumPeerMain',
          join(directory, 'zoo.cfg'),
        ],
      ],
      { stdio: ['ignore', log, log] },
    )
    closeSync(log)
    this.process = java
    // However this process ends, its end of the pipe closes: then the guard ends the server.
    this.guard = spawn('sh', ['-c', 'cat; kill -KILL "$0"', String(java.pid)], {
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    java.once('exit', () => {
      this.guard?.kill('SIGKILL')
      this.guard = null
      this.process = null
    })
  }

  async serving(): Promise<void> {
    const deadline = Date.now() + startDeadlineMs
    while (this.process !== null && Date.now() < deadline) {
      if (/^Mode:/m.test(await ask(this.port, 'srvr'))) return
      await pause(50)
    }
    const log = readFileSync(join(this.options.directory, 'log'), 'utf8').split('\n').slice(-20).join('\n')
    throw new Error(`ZooKeeper server ${this.id} does not serve:\n${log}`)
  }

  signal(signal: NodeJS.Signals): void {
    if (this.process === null) throw new Error(`ZooKeeper server ${this.id} does not run`)
    this.process.kill(signal)
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const java = this.process
    if (java === null) return
    const gone = new Promise((resolve) => java.once('exit', resolve))
    java.kill('SIGCONT')
    java.kill(signal)
    const impatience = setTimeout(() => java.kill('SIGKILL'), 10_000)
    await gone
    clearTimeout(impatience)
  }
}

async function findClassPath(): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('sh', [join(ensembleFolder, 'classpath.sh')])
    return stdout.trim()
  } catch (error) {
    const words = (error as { stderr?: string }).stderr?.trim()
    throw new Error(`a real ZooKeeper cannot be started here: ${words ?? String(error)}`)
  }
}

/** Ports that nobody listens on now, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject)
          server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
        }),
    ),
  )
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

/** Sends a four-letter word; whatever goes wrong counts as no answer. */
function ask(port: number, word: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(word))
    socket.setTimeout(2000, () => socket.destroy())
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => (answer += text))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(answer))
  })
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
