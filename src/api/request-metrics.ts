import type { ErrorName } from '../model/errors.ts'
import type { Metrics } from '../metrics/registry.ts'
import type { InboundRequest } from '../network/request.ts'
import type { ApiName } from '../protocol/apis.ts'

/** The series of one API, looked up once. */
interface ApiSeries {
  readonly totalMs: { record(value: number, nowMs: number): void }
  readonly localMs: { record(value: number, nowMs: number): void }
  readonly remoteMs: { record(value: number, nowMs: number): void }
  readonly bytes: { record(value: number, nowMs: number): void }
  readonly byVersion: Map<number, { add(count: number): void }>
}

/**
 * Records the life of requests. Times are by the monotonic clock, in milliseconds: local is the handler at work, remote
 * what it waited for afterwards. There are no queues between threads, so that their times are not shown.
 */
export class RequestMetrics {
  private readonly metrics: Metrics
  private readonly byApi = new Map<ApiName, ApiSeries>()

  constructor(metrics: Metrics) {
    this.metrics = metrics
  }

  /** The handler has returned: an answer, or a promise of one. */
  handled(request: InboundRequest, nowMs: number): void {
    const { localMs, bytes } = this.of(request.api)
    localMs.record(nowMs - request.receivedMs, nowMs)
    bytes.record(request.sizeBytes, nowMs)
    request.handledMs = nowMs
  }

  failed(request: InboundRequest, error: ErrorName): void {
    this.metrics
      .counter('kafka_network_requestmetrics_errors_total')
      .with({ request: request.api, error })
      .add(1)
  }

  /** The answer has left, or was lost with the connection. */
  answered(request: InboundRequest, nowMs: number): void {
    const series = this.of(request.api)
    series.totalMs.record(nowMs - request.receivedMs, nowMs)
    series.remoteMs.record(nowMs - request.handledMs, nowMs)
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
        localMs: this.metrics.histogram('kafka_network_requestmetrics_localtimems').with(labels),
        remoteMs: this.metrics.histogram('kafka_network_requestmetrics_remotetimems').with(labels),
        bytes: this.metrics.histogram('kafka_network_requestmetrics_requestbytes').with(labels),
        byVersion: new Map(),
      }
      this.byApi.set(api, series)
    }
    return series
  }
}
