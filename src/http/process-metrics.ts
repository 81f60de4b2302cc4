import type { Metrics } from '../metrics/registry.ts'
import type { Histogram } from '../metrics/histogram.ts'
import type { Rate } from '../metrics/series.ts'
import type { Clock, Timer } from '../platform/clock.ts'
import type { ProcessStats } from '../platform/process-stats.ts'
import { assert } from '../std/assert.ts'

/** How often the event loop is asked how late it is. */
const TICK_MS = 100
/** How far back `eventLoopDelayMs` remembers, in steps of half of it. */
const MEMORY_MS = 10_000

export interface ProcessMetricsOptions {
  readonly clock: Clock
  readonly metrics: Metrics
  readonly stats: ProcessStats
  /** Of the program. */
  readonly version: string
}

/**
 * Records what the process knows of itself, and watches its event loop: how late timers run, and how much of the
 * time it is idle. The latter stands for the two idle percentages of Kafka's threads, which are one loop here.
 */
export class ProcessMetrics {
  private readonly clock: Clock
  private readonly metrics: Metrics
  private readonly stats: ProcessStats
  private readonly version: string
  private readonly delay: Histogram
  private readonly idle: readonly Rate[]
  private readonly worst: RecentMaximum
  private lastIdleMs = 0
  private dueMs = 0
  private timer: Timer | null = null
  private stopCollections: (() => void) | null = null

  constructor(options: ProcessMetricsOptions) {
    this.clock = options.clock
    this.metrics = options.metrics
    this.stats = options.stats
    this.version = options.version
    const { metrics } = this
    this.delay = metrics.histogram('zurau_event_loop_delay_seconds').with()
    this.idle = [
      metrics.rate('kafka_network_socketserver_networkprocessoravgidle_percent').with(),
      metrics.rate('kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent').with(),
    ]
    this.worst = new RecentMaximum(MEMORY_MS)
  }

  /** The worst delay of the event loop in the last five to ten seconds, one that has not ended included. */
  get eventLoopDelayMs(): number {
    const nowMs = this.clock.monotonicMs()
    return Math.max(this.worst.value(nowMs), this.timer === null ? 0 : nowMs - this.dueMs)
  }

  start(): void {
    assert(this.timer === null, 'process metrics are started once')
    this.recordProcess()
    this.recordRuntime()
    this.recordRegistry()
    const collections = this.metrics.histogram('nodejs_gc_duration_seconds')
    this.stopCollections = this.stats.onCollection((kind, seconds) =>
      collections.with({ kind }).record(seconds),
    )
    this.lastIdleMs = this.stats.eventLoop().idleMs
    this.wait()
  }

  stop(): void {
    this.timer?.cancel()
    this.timer = null
    this.stopCollections?.()
    this.stopCollections = null
  }

  private wait(): void {
    this.dueMs = this.clock.monotonicMs() + TICK_MS
    this.timer = this.clock.after(TICK_MS, () => {
      this.tick()
      this.wait()
    })
  }

  private tick(): void {
    const nowMs = this.clock.monotonicMs()
    const lateMs = Math.max(0, nowMs - this.dueMs)
    this.delay.record(lateMs / 1_000, nowMs)
    this.worst.record(lateMs, nowMs)
    const { idleMs } = this.stats.eventLoop()
    for (const rate of this.idle) rate.mark((idleMs - this.lastIdleMs) / 1_000, nowMs)
    this.lastIdleMs = idleMs
  }

  private recordProcess(): void {
    const { metrics, stats } = this
    metrics
      .counter('process_cpu_user_seconds_total')
      .with()
      .readBy(() => stats.cpu().userSeconds)
    metrics
      .counter('process_cpu_system_seconds_total')
      .with()
      .readBy(() => stats.cpu().systemSeconds)
    metrics
      .counter('process_cpu_seconds_total')
      .with()
      .readBy(() => {
        const { userSeconds, systemSeconds } = stats.cpu()
        return userSeconds + systemSeconds
      })
    metrics
      .gauge('process_start_time_seconds')
      .with()
      .set(stats.startedAtMs / 1_000)
    metrics
      .gauge('process_resident_memory_bytes')
      .with()
      .readBy(() => stats.memory().residentBytes)
    metrics.collect('process_virtual_memory_bytes', (emit) => emitKnown(emit, stats.memory().virtualBytes))
    metrics.collect('process_open_fds', (emit) => emitKnown(emit, stats.openFiles()))
    metrics.collect('process_max_fds', (emit) => emitKnown(emit, stats.maxOpenFiles()))
  }

  private recordRuntime(): void {
    const { metrics, stats } = this
    const [major = '', minor = '', patch = ''] = stats.runtimeVersion.split('.')
    metrics
      .gauge('nodejs_version_info')
      .with({ version: `v${stats.runtimeVersion}`, major, minor, patch })
      .set(1)
    metrics
      .gauge('nodejs_heap_size_total_bytes')
      .with()
      .readBy(() => stats.memory().heapTotalBytes)
    metrics
      .gauge('nodejs_heap_size_used_bytes')
      .with()
      .readBy(() => stats.memory().heapUsedBytes)
    metrics
      .gauge('nodejs_external_memory_bytes')
      .with()
      .readBy(() => stats.memory().externalBytes)
    metrics.collect('nodejs_heap_space_size_total_bytes', (emit) => {
      for (const space of stats.heapSpaces()) emit(space.sizeBytes, { space: space.name })
    })
    metrics.collect('nodejs_heap_space_size_used_bytes', (emit) => {
      for (const space of stats.heapSpaces()) emit(space.usedBytes, { space: space.name })
    })
    metrics.collect('nodejs_active_resources', (emit) => {
      for (const [type, count] of stats.activeResources()) emit(count, { type })
    })
    const [idle] = this.idle
    metrics
      .gauge('nodejs_eventloop_utilization')
      .with()
      .readBy(() => Math.max(0, 1 - (idle?.read(this.clock.monotonicMs()) ?? 0)))
  }

  private recordRegistry(): void {
    const { metrics } = this
    metrics.gauge('zurau_build_info').with({ version: this.version }).set(1)
    metrics
      .gauge('zurau_metrics_series')
      .with()
      .readBy(() => metrics.seriesCount)
    metrics
      .counter('zurau_metrics_dropped_series_total')
      .with()
      .readBy(() => metrics.droppedCount)
    metrics
      .counter('zurau_metrics_failed_reads_total')
      .with()
      .readBy(() => metrics.failedReadCount)
  }
}

function emitKnown(emit: (value: number) => void, value: number | null): void {
  if (value !== null) emit(value)
}

/** The largest value of the current and the previous half of a span. */
class RecentMaximum {
  private readonly halfMs: number
  private half = 0
  private current = 0
  private previous = 0

  constructor(spanMs: number) {
    this.halfMs = spanMs / 2
  }

  record(value: number, nowMs: number): void {
    this.advance(nowMs)
    this.current = Math.max(this.current, value)
  }

  value(nowMs: number): number {
    this.advance(nowMs)
    return Math.max(this.current, this.previous)
  }

  private advance(nowMs: number): void {
    const half = Math.floor(nowMs / this.halfMs)
    if (half === this.half) return
    this.previous = half === this.half + 1 ? this.current : 0
    this.current = 0
    this.half = half
  }
}
