import type { ProcessEnd } from '../../platform/processes.ts'
import { FAULT_FILE_VARIABLE, NO_INNER_FAULTS } from '../faults/fault-preload.ts'
import { kafkaSpeaker, LinkProxy, NO_FAULT, type LinkFault } from '../faults/link-proxy.ts'
import { wordOf } from './word-of.ts'
import { NodeProcess } from './node-process.ts'
import type { Launcher, MachinePorts, SandboxShape } from './sandbox-options.ts'
import { writeText } from './text-file.ts'

export const HOST = '127.0.0.1'

export interface SandboxBroker {
  readonly id: number
  readonly node: NodeProcess
  /** How everybody else finds it. */
  readonly proxy: LinkProxy
  /** How it finds the ZooKeeper servers, in their order. */
  readonly zookeeperProxies: readonly LinkProxy[]
}

export interface SandboxZookeeper {
  readonly id: number
  readonly node: NodeProcess
  readonly port: number
}

export interface SandboxOptions {
  readonly ports: MachinePorts
  readonly launcher: Launcher
  readonly shape: SandboxShape
  /** A folder of its own, made and removed here. */
  readonly directory: string
  /** Told of a process that died by itself. */
  readonly onSurprise: (name: string, end: ProcessEnd) => void
}

/** ZooKeeper's tick: sessions may be as short as two of them. */
const TICK_MS = 500

/**
 * A cluster of real processes on loopback, made for one drill. Whoever speaks with a broker, and every broker that
 * speaks with ZooKeeper, does so through a proxy of ours, so that any link can be cut, slowed or silenced. Nothing
 * outside of it is ever touched: faults name nodes of the sandbox, and there are no others.
 */
export class Sandbox {
  readonly brokers: SandboxBroker[] = []
  readonly zookeepers: SandboxZookeeper[] = []
  readonly shape: SandboxShape
  private readonly options: SandboxOptions
  private readonly faults = new Map<string, LinkFault>()
  private isStopped = false

  constructor(options: SandboxOptions) {
    this.options = options
    this.shape = options.shape
  }

  get directory(): string {
    return this.options.directory
  }

  get bootstrap(): { host: string; port: number }[] {
    return this.brokers.map(({ proxy }) => ({ host: HOST, port: proxy.port }))
  }

  /** Straight to the servers: for looking on, not for suffering. */
  get connectString(): string {
    return this.zookeepers.map(({ port }) => `${HOST}:${port}`).join(',')
  }

  get hasInnerFaults(): boolean {
    return this.options.launcher.hasInnerFaults
  }

  async start(): Promise<void> {
    this.options.ports.disk.makeDirectory(this.options.directory)
    await this.startZookeepers()
    for (const { id, rack } of this.shape.brokers) await this.prepareBroker(id, rack)
    await Promise.all(this.brokers.map(({ node }) => node.start()))
    await Promise.all(this.brokers.map(({ node }) => node.serving()))
  }

  /** Ends every process and removes every file. May be called at any time, and again. */
  async stop(options: { readonly keepFiles?: boolean } = {}): Promise<void> {
    this.isStopped = true
    const nodes = [...this.brokers, ...this.zookeepers].map(({ node }) => node)
    await Promise.all(nodes.map((node) => node.kill()))
    for (const { proxy, zookeeperProxies } of this.brokers)
      await Promise.all([proxy, ...zookeeperProxies].map((each) => each.stop()))
    if (options.keepFiles !== true) this.options.ports.disk.removeTree(this.options.directory)
  }

  broker(id: number): SandboxBroker {
    const broker = this.brokers.find((each) => each.id === id)
    if (broker === undefined) throw new Error(`the sandbox has no broker ${id}`)
    return broker
  }

  zookeeper(id: number): SandboxZookeeper {
    const server = this.zookeepers.find((each) => each.id === id)
    if (server === undefined) throw new Error(`the sandbox has no ZooKeeper server ${id}`)
    return server
  }

