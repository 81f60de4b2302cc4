import type { Refusal } from '../log/refused-batch.ts'
import type { Metrics } from '../metrics/registry.ts'
import { ReplicationTraffic } from './replication-traffic.ts'

/** Something that counts up: a series of the registry. */
interface Counting {
  add(count: number): void
}

interface Timing {
  record(ms: number): void
}

/** The throughput of one topic, each also counted in the broker's total. Looked up once per topic, kept by partitions. */
export interface TopicMetrics {
  readonly messagesIn: Counting
  readonly bytesIn: Counting
  readonly bytesOut: Counting
  readonly bytesRejected: Counting
  readonly produceRequests: Counting
  readonly fetchRequests: Counting
  readonly failedProduceRequests: Counting
  readonly failedFetchRequests: Counting
  /** Records that had to be rewritten: from an old format when they came, to one for an old reader. */
  readonly produceConversions: Counting
  readonly fetchConversions: Counting
}

/** The throughput metrics by topic. */
export class TopicMetricsTable {
  /** What brokers copy from one another is counted apart from what clients move. */
  readonly replication: ReplicationTraffic
  /** Batches refused, by the reason. */
  readonly refusals: Readonly<Record<Refusal, Counting>>
  /** How long requests took to rewrite records from or to an old format, in milliseconds. */
  readonly conversionMs: { readonly produce: Timing; readonly fetch: Timing }
  private readonly metrics: Metrics
  private readonly byTopic = new Map<string, TopicMetrics>()

  constructor(metrics: Metrics) {
    this.metrics = metrics
    this.replication = new ReplicationTraffic(metrics)
    const conversions = metrics.histogram('kafka_network_requestmetrics_messageconversionstimems')
    this.conversionMs = {
      produce: conversions.with({ request: 'Produce' }),
      fetch: conversions.with({ request: 'Fetch' }),
    }
    this.refusals = {
      magic: metrics.counter('kafka_server_brokertopicmetrics_invalidmagicnumberrecords_total').with(),
      checksum: metrics.counter('kafka_server_brokertopicmetrics_invalidmessagecrcrecords_total').with(),
      offsets: metrics.counter('kafka_server_brokertopicmetrics_invalidoffsetorsequencerecords_total').with(),
      key: metrics.counter('kafka_server_brokertopicmetrics_nokeycompactedtopicrecords_total').with(),
    }
  }

  of(topic: string): TopicMetrics {
    let found = this.byTopic.get(topic)
    if (found === undefined) this.byTopic.set(topic, (found = this.make(topic)))
    return found
  }

  /** The topic is gone, and its series with it. */
  forget(topic: string): void {
    this.byTopic.delete(topic)
    this.metrics.removeWhere({ topic })
  }

  private make(topic: string): TopicMetrics {
    const { metrics } = this
    const both = (name: TopicCounter): Counting => {
      const family = metrics.counter(name)
      const total = family.with()
      const ofTopic = family.with({ topic })
      return {
        add: (count) => {
          total.add(count)
          ofTopic.add(count)
        },
      }
    }
    return {
      messagesIn: both('kafka_server_brokertopicmetrics_messagesin_total'),
      bytesIn: both('kafka_server_brokertopicmetrics_bytesin_total'),
      bytesOut: both('kafka_server_brokertopicmetrics_bytesout_total'),
      bytesRejected: both('kafka_server_brokertopicmetrics_bytesrejected_total'),
      produceRequests: both('kafka_server_brokertopicmetrics_totalproducerequests_total'),
      fetchRequests: both('kafka_server_brokertopicmetrics_totalfetchrequests_total'),
      failedProduceRequests: both('kafka_server_brokertopicmetrics_failedproducerequests_total'),
      failedFetchRequests: both('kafka_server_brokertopicmetrics_failedfetchrequests_total'),
      produceConversions: both('kafka_server_brokertopicmetrics_producemessageconversions_total'),
      fetchConversions: both('kafka_server_brokertopicmetrics_fetchmessageconversions_total'),
    }
  }
}

type TopicCounter =
  | 'kafka_server_brokertopicmetrics_messagesin_total'
  | 'kafka_server_brokertopicmetrics_bytesin_total'
  | 'kafka_server_brokertopicmetrics_bytesout_total'
  | 'kafka_server_brokertopicmetrics_bytesrejected_total'
  | 'kafka_server_brokertopicmetrics_totalproducerequests_total'
  | 'kafka_server_brokertopicmetrics_totalfetchrequests_total'
  | 'kafka_server_brokertopicmetrics_failedproducerequests_total'
  | 'kafka_server_brokertopicmetrics_failedfetchrequests_total'
  | 'kafka_server_brokertopicmetrics_producemessageconversions_total'
  | 'kafka_server_brokertopicmetrics_fetchmessageconversions_total'
