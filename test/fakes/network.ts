import type { ByteStream, Listener, Network } from '../../src/platform/network.ts'
import { LINGER_MS, NetworkError } from '../../src/platform/network.ts'
import { assert } from '../../src/std/assert.ts'
import { FakeRandom } from './random.ts'
import { Scheduler } from './scheduler.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { FakeStream, StreamWorld } from './stream.ts'
import { connect } from './stream.ts'

/** How the links behave while nothing is wrong. */
export interface NetworkConditions {
  /** Between the two, drawn for every segment; order within a stream is kept. Default 0. */
  readonly latencyMs?: readonly [min: number, max: number]
  /** How received bytes are cut up: as they were sent, at random places, or one by one. Default `sent`. */
  readonly chunking?: 'sent' | 'random' | 'bytes'
  /** What the two kernels buffer for one direction of a stream before the sender has to wait. Default 256 KiB. */
  readonly windowBytes?: number
  /** The chance that a segment meets a reset instead of its receiver. Default 0. */
  readonly resetProbability?: number
  /** How long a sender goes on while nothing is acknowledged. Default 15 minutes, as Linux. */
  readonly retransmitMs?: number
  /** How long a stream whose own end is sent waits for the other side's. Default 10 s. */
  readonly lingerMs?: number
}

/** `cut`: nothing passes. `stalled`: streams can be opened, but carry nothing. */
type LinkState = 'open' | 'cut' | 'stalled'

const FIRST_EPHEMERAL_PORT = 32_768
const LAST_PORT = 65_535
const DEFAULT_BACKLOG = 511
const FIRST_SYN_RETRY_MS = 1000

/**
 * The network of a simulated world: machines by name, byte streams between their processes. Links can be cut one way
 * or both ways, streams reset, machines lose power; what was under way during a cut arrives when it heals, as TCP has
 * it, unless the sender gives up before.
 */
export class FakeNetwork {
  readonly scheduler: Scheduler
  private readonly random: FakeRandom
  private readonly machines = new Map<string, Machine>()
  private readonly links = new Map<string, LinkState>()
  private readonly streams = new Set<FakeStream>()
  private readonly world: { -readonly [Key in keyof StreamWorld]: StreamWorld[Key] }

  constructor(options: { scheduler?: Scheduler; random?: FakeRandom; conditions?: NetworkConditions } = {}) {
    this.scheduler = options.scheduler ?? new Scheduler()
    this.random = (options.random ?? new FakeRandom()).fork('network')
    this.world = {
      scheduler: this.scheduler,
      random: this.random,
      receiveBuffer: Buffer.alloc(256 * 1024),
      conditions: { ...CALM, ...options.conditions },
      isOpen: (from, to) => this.link(from, to) === 'open',
      isUp: (name) => this.machine(name).isUp,
      onGone: (stream) => this.streams.delete(stream),
    }
  }

  /** Ends of streams that are not closed: 0 when nothing leaks. */
  get openStreams(): number {
    return this.streams.size
  }

  /** The network as a process on the machine `name` has it. The machine appears when it is first named. */
  host(name: string, process: SimulatedProcess | null = null): FakeHost {
    return new FakeHost(this, this.machine(name), process)
  }

  /** From now on the links behave so; what is under way stays under way. */
  setConditions(conditions: NetworkConditions): void {
    this.world.conditions = { ...this.world.conditions, ...conditions }
  }

  /** Nothing gets from one machine to the other. The way back stays as it is. */
  cut(from: string, to: string): void {
    this.setLink(from, to, 'cut')
  }

  /** Cuts the machines of one side off from those of the other, both ways. */
  partition(side: readonly string[], otherSide: readonly string[]): void {
    for (const a of side) {
      for (const b of otherSide) {
        this.cut(a, b)
        this.cut(b, a)
      }
    }
  }

  /** Streams from one machine to the other can be opened but carry nothing: connected, and silent. */
  stall(from: string, to: string): void {
    this.setLink(from, to, 'stalled')
  }

  heal(from: string, to: string): void {
    this.setLink(from, to, 'open')
  }

  healAll(): void {
    this.links.clear()
    for (const stream of [...this.streams]) stream.onLinkChange()
  }

  /** Breaks every stream between two machines: both ends see a reset. */
  reset(one: string, other: string): void {
    for (const stream of [...this.streams]) {
      if (stream.isBetween(one, other)) stream.breakOff()
    }
  }

