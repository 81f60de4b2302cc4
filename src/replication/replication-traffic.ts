import type { Metrics } from '../metrics/registry.ts'

/** Counts what replicas copy from one another; `isAdded`: to a replica that a reassignment adds. */
export class ReplicationTraffic {
  private readonly bytesIn: { add(bytes: number): void }
  private readonly bytesOut: { add(bytes: number): void }
  private readonly addedIn: { add(bytes: number): void }
  private readonly addedOut: { add(bytes: number): void }

  constructor(metrics: Metrics) {
    this.bytesIn = metrics.counter('kafka_server_brokertopicmetrics_replicationbytesin_total').with()
    this.bytesOut = metrics.counter('kafka_server_brokertopicmetrics_replicationbytesout_total').with()
    this.addedIn = metrics.counter('kafka_server_brokertopicmetrics_reassignmentbytesin_total').with()
    this.addedOut = metrics.counter('kafka_server_brokertopicmetrics_reassignmentbytesout_total').with()
  }

  /** A follower here has copied so much. */
  fetched(bytes: number, isAdded: boolean): void {
    this.bytesIn.add(bytes)
    if (isAdded) this.addedIn.add(bytes)
  }

  /** A leader here has sent so much to a follower. */
  sent(bytes: number, isAdded: boolean): void {
    this.bytesOut.add(bytes)
    if (isAdded) this.addedOut.add(bytes)
  }
}
