import { FakeClock } from '../fakes/clock.ts'
import { FakeNetwork, type NetworkConditions } from '../fakes/network.ts'
import { FakePlatform } from '../fakes/platform.ts'
import { FakeRandom } from '../fakes/random.ts'
import { Scheduler } from '../fakes/scheduler.ts'
import { FakeZooKeeperService } from '../fakes/zookeeper.ts'
import { SimulatedBroker } from './simulated-broker.ts'
import { errorInWords, Trace } from './trace.ts'

export interface WorldOptions {
  readonly seed: string | number
  /** How the links behave. Default: half a millisecond to two, bytes cut up at random. */
  readonly network?: NetworkConditions
  /** The ensemble's tick: sessions last two of them or more. Default 1000. */
  readonly tickTimeMs?: number
}

/** Something that must never be. */
export interface Violation {
  /** The invariant: one word or two. */
  readonly kind: string
  readonly message: string
  readonly atMs: number
}

/**
 * A cluster in one process: brokers, an ensemble, clients, and the links between their machines, all driven by one heap
 * of events from one seed. Equal seeds give equal worlds, which `fingerprint` tells.
 */
export class World {
  readonly seed: string | number
  readonly random: FakeRandom
  readonly scheduler = new Scheduler()
  readonly network: FakeNetwork
  readonly zooKeeper: FakeZooKeeperService
  readonly brokers = new Map<number, SimulatedBroker>()
  readonly trace = new Trace(() => this.scheduler.nowMs)
  readonly violations: Violation[] = []
  /** How long segments take while nothing is wrong. */
  readonly calmLatencyMs: readonly [min: number, max: number]

  constructor(options: WorldOptions) {
    this.seed = options.seed
    this.random = new FakeRandom(`world ${options.seed}`)
    this.calmLatencyMs = options.network?.latencyMs ?? [0.5, 2]
    this.network = new FakeNetwork({
      scheduler: this.scheduler,
      random: this.random.fork('network'),
      conditions: { latencyMs: this.calmLatencyMs, chunking: 'random', ...options.network },
    })
    this.zooKeeper = new FakeZooKeeperService({
      clock: new FakeClock({ scheduler: this.scheduler }),
      tickTimeMs: options.tickTimeMs ?? 1000,
    })
  }

  /** The order and the times of everything that has happened. */
  get fingerprint(): number {
    return this.scheduler.fingerprint
  }

  get nowMs(): number {
    return this.scheduler.nowMs
  }

  /** A broker with its own machine and disk; it runs once it is started. */
  addBroker(
    id: number,
    properties: Readonly<Record<string, string>> = {},
    options: { clockRate?: number } = {},
  ): SimulatedBroker {
    const broker = new SimulatedBroker(this, id, properties, options)
    this.brokers.set(id, broker)
    return broker
  }

  broker(id: number): SimulatedBroker {
    const broker = this.brokers.get(id)
    if (broker === undefined) throw new RangeError(`there is no broker ${id} in this world`)
    return broker
  }

  /** A machine for a client. */
  addClient(name: string): FakePlatform {
    return new FakePlatform({ network: this.network, host: name, seed: this.seed })
  }

  /** Where clients begin to look for the cluster. */
  get bootstrap(): { host: string; port: number }[] {
    return Array.from(this.brokers.values(), ({ host }) => ({ host, port: 9092 }))
  }

  /** An invariant does not hold. The run goes on to the next place where it is looked for. */
  violate(kind: string, what: string, error?: unknown): void {
    const because = error === undefined ? '' : `: ${errorInWords(error)}${stackOf(error)}`
    const violation = { kind, message: `${what}${because}`, atMs: this.scheduler.nowMs }
    this.violations.push(violation)
    this.trace.note('VIOLATION', `${kind}: ${violation.message}`)
  }

  /** Lets `ms` pass. */
  advance(ms: number): Promise<void> {
    return this.scheduler.advance(ms, { maxEvents: MAX_EVENTS })
  }

  /** Lets time pass until `promise` settles. */
  until<T>(promise: Promise<T>, maxMs = 600_000): Promise<T> {
    return this.scheduler.until(promise, { maxEvents: MAX_EVENTS, maxMs })
  }
}

const MAX_EVENTS = 50_000_000

function stackOf(error: unknown): string {
  const stack = error instanceof Error ? error.stack : undefined
  return stack === undefined ? '' : `\n${stack.split('\n').slice(1, 9).join('\n')}`
}