  /** The machine is gone without a word: its peers notice only by silence. */
  powerOff(name: string): void {
    const machine = this.machine(name)
    machine.isUp = false
    machine.listeners.clear()
    for (const stream of [...this.streams]) {
      if (stream.machine === name) stream.vanish()
    }
  }

  /** The machine is back, knowing nothing of its old streams. */
  powerOn(name: string): void {
    this.machine(name).isUp = true
    for (const stream of [...this.streams]) {
      if (stream.remoteMachine === name) stream.onPeerPower()
    }
  }

  // ── for the hosts ─────────────────────────────────────────────────────────────────────────────────────────────

  listen(
    machine: Machine,
    process: SimulatedProcess | null,
    where: { readonly host: string; readonly port: number; readonly backlog?: number },
    accept: (stream: ByteStream) => void,
  ): Listener {
    if (!isLocal(machine, where.host))
      throw new NetworkError('EADDRNOTAVAIL', `listen ${where.host}: not an address of ${machine.name}`)
    const port = where.port === 0 ? freePort(machine) : where.port
    if (machine.listeners.has(port))
      throw new NetworkError('EADDRINUSE', `listen ${where.host}:${port}: address in use`)
    const listening: Listening = { process, accept, backlog: where.backlog ?? DEFAULT_BACKLOG, waiting: 0 }
    machine.listeners.set(port, listening)
    const close = (): void => {
      forgetDeath?.()
      if (machine.listeners.get(port) === listening) machine.listeners.delete(port)
    }
    const forgetDeath = process?.onDeath(close)
    return { host: where.host === '' ? '0.0.0.0' : where.host, port, close: async () => close() }
  }

  dial(
    machine: Machine,
    process: SimulatedProcess | null,
    where: { readonly host: string; readonly port: number; readonly timeoutMs: number },
  ): Promise<ByteStream> {
    return new Promise((resolve, reject) => {
      const name = `dial ${where.host}:${where.port}`
      const startMs = process?.nowMs ?? this.scheduler.nowMs
      let isSettled = false
      const settle = (act: () => void): void => {
        if (isSettled) return
        isSettled = true
        timeout.cancel()
        act()
      }
      const fail = (code: string, words: string): void =>
        settle(() => reject(new NetworkError(code, `${name}: ${words}`)))
      const timeout = this.scheduler.at(
        startMs + Math.max(0, where.timeoutMs),
        () => fail('ETIMEDOUT', `no answer within ${where.timeoutMs} ms`),
        process,
      )
      const target = this.resolve(machine, where.host)
      if (target === null) {
        this.scheduler.at(startMs, () => fail('ENOTFOUND', 'no such host'), process)
        return
      }
      this.knock(
        machine,
        target,
        where,
        FIRST_SYN_RETRY_MS,
        () => isSettled,
        (listening) => {
          const delayMs = this.latency()
          if (listening === null) {
            this.scheduler.at(
              this.scheduler.nowMs + delayMs,
              () => fail('ECONNREFUSED', 'connection refused'),
              process,
            )
            return
          }
          const pair = this.open(machine, process, target, listening.process, where)
          this.accept(listening, pair.server)
          this.scheduler.at(
            this.scheduler.nowMs + delayMs,
            () => {
              if (isSettled) pair.client.destroy()
              else settle(() => resolve(pair.client))
            },
            process,
          )
        },
      )
    })
  }

  /** Sends a connection request until it is answered: with whoever listens, or null when nobody does. */
  private knock(
    from: Machine,
    to: Machine,
    where: { readonly port: number },
    retryMs: number,
    isGivenUp: () => boolean,
    answer: (listening: Listening | null) => void,
  ): void {
    this.scheduler.at(this.scheduler.nowMs + this.latency(), () => {
      if (isGivenUp()) return
      const passes =
        to.isUp && this.link(from.name, to.name) !== 'cut' && this.link(to.name, from.name) !== 'cut'
      const listening = to.listeners.get(where.port)
      if (passes && (listening === undefined || listening.waiting < listening.backlog))
        return answer(listening ?? null)
      this.scheduler.at(this.scheduler.nowMs + retryMs, () => {
        if (!isGivenUp()) this.knock(from, to, where, 2 * retryMs, isGivenUp, answer)
      })
    })
  }