  /** From a speaker (`broker-1`, `client`, `*`) to a server (`broker-2`, `zookeeper`, `zookeeper-1`). */
  setLink(from: string, to: string, fault: LinkFault): void {
    this.faults.set(`${from} ${to}`, fault)
    this.applyLinks()
  }

  healLinks(): void {
    this.faults.clear()
    this.applyLinks()
  }

  /** Takes back every fault, and starts what does not run. Resolves when all of it has been asked for. */
  async clearFaults(): Promise<void> {
    this.healLinks()
    for (const { node } of [...this.zookeepers, ...this.brokers]) {
      if (this.isStopped) return
      node.setInnerFaults(NO_INNER_FAULTS)
      if (node.isPaused) node.resume()
      if (!node.isRunning) await node.start()
    }
  }

  get faultCount(): number {
    const nodes = [...this.zookeepers, ...this.brokers].map(({ node }) => node)
    const broken = nodes.filter(
      (node) => !node.isRunning || node.isPaused || node.innerFaults !== NO_INNER_FAULTS,
    )
    return broken.length + [...this.faults.values()].filter((fault) => fault !== NO_FAULT).length
  }

  /** Adds a broker that was not there at the start. */
  async addBroker(id: number, rack: string | null): Promise<SandboxBroker> {
    const broker = await this.prepareBroker(id, rack)
    await broker.node.start()
    await broker.node.serving()
    return broker
  }

  /** The folder of a broker's log: what a disk that is lost takes with it. */
  logDirectory(id: number): string {
    return `${this.broker(id).node.directory}/data`
  }

  wipe(id: number): void {
    if (this.broker(id).node.isRunning) throw new Error(`broker ${id} runs: its disk cannot be replaced`)
    this.options.ports.disk.removeTree(this.logDirectory(id))
  }

  private applyLinks(): void {
    for (const { proxy, zookeeperProxies } of this.brokers)
      for (const each of [proxy, ...zookeeperProxies]) each.apply()
  }

  private faultOf(from: string, ...to: string[]): LinkFault {
    for (const target of to) {
      const fault = this.faults.get(`${from} ${target}`) ?? this.faults.get(`* ${target}`)
      if (fault !== undefined) return fault
    }
    return NO_FAULT
  }

  private async startZookeepers(): Promise<void> {
    const { launcher, ports, directory } = this.options
    const launch = this.shape.isEmbedded ? null : launcher.zookeeper
    const count = launch === null ? 1 : this.shape.zookeepers
    const numbers = await this.freePorts(3 * count)
    const members = Array.from({ length: count }, (_, index) => {
      const [client, quorum, election] = numbers.slice(3 * index) as [number, number, number]
      return { id: index + 1, client, quorum, election }
    })
    for (const { id, client } of members) {
      const folder = `${directory}/zookeeper-${id}`
      ports.disk.makeDirectory(`${folder}/data`)
      const ensemble = members.map((each) => `server.${each.id}=${HOST}:${each.quorum}:${each.election}`)
      const lines = [
        `tickTime=${TICK_MS}`,
        'initLimit=20',
        'syncLimit=10',
        `dataDir=${folder}/data`,
        `clientPort=${client}`,
        `clientPortAddress=${HOST}`,
        'maxClientCnxns=0',
        '4lw.commands.whitelist=*',
        'admin.enableServer=false',
        ...(count > 1 ? ensemble : []),
      ]
      writeText(ports.disk, `${folder}/zoo.cfg`, `${lines.join('\n')}\n`)
      writeText(ports.disk, `${folder}/data/myid`, `${id}\n`)
      const node = new NodeProcess({
        ...this.nodeOptions(`zookeeper-${id}`, folder),
        commandOf: () =>
          launch?.(`${folder}/zoo.cfg`) ?? launcher.embeddedZookeeper(client, `${folder}/data`),
        isServing: async () => (await wordOf(ports, client, 'srvr')).includes('Mode:'),
      })
      this.zookeepers.push({ id, node, port: client })
    }
    await Promise.all(this.zookeepers.map(({ node }) => node.start()))
    await Promise.all(this.zookeepers.map(({ node }) => node.serving()))
  }

