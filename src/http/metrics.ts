import { isPerPartition } from '../metrics/define.ts'
import { exposition, type MetricsSource, PROMETHEUS_CONTENT_TYPE } from '../metrics/prometheus.ts'
import type { Clock } from '../platform/clock.ts'
import { flag, HttpError, type HttpAnswer, type Route } from './route.ts'

/** Scrapes at the same time. Prometheus does one; more means that they do not end. */
export const MAX_SCRAPES = 4

export interface MetricsOptions {
  readonly clock: Clock
  readonly metrics: MetricsSource
  /** `metrics.partition.enable`, or what stands for it when it is not set. Asked at every scrape. */
  readonly showPartitions: () => boolean
  /** Whether this broker speaks for the cluster. Asked at every scrape. */
  readonly isController: () => boolean
  /** Asks the cluster what its series shall show; awaited before a scrape that shows them. Never rejects. */
  readonly refreshCluster?: () => Promise<void>
}

/** Everything measured, for Prometheus. A scrape beyond MAX_SCRAPES is refused with 503. */
export function metricsRoute(options: MetricsOptions): Route {
  const { clock, metrics, showPartitions, isController, refreshCluster } = options
  let scrapes = 0
  return {
    path: '/metrics',
    doc: 'Prometheus metrics. Cluster-wide series are shown by the controller; with ?cluster=1, by any broker.',
    answer: (request) => {
      const withCluster = flag(request, 'cluster') || isController()
      if (!withCluster || refreshCluster === undefined) return scrape(withCluster)
      return refreshCluster().then(() => scrape(withCluster))
    },
  }

  function scrape(withCluster: boolean): HttpAnswer {
    const withPartitions = showPartitions()
    if (scrapes >= MAX_SCRAPES) throw new HttpError(503, `${MAX_SCRAPES} scrapes are running already`)
    const pieces = exposition(metrics, {
      includes: (definition) =>
        (withPartitions || !isPerPartition(definition)) && (withCluster || definition.scope !== 'cluster'),
    })
    scrapes++
    const body = new TurnByTurn(pieces, clock, () => scrapes--)
    return { status: 200, contentType: PROMETHEUS_CONTENT_TYPE, body }
  }
}

/**
 * Pieces with a turn of the event loop between them: a writable socket would take one after the other without ever
 * waiting, and clients with it. Not a generator, because one that was never begun would not run its `finally`.
 */
class TurnByTurn implements AsyncIterableIterator<string> {
  private readonly pieces: Iterator<string>
  private readonly clock: Clock
  private readonly onEnd: () => void
  private isFirst = true
  private hasEnded = false

  constructor(pieces: Iterator<string>, clock: Clock, onEnd: () => void) {
    this.pieces = pieces
    this.clock = clock
    this.onEnd = onEnd
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<string, undefined>> {
    if (!this.isFirst) await new Promise<void>((resolve) => this.clock.endOfTurn(resolve))
    this.isFirst = false
    if (this.hasEnded) return this.return()
    try {
      const next = this.pieces.next()
      return next.done === true ? await this.return() : { done: false, value: next.value }
    } catch (error) {
      await this.return()
      throw error
    }
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    if (!this.hasEnded) this.onEnd()
    this.hasEnded = true
    return { done: true, value: undefined }
  }
}