  private open(
    from: Machine,
    dialler: SimulatedProcess | null,
    to: Machine,
    acceptor: SimulatedProcess | null,
    where: { readonly port: number },
  ): { client: FakeStream; server: FakeStream } {
    const isLoopback = from === to
    const client = { machine: from.name, address: isLoopback ? LOOPBACK : from.address, port: freePort(from) }
    const server = { machine: to.name, address: isLoopback ? LOOPBACK : to.address, port: where.port }
    const pair = connect(this.world, { at: client, process: dialler }, { at: server, process: acceptor })
    this.streams.add(pair.client)
    this.streams.add(pair.server)
    return pair
  }

  /** The kernel has the connection; the process hears of it when it runs. */
  private accept(listening: Listening, stream: FakeStream): void {
    listening.waiting++
    this.scheduler.at(
      this.scheduler.nowMs,
      () => {
        listening.waiting--
        if (!stream.isGone) listening.accept(stream)
      },
      listening.process,
    )
  }

  private resolve(from: Machine, host: string): Machine | null {
    if (isLocal(from, host)) return from
    const byName = this.machines.get(host)
    if (byName !== undefined) return byName
    for (const machine of this.machines.values()) if (machine.address === host) return machine
    return null
  }

  private latency(): number {
    const [min, max] = this.world.conditions.latencyMs
    return this.random.between(min, max)
  }

  private machine(name: string): Machine {
    let machine = this.machines.get(name)
    if (machine === undefined) {
      const number = this.machines.size + 1
      machine = {
        name,
        address: `10.0.${number >> 8}.${number & 255}`,
        isUp: true,
        listeners: new Map(),
        nextPort: FIRST_EPHEMERAL_PORT,
      }
      this.machines.set(name, machine)
    }
    return machine
  }

  private link(from: string, to: string): LinkState {
    return this.links.size === 0 ? 'open' : (this.links.get(`${from} ${to}`) ?? 'open')
  }

  private setLink(from: string, to: string, state: LinkState): void {
    if (state === 'open') this.links.delete(`${from} ${to}`)
    else this.links.set(`${from} ${to}`, state)
    for (const stream of [...this.streams]) {
      if (stream.isBetween(from, to)) stream.onLinkChange()
    }
  }
}

/** One process's network. */
export class FakeHost implements Network {
  readonly network: FakeNetwork
  private readonly machine: Machine
  private readonly process: SimulatedProcess | null

  constructor(network: FakeNetwork, machine: Machine, process: SimulatedProcess | null) {
    this.network = network
    this.machine = machine
    this.process = process
  }

  /** The address that other machines see. */
  get address(): string {
    return this.machine.address
  }

  async listen(
    where: { readonly host: string; readonly port: number; readonly backlog?: number },
    accept: (stream: ByteStream) => void,
  ): Promise<Listener> {
    // The dead learn nothing.
    if (this.process?.isDead === true) return new Promise(() => undefined)
    return this.network.listen(this.machine, this.process, where, accept)
  }

  dial(where: {
    readonly host: string
    readonly port: number
    readonly timeoutMs: number
  }): Promise<ByteStream> {
    return this.network.dial(this.machine, this.process, where)
  }

  hostName(): string {
    return this.machine.name
  }
}

interface Machine {
  readonly name: string
  readonly address: string
  isUp: boolean
  readonly listeners: Map<number, Listening>
  nextPort: number
}

interface Listening {
  readonly process: SimulatedProcess | null
  readonly accept: (stream: ByteStream) => void
  readonly backlog: number
  /** Connections that the kernel took and the process has not. */
  waiting: number
}

const LOOPBACK = '127.0.0.1'

const CALM: Required<NetworkConditions> = {
  latencyMs: [0, 0],
  chunking: 'sent',
  windowBytes: 256 * 1024,
  resetProbability: 0,
  retransmitMs: 15 * 60 * 1000,
  lingerMs: LINGER_MS,
}

function isLocal(machine: Machine, host: string): boolean {
  return ['', '0.0.0.0', '::', 'localhost', LOOPBACK, '::1', machine.name, machine.address].includes(host)
}

function freePort(machine: Machine): number {
  for (let tries = 0; tries <= LAST_PORT - FIRST_EPHEMERAL_PORT; tries++) {
    const port = machine.nextPort
    machine.nextPort = port === LAST_PORT ? FIRST_EPHEMERAL_PORT : port + 1
    if (!machine.listeners.has(port)) return port
  }
  assert(false, `${machine.name} has no free port`)
}
