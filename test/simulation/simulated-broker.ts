import { Broker } from '../../src/broker/broker.ts'
import { StartupError } from '../../src/broker/startup-error.ts'
import { LiveBrokerConfig } from '../../src/config/live-config.ts'
import { createMetrics } from '../../src/metrics/registry.ts'
import { KafkaError } from '../../src/model/errors.ts'
import { DiskError } from '../../src/platform/disk.ts'
import { NetworkError } from '../../src/platform/network.ts'
import { ZooKeeperError } from '../../zk/zookeeper.ts'
import type { DiskFault, InjectedFault } from '../fakes/disk-faults.ts'
import type { CrashOutcome } from '../fakes/file-node.ts'
import type { DiskImage } from '../fakes/disk-image.ts'
import { FakeLogger, type LogLine } from '../fakes/logger.ts'
import { FakePlatform } from '../fakes/platform.ts'
import type { ScheduledEvent, Scheduler } from '../fakes/scheduler.ts'
import type { FakeNetwork } from '../fakes/network.ts'
import type { FakeRandom } from '../fakes/random.ts'
import type { FakeZooKeeper } from '../fakes/zookeeper-client.ts'
import type { FakeZooKeeperService } from '../fakes/zookeeper.ts'
import { errorInWords, type Trace } from './trace.ts'

/** Settings that make a simulated minute interesting: short sessions, quick retries, small segments. */
const DEFAULTS: Readonly<Record<string, string>> = {
  'zookeeper.connect': 'simulated:2181',
  'zookeeper.session.timeout.ms': '3000',
  'log.dirs': '/data',
  'log.segment.bytes': '4096',
  'replica.lag.time.max.ms': '3000',
  'replica.fetch.wait.max.ms': '500',
  'replica.fetch.backoff.ms': '200',
  'replica.socket.timeout.ms': '2000',
  'replica.high.watermark.checkpoint.interval.ms': '1000',
  'controller.socket.timeout.ms': '2000',
  'request.timeout.ms': '2000',
  'controlled.shutdown.retry.backoff.ms': '500',
  'leader.imbalance.check.interval.seconds': '10',
  'log.initial.task.delay.ms': '500',
  'log.flush.offset.checkpoint.interval.ms': '2000',
  'auto.create.topics.enable': 'false',
}

/** How long whoever looks after the process waits before it begins it again. */
const REVIVAL_MS = 1000

/** How long something may be left to run out when a broker has stopped: longer than any request may take. */
const LINGERING_MS = 3000

/** What a broker needs of its world. */
export interface Surroundings {
  readonly seed: string | number
  readonly random: FakeRandom
  readonly scheduler: Scheduler
  readonly network: FakeNetwork
  readonly zooKeeper: FakeZooKeeperService
  readonly trace: Trace
  readonly nowMs: number
  violate(kind: string, what: string, error?: unknown): void
}

/** A time in which a broker served without a pause. */
export interface ServedSpan {
  readonly fromMs: number
  toMs: number
}

/** A broker of a simulated world, through all of its lives. */
export class SimulatedBroker {
  readonly id: number
  readonly host: string
  /** Lives so far. */
  life = 0
  /** How many of its milliseconds pass in one of the world's, from its next life on. */
  clockRate: number
  /** Whether it has said in this life that a log directory failed. */
  hasOfflineDirectory = false
  /** When it served, so far. */
  readonly served: ServedSpan[] = []
  private readonly world: Surroundings
  private readonly properties: Readonly<Record<string, string>>
  private readonly logger: FakeLogger
  private platformNow: FakePlatform | null = null
  private brokerNow: Broker | null = null
  private zooKeeperNow: FakeZooKeeper | null = null
  private isServingNow = false
  private isStopping = false
  private isWanted = false
  private isCutFromZooKeeper = false
  private readonly diskFaults = new Map<DiskFault, InjectedFault | null>()
  private revival: ScheduledEvent | null = null

  constructor(
    world: Surroundings,
    id: number,
    properties: Readonly<Record<string, string>>,
    options: { clockRate?: number } = {},
  ) {
    this.world = world
    this.id = id
    this.host = `broker-${id}`
    this.properties = properties
    this.clockRate = options.clockRate ?? 1
    this.logger = new FakeLogger({
      limit: 50,
      onLine: (line) => {
        world.trace.log(this.host, line)
        if (line.level === 'error' || line.level === 'fatal') this.judge(line)
      },
    })
  }

  /** Whether there is a process. */
  get isRunning(): boolean {
    return this.brokerNow !== null
  }

  /** Whether it has come up and answers requests. */
  get isServing(): boolean {
    return this.isServingNow && this.isRunning
  }

