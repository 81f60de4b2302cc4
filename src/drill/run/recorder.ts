import { sleep } from '../../platform/clock.ts'
import {
  offlineCount,
  underMinInSyncCount,
  underReplicatedCount,
  type ClusterView,
  type Observer,
} from '../sandbox/observer.ts'
import type { MachinePorts } from '../sandbox/sandbox-options.ts'
import type { Workload } from '../workload/workload.ts'

export type TimelineKind =
  'injection' | 'step' | 'human' | 'controller' | 'election' | 'isr' | 'session' | 'zookeeper' | 'process'

export interface TimelineEvent {
  readonly atMs: number
  readonly kind: TimelineKind
  readonly text: string
}

export interface Sample {
  readonly atMs: number
  readonly offline: number
  readonly underReplicated: number
  readonly underMinInSync: number
  /** Null: nobody, or ZooKeeper does not answer. */
  readonly controller: number | null
  readonly lag: number
}

export interface RecorderOptions {
  readonly ports: MachinePorts
  readonly observer: Observer
  readonly workload: Workload
  readonly minInSync: number
  /** Every event, as it happens. */
  readonly onEvent: (event: TimelineEvent) => void
}

const EVERY_MS = 250
const SETTLE_LIMIT_MS = 5000
const MAX_SAMPLES = 40_000
const MAX_EVENTS = 20_000

/** Watches the cluster all the time and writes down what changes. */
export class Recorder {
  readonly samples: Sample[] = []
  readonly events: TimelineEvent[] = []
  private readonly options: RecorderOptions
  private lastView: ClusterView | null = null
  private wasAnswering = true
  private isRunning = false
  private looksBegun = 0
  private looksEnded = 0
  private ended: Promise<void> = Promise.resolve()

  constructor(options: RecorderOptions) {
    this.options = options
  }

  /** On the workload's clock, so that everything of a run shares one. */
  get elapsedMs(): number {
    return this.options.workload.elapsedMs
  }

  get latest(): Sample | null {
    return this.samples.at(-1) ?? null
  }

  start(): void {
    this.isRunning = true
    this.ended = this.watch()
  }

  async stop(): Promise<void> {
    this.isRunning = false
    await this.ended
  }

  /** Resolves when everything that is true by now has been written down. */
  async settled(): Promise<void> {
    const { clock } = this.options.ports
    const wanted = this.looksBegun + 1
    const limitMs = clock.monotonicMs() + SETTLE_LIMIT_MS
    while (this.isRunning && this.looksEnded < wanted && clock.monotonicMs() < limitMs)
      await sleep(clock, EVERY_MS / 5)
  }

  note(kind: TimelineKind, text: string): void {
    const event = { atMs: Math.round(this.elapsedMs), kind, text }
    if (this.events.length < MAX_EVENTS) this.events.push(event)
    this.options.onEvent(event)
  }

  /** A fresh look, for whoever waits for something. */
  async look(): Promise<ClusterView | null> {
    return this.options.observer.look()
  }

  private async watch(): Promise<void> {
    const { observer, ports, workload, minInSync } = this.options
    while (this.isRunning) {
      const look = ++this.looksBegun
      const view = await observer.look()
      if (view !== null) this.compare(view)
      else if (this.wasAnswering && this.lastView !== null)
        this.note('zookeeper', 'ZooKeeper does not answer')
      if (view !== null && !this.wasAnswering) this.note('zookeeper', 'ZooKeeper answers again')
      this.wasAnswering = view !== null
      const last = this.latest
      this.samples.push({
        atMs: Math.round(this.elapsedMs),
        offline: view === null ? (last?.offline ?? 0) : offlineCount(view),
        underReplicated: view === null ? (last?.underReplicated ?? 0) : underReplicatedCount(view),
        underMinInSync: view === null ? (last?.underMinInSync ?? 0) : underMinInSyncCount(view, minInSync),
        controller: view === null ? null : view.controller,
        lag: workload.lag,
      })
      this.looksEnded = look
      if (this.samples.length > MAX_SAMPLES) this.samples.shift()
      await sleep(ports.clock, EVERY_MS)
    }
  }

  private compare(view: ClusterView): void {
    const before = this.lastView
    this.lastView = view
    if (before === null) return
    if (view.controllerEpoch !== before.controllerEpoch || view.controller !== before.controller)
      this.note('controller', `controller ${view.controller ?? 'nobody'}, epoch ${view.controllerEpoch}`)
    for (const [id, epoch] of view.brokers) {
      const earlier = before.brokers.get(id)
      if (earlier === undefined) this.note('session', `broker ${id} registered`)
      else if (earlier !== epoch) this.note('session', `broker ${id} registered anew, in another session`)
    }
    for (const id of before.brokers.keys())
      if (!view.brokers.has(id)) this.note('session', `broker ${id} is gone`)
    const states = new Map(before.partitions.map((each) => [`${each.topic}-${each.partition}`, each]))
    for (const now of view.partitions) {
      const then = states.get(`${now.topic}-${now.partition}`)
      if (then === undefined) continue
      const name = `${now.topic}-${now.partition}`
      if (now.leader !== then.leader || now.leaderEpoch !== then.leaderEpoch)
        this.note('election', `${name}: leader ${then.leader} → ${now.leader}, epoch ${now.leaderEpoch}`)
      const [size, earlier] = [now.inSyncReplicas.length, then.inSyncReplicas.length]
      if (size < earlier) this.note('isr', `${name}: in sync shrank to ${now.inSyncReplicas.join(',')}`)
      if (size > earlier) this.note('isr', `${name}: in sync grew to ${now.inSyncReplicas.join(',')}`)
    }
  }
}
