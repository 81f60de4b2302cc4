import type { ErrorName } from '../model/errors.ts'
import type { Metrics } from '../metrics/registry.ts'
import type { InboundRequest } from '../network/request.ts'
import type { ApiName } from '../protocol/apis.ts'

interface Recording {
  record(value: number, nowMs: number): void
}

/** The series of one API, looked up once. */
interface ApiSeries {
  readonly totalMs: Recording
  readonly requestQueueMs: Recording
  readonly localMs: Recording
  readonly remoteMs: Recording
  readonly responseQueueMs: Recording
  readonly sendMs: Recording
  readonly bytes: Recording
  /** Answers that were no failure. */
  successes: number
  readonly byVersion: Map<number, { add(count: number): void }>
}

/**
 * Records the life of requests. Times are by the monotonic clock, in milliseconds. There are no threads with queues
 * between them: a request waits for those before it on its connection, an answer for those that go out in one write.
 */
export class RequestMetrics {
  private readonly metrics: Metrics
  private readonly byApi = new Map<ApiName, ApiSeries>()
  /** Requests that have failed and whose answer is on its way. */
  private readonly failing = new Set<InboundRequest>()

  constructor(metrics: Metrics) {
    this.metrics = metrics
    metrics.collect('kafka_network_requestmetrics_errors_total', (emit) => {
      for (const [request, { successes }] of this.byApi) emit(successes, { request, error: 'NONE' })
    })
  }

  /** The handler has returned: an answer, or a promise of one. */
  handled(request: InboundRequest, begunMs: number, nowMs: number): void {
    const { requestQueueMs, localMs, bytes } = this.of(request.api)
    requestQueueMs.record(begunMs - request.receivedMs, nowMs)
    localMs.record(nowMs - begunMs, nowMs)
    bytes.record(request.sizeBytes, nowMs)
    request.handledMs = nowMs
  }

  failed(request: InboundRequest, error: ErrorName): void {
    this.failing.add(request)
    this.metrics
      .counter('kafka_network_requestmetrics_errors_total')
      .with({ request: request.api, error })
      .add(1)
  }

  /** The answer has left, its first byte at `sentMs`, or was lost with the connection. */
  answered(request: InboundRequest, sentMs: number, nowMs: number): void {
    const series = this.of(request.api)
    if (this.failing.size === 0 || !this.failing.delete(request)) series.successes++
    // What a lost connection left unfinished has no such moments.
    const handledMs = request.handledMs || nowMs
    const readyMs = request.readyMs || handledMs
    series.totalMs.record(nowMs - request.receivedMs, nowMs)
    series.remoteMs.record(readyMs - handledMs, nowMs)
    series.responseQueueMs.record(Math.max(0, sentMs - readyMs), nowMs)
    series.sendMs.record(nowMs - sentMs, nowMs)
    let counter = series.byVersion.get(request.version)
    if (counter === undefined) {
      const { api, version } = request
      counter = this.metrics
        .counter('kafka_network_requestmetrics_requests_total')
        .with({ request: api, version })
      series.byVersion.set(version, counter)
    }
    counter.add(1)
  }

  private of(api: ApiName): ApiSeries {
    let series = this.byApi.get(api)
    if (series === undefined) {
      const labels = { request: api }
      series = {
        totalMs: this.metrics.histogram('kafka_network_requestmetrics_totaltimems').with(labels),
        requestQueueMs: this.metrics
          .histogram('kafka_network_requestmetrics_requestqueuetimems')
          .with(labels),
        localMs: this.metrics.histogram('kafka_network_requestmetrics_localtimems').with(labels),
        remoteMs: this.metrics.histogram('kafka_network_requestmetrics_remotetimems').with(labels),
        responseQueueMs: this.metrics
          .histogram('kafka_network_requestmetrics_responsequeuetimems')
          .with(labels),
        sendMs: this.metrics.histogram('kafka_network_requestmetrics_responsesendtimems').with(labels),
        bytes: this.metrics.histogram('kafka_network_requestmetrics_requestbytes').with(labels),
        successes: 0,
        byVersion: new Map(),
      }
      this.byApi.set(api, series)
    }
    return series
  }
}