  private async prepareBroker(id: number, rack: string | null): Promise<SandboxBroker> {
    const { launcher, ports, directory } = this.options
    const { network, clock } = ports
    const name = `broker-${id}`
    const folder = `${directory}/${name}`
    const [port] = (await this.freePorts(1)) as [number]
    const proxy = new LinkProxy({
      network,
      clock,
      host: HOST,
      targetPort: port,
      identify: kafkaSpeaker,
      faultOf: (from) => this.faultOf(from, name),
    })
    const zookeeperProxies = this.zookeepers.map(
      (server) =>
        new LinkProxy({
          network,
          clock,
          host: HOST,
          targetPort: server.port,
          identify: () => name,
          faultOf: (from) => this.faultOf(from, `zookeeper-${server.id}`, 'zookeeper'),
        }),
    )
    await Promise.all([proxy, ...zookeeperProxies].map((each) => each.start()))
    const propertiesPath = `${folder}/server.properties`
    const node = new NodeProcess({
      ...this.nodeOptions(name, folder),
      commandOf: () => launcher.broker(propertiesPath),
      isServing: () => this.isListening(port),
    })
    const properties: Record<string, string> = {
      'broker.id': String(id),
      ...(rack === null ? {} : { 'broker.rack': rack }),
      listeners: `PLAINTEXT://${HOST}:${port}`,
      'advertised.listeners': `PLAINTEXT://${HOST}:${proxy.port}`,
      'log.dirs': `${folder}/data`,
      'zookeeper.connect': zookeeperProxies.map((each) => `${HOST}:${each.port}`).join(','),
      'zookeeper.session.timeout.ms': String(this.shape.sessionTimeoutMs),
      ...this.shape.brokerConfig,
    }
    if (launcher.hasInnerFaults) properties['zurau.http.listen'] = ''
    const text = Object.entries(properties).map(([key, value]) => `${key}=${value}\n`)
    writeText(ports.disk, propertiesPath, text.join(''))
    const broker: SandboxBroker = { id, node, proxy, zookeeperProxies }
    this.brokers.push(broker)
    return broker
  }

  private nodeOptions(name: string, directory: string) {
    const { clock, disk, processes } = this.options.ports
    return {
      name,
      directory,
      clock,
      disk,
      processes,
      onSurprise: (who: string, end: ProcessEnd) => {
        if (!this.isStopped) this.options.onSurprise(who, end)
      },
    }
  }

  private async isListening(port: number): Promise<boolean> {
    try {
      const stream = await this.options.ports.network.dial({ host: HOST, port, timeoutMs: 1000 })
      const ignore = (): void => undefined
      stream.start({ onData: ignore, onDrain: ignore, onEnd: ignore, onClose: ignore })
      stream.destroy()
      return true
    } catch {
      return false
    }
  }

  /** Ports that are free now; taken all at once, so that they differ. */
  private async freePorts(count: number): Promise<number[]> {
    const { network } = this.options.ports
    const listeners = await Promise.all(
      Array.from({ length: count }, () =>
        network.listen({ host: HOST, port: 0 }, (stream) => stream.destroy()),
      ),
    )
    await Promise.all(listeners.map((each) => each.close()))
    return listeners.map(({ port }) => port)
  }
}

/** The variables of a node's process: where it reads its faults, among others. */
export function nodeEnvironment(
  base: Readonly<Record<string, string | undefined>>,
  directory: string,
  preload: string,
): Record<string, string | undefined> {
  const options = [base['NODE_OPTIONS'], `--import=${preload}`].filter(
    (each) => each !== undefined && each !== '',
  )
  return { ...base, NODE_OPTIONS: options.join(' '), [FAULT_FILE_VARIABLE]: `${directory}/faults.json` }
}