  get isWantedUp(): boolean {
    return this.isWanted
  }

  get broker(): Broker {
    if (this.brokerNow === null) throw new Error(`broker ${this.id} does not run`)
    return this.brokerNow
  }

  /** Of the present or the last life. */
  get platform(): FakePlatform {
    if (this.platformNow === null) throw new Error(`broker ${this.id} has never run`)
    return this.platformNow
  }

  get hasLived(): boolean {
    return this.platformNow !== null
  }

  /** Its connection to the ensemble; null while it has none. */
  get zooKeeper(): FakeZooKeeper | null {
    return this.isRunning ? this.zooKeeperNow : null
  }

  /** What is on its disk, also while it does not run. */
  get image(): DiskImage {
    return this.platform.disk.image
  }

  get logDirs(): readonly string[] {
    return (this.properties['log.dirs'] ?? DEFAULTS['log.dirs'] ?? '').split(',')
  }

  // --- looked after -------------------------------------------------------------------------------------------------

  /** From now on it runs: it is begun now, and again whenever it has ended by itself. */
  keepUp(): void {
    this.isWanted = true
    if (!this.isRunning) this.begin()
  }

  /** It ends now, one way or another, and stays down. */
  putDown(how: 'kill' | 'power loss' | 'stop', outcome?: CrashOutcome): void {
    this.isWanted = false
    if (how === 'kill') this.kill()
    else if (how === 'power loss') this.crash(outcome)
    else void this.stop()
  }

  private begin(): void {
    const life = this.life + 1
    this.start().catch((error: unknown) => {
      if (this.life !== life || !this.isRunning) return
      this.world.trace.note(this.host, `could not start: ${errorInWords(error)}`)
      if (!isExpectedFailure(error)) this.world.violate('crash', `${this.host} could not start`, error)
      this.end()
    })
  }

  /** The process has ended by itself. */
  private end(): void {
    this.kill()
    if (!this.isWanted) return
    const { scheduler } = this.world
    this.revival = scheduler.at(scheduler.nowMs + REVIVAL_MS, () => {
      if (this.isWanted && !this.isRunning) this.begin()
    })
  }

  // --- step by step -------------------------------------------------------------------------------------------------

  /** Begins the next life. Resolves when requests are served. */
  async start(): Promise<void> {
    const { world, host, id } = this
    const platform = this.nextPlatform()
    this.platformNow = platform
    this.zooKeeperNow = null
    this.isServingNow = false
    this.isStopping = false
    this.hasOfflineDirectory = false
    this.life++
    const { life } = this
    world.trace.note(host, `begins life ${life}`)
    const entries = {
      ...DEFAULTS,
      'broker.id': `${id}`,
      listeners: `PLAINTEXT://${host}:9092`,
      ...this.properties,
    }
    const config = new LiveBrokerConfig(new Map(Object.entries(entries)))
    const broker = new Broker({
      config,
      platform,
      metrics: createMetrics({ clock: platform.clock }),
      connectZooKeeper: () => {
        this.zooKeeperNow = world.zooKeeper.connect({
          clock: platform.clock,
          random: platform.random,
          sessionTimeoutMs: config.get('zookeeper.session.timeout.ms'),
          latencyMs: () => 0.5 + world.random.fraction(),
          logger: this.logger.child('ZooKeeper'),
        })
        if (this.isCutFromZooKeeper) world.zooKeeper.partition(this.zooKeeperNow)
        return Promise.resolve(this.zooKeeperNow)
      },
      onFatal: (error) => {
        if (life !== this.life || !this.isRunning) return
        world.trace.note(host, `gives up: ${errorInWords(error)}`)
        if (!(error instanceof DiskError)) world.violate('crash', `${host} gave up`, error)
        this.end()
      },
    })
    platform.process.onUncaught = (error) => {
      if (life !== this.life) return
      world.violate('crash', `${host} died of an error that nobody caught`, error)
      this.end()
    }
    this.brokerNow = broker
    await broker.start()
    if (life === this.life && this.brokerNow === broker) {
      this.isServingNow = true
      this.goesOn()
      world.trace.note(host, 'serves')
    }
  }

  /** Ends in order, as by SIGTERM. */
  async stop(): Promise<void> {
    if (this.isStopping || !this.isRunning) return
    this.isStopping = true
    const { broker, life, world, host } = this
    world.trace.note(host, 'is told to stop')
    await broker.stop()
    if (life !== this.life || !this.isRunning) return
    world.trace.note(host, 'has stopped')
    await this.checkNothingLeft()
    if (life === this.life && this.isRunning) this.end()
  }

