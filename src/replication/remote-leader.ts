import { KafkaError, errorName, type ErrorName } from '../model/errors.ts'
import type { BrokerEpoch, BrokerId } from '../model/ids.ts'
import { ZERO_UUID, type Uuid } from '../model/uuid.ts'
import type { BrokerChannel } from '../network/broker-channel.ts'
import type { FetchPartition } from './fetch-session.ts'
import { EARLIEST, LATEST } from './list-offset.ts'
import { FollowerSession } from './follower-session.ts'

/** The versions of 3.9; 12 is the last one without topic ids. */
const FETCH_VERSION = 17
const FETCH_BY_NAME_VERSION = 12
const LIST_OFFSETS_VERSION = 9

/** What a leader answers about one partition. */
export interface LeaderAnswer {
  readonly topicId: Uuid
  readonly topic: string
  readonly partition: number
  readonly error: ErrorName
  readonly highWatermark: number
  readonly logStartOffset: number
  /** Where the follower's log parts from the leader's; null when it does not. */
  readonly divergingEpoch: { readonly epoch: number; readonly endOffset: number } | null
  readonly records: Buffer | null
}

/** How much and how long, in Kafka's own keys. */
export interface FetchLimits {
  readonly 'replica.fetch.wait.max.ms': number
  readonly 'replica.fetch.min.bytes': number
  readonly 'replica.fetch.max.bytes': number
  readonly 'replica.fetch.response.max.bytes': number
}

/**
 * Another broker, as a follower asks it. Throws KafkaError NETWORK_EXCEPTION and REQUEST_TIMED_OUT when it cannot be
 * reached. Source: kafka.server.RemoteLeaderEndPoint.
 */
export class RemoteLeader {
  private readonly self: BrokerId
  private readonly brokerEpoch: () => BrokerEpoch
  private readonly open: () => BrokerChannel | null
  private channel: BrokerChannel | null = null
  private readonly limits: FetchLimits
  private readonly session = new FollowerSession()

  constructor(options: {
    self: BrokerId
    brokerEpoch: () => BrokerEpoch
    /** A channel to where the leader listens now; null while that is not known. */
    open: () => BrokerChannel | null
    limits: FetchLimits
  }) {
    this.self = options.self
    this.brokerEpoch = options.brokerEpoch
    this.open = options.open
    this.limits = options.limits
  }

  /** Asks for records of all `wanted`; answers come for those with news. */
  async fetch(wanted: readonly FetchPartition[]): Promise<LeaderAnswer[]> {
    const { limits, session } = this
    const version = wanted.every(({ topicId }) => topicId !== ZERO_UUID)
      ? FETCH_VERSION
      : FETCH_BY_NAME_VERSION
    const part = session.begin(wanted, version >= 13)
    const isNewStyle = version >= 15
    try {
      const response = await this.connected().call('Fetch', version, {
        ...(isNewStyle
          ? { replicaState: { replicaId: this.self, replicaEpoch: this.brokerEpoch() } }
          : { replicaId: this.self }),
        maxWaitMs: limits['replica.fetch.wait.max.ms'],
        minBytes: limits['replica.fetch.min.bytes'],
        maxBytes: limits['replica.fetch.response.max.bytes'],
        sessionId: part.sessionId,
        sessionEpoch: part.sessionEpoch,
        topics: part.added.map((one) => ({
          topic: one.topic ?? '',
          topicId: one.topicId,
          partitions: [
            {
              partition: one.partition,
              currentLeaderEpoch: one.currentLeaderEpoch,
              fetchOffset: one.fetchOffset,
              lastFetchedEpoch: one.lastFetchedEpoch,
              logStartOffset: one.logStartOffset,
              partitionMaxBytes: limits['replica.fetch.max.bytes'],
              replicaDirectoryId: ZERO_UUID,
            },
          ],
        })),
        forgottenTopicsData: part.forgotten.map(({ topic, topicId, partition }) => ({
          topic: topic ?? '',
          topicId,
          partitions: [partition],
        })),
      })
      if (response.errorCode !== 0) {
        session.reset()
        throw new KafkaError(errorName(response.errorCode), `the leader refuses the fetch session`)
      }
      session.accepted(response.sessionId)
      return response.responses.flatMap(({ topic, topicId, partitions }) =>
        partitions.map((data) => ({
          topic: version >= 13 ? session.topicName(topicId) : topic,
          topicId,
          partition: data.partitionIndex,
          error: errorName(data.errorCode),
          highWatermark: data.highWatermark,
          logStartOffset: data.logStartOffset,
          divergingEpoch:
            data.divergingEpoch.endOffset >= 0 || data.divergingEpoch.epoch >= 0 ? data.divergingEpoch : null,
          records: data.records,
        })),
      )
    } catch (error) {
      session.reset()
      this.forget()
      throw error
    }
  }

  /** Where the leader's log begins. */
  earliestOffset(wanted: FetchPartition): Promise<number> {
    return this.offsetOf(wanted, EARLIEST)
  }

  /** Where the leader's log ends, uncommitted records included. */
  latestOffset(wanted: FetchPartition): Promise<number> {
    return this.offsetOf(wanted, LATEST)
  }

  close(): void {
    this.forget()
  }

  private connected(): BrokerChannel {
    this.channel ??= this.open()
    if (this.channel === null)
      throw new KafkaError('BROKER_NOT_AVAILABLE', 'nobody knows where the leader listens')
    return this.channel
  }

  /** The leader may listen elsewhere by now. */
  private forget(): void {
    this.channel?.close()
    this.channel = null
  }

  private async offsetOf(wanted: FetchPartition, timestamp: number): Promise<number> {
    const { topic, partition, currentLeaderEpoch } = wanted
    const response = await this.connected().call('ListOffsets', LIST_OFFSETS_VERSION, {
      replicaId: this.self,
      topics: [
        { name: topic ?? '', partitions: [{ partitionIndex: partition, currentLeaderEpoch, timestamp }] },
      ],
    })
    const answer = response.topics[0]?.partitions[0]
    if (answer === undefined) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
    if (answer.errorCode !== 0) throw new KafkaError(errorName(answer.errorCode))
    return answer.offset
  }
}