  /** The process dies, as by SIGKILL; what it had written stays. */
  kill(): void {
    this.revival?.cancel()
    if (!this.isRunning) return
    this.world.trace.note(this.host, 'is dead')
    this.pauses()
    this.brokerNow = null
    this.platform.kill()
  }

  /** From now on it serves again, `laterMs` from now at the earliest. */
  goesOn(laterMs = 0): void {
    const { nowMs } = this.world
    this.pauses()
    if (this.isServing) this.served.push({ fromMs: nowMs + laterMs, toMs: Infinity })
  }

  /** It does nothing any more: it is dead, or its process is held. */
  pauses(): void {
    const last = this.served.at(-1)
    if (last?.toMs === Infinity) last.toMs = this.world.nowMs
  }

  /** The machine loses power: what was not synced may be lost. By chance, unless `outcome` says how. */
  crash(outcome?: CrashOutcome): void {
    this.revival?.cancel()
    if (!this.hasLived) return
    this.world.trace.note(this.host, 'has no power')
    this.pauses()
    this.brokerNow = null
    this.platform.crash(outcome)
  }

  private nextPlatform(): FakePlatform {
    const { world, host, logger, clockRate } = this
    const clock = { rate: clockRate }
    const platform =
      this.platformNow === null
        ? new FakePlatform({ network: world.network, host, seed: world.seed, logger, clock })
        : this.platformNow.restart({ clock })
    for (const fault of this.diskFaults.keys()) this.diskFaults.set(fault, platform.disk.inject(fault))
    return platform
  }

  // --- what is done to it -------------------------------------------------------------------------------------------

  /** The fault stays with the machine, whatever runs there. */
  breakDisk(fault: DiskFault): void {
    this.diskFaults.set(fault, this.hasLived ? this.platform.disk.inject(fault) : null)
  }

  mendDisk(fault: DiskFault): void {
    this.diskFaults.get(fault)?.withdraw()
    this.diskFaults.delete(fault)
  }

  loseZooKeeper(): void {
    this.isCutFromZooKeeper = true
    if (this.zooKeeperNow !== null) this.world.zooKeeper.partition(this.zooKeeperNow)
  }

  regainZooKeeper(): void {
    this.isCutFromZooKeeper = false
    if (this.zooKeeperNow !== null) this.world.zooKeeper.heal(this.zooKeeperNow)
  }

  /** Nothing is wrong with its machine any more. */
  heal(): void {
    for (const fault of [...this.diskFaults.keys()]) this.mendDisk(fault)
    this.regainZooKeeper()
    if (this.zooKeeperNow !== null) this.world.zooKeeper.slow(this.zooKeeperNow, 0)
    if (this.hasLived) this.platform.process.thaw()
  }

  // --- judged -------------------------------------------------------------------------------------------------------

  /** What a broker says in its log when something is wrong with the broker itself, not with the world. */
  private judge({ message, details }: LogLine): void {
    const error = details['error']
    if (typeof details['directory'] === 'string') this.hasOfflineDirectory = true
    if (error === undefined || isExpectedFailure(error)) return
    this.world.violate('surprise', `${this.host} reports: ${message}`, error)
  }

  /** What waits for an answer may wait out its time limit; what begins again and again would show here. */
  private async checkNothingLeft(): Promise<void> {
    const { world, host, platform, life } = this
    const { clock, disk } = platform
    if (disk.openFiles > 0) world.violate('leak', `${host} has stopped and left ${disk.openFiles} files open`)
    for (let waitedMs = 0; clock.pendingTimers > 0; waitedMs += 100) {
      if (waitedMs > LINGERING_MS)
        return world.violate('leak', `${host} has stopped and left ${clock.pendingTimers} timers behind`)
      await new Promise<void>((resolve) => world.scheduler.at(world.nowMs + 100, resolve))
      if (life !== this.life || !this.isRunning || platform.process.isFrozen) return
    }
  }
}

/** What the world may do to a broker. Everything else (a failed assertion, a TypeError) is the broker's own mistake. */
export function isExpectedFailure(error: unknown): boolean {
  if (typeof error === 'string') return error !== 'UNKNOWN_SERVER_ERROR'
  if (error instanceof KafkaError) return error.error !== 'UNKNOWN_SERVER_ERROR'
  return (
    error instanceof DiskError ||
    error instanceof ZooKeeperError ||
    error instanceof NetworkError ||
    error instanceof StartupError ||
    (error instanceof Error && EXPECTED_NAMES.has(error.name))
  )
}

const EXPECTED_NAMES: ReadonlySet<string> = new Set([
  'ControllerMovedError',
  'BrokerIdInUseError',
  'DirectoryLockedError',
])
