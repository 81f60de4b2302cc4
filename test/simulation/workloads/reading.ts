import type { ClusterClient, TopicMetadata } from '../../../src/client/cluster-client.ts'
import { KafkaError, errorName, type ErrorName } from '../../../src/model/errors.ts'
import { ZERO_UUID } from '../../../src/model/uuid.ts'
import { sleep } from '../../../src/platform/clock.ts'
import type { ResponseRead } from '../../../src/protocol/apis.ts'
import { batchSizeOf, completeSizeAt, isBatchValid, lastOffsetOf } from '../../../src/records/record-batch.ts'
import { recordsOf } from '../../../src/records/record.ts'
import type { FakePlatform } from '../../fakes/platform.ts'
import type { Reading as ReadingHistory } from '../history.ts'
import { isExpectedFailure } from '../simulated-broker.ts'
import { clientOf } from './client-of.ts'
import type { PlannedOf, Run, Workload } from './workload.ts'

type PartitionMetadata = TopicMetadata['partitions'][number]
type PartitionAnswer = ResponseRead<'Fetch'>['responses'][number]['partitions'][number]

/** The last version of Fetch which none but the leader answers. */
const LEADERS_ONLY = 10

/**
 * Reads with bare Fetch requests, one partition after the other, naming the leader's epoch, and looks at what the answer
 * says besides its records: who claims to lead, and how far the watermark is.
 */
export class Reading implements Workload {
  private readonly run: Run
  private readonly planned: PlannedOf<'reader'>
  private readonly platform: FakePlatform
  private readonly client: ClusterClient
  private readonly isKept: boolean
  private readonly readings: ReadingHistory[]
  private readonly positions: number[]
  /** The highest watermark that a leader of an epoch has shown, and which broker it was. */
  private readonly claims = new Map<string, { broker: number; highWatermark: number }>()
  private topic: TopicMetadata | null = null
  /** The partitions that have answered since everything healed. */
  private readonly answered = new Set<number>()
  private isHealed = false
  private isFinishing = false
  private isClosed = false
  private readonly ended: Promise<void>

  constructor(run: Run, planned: PlannedOf<'reader'>) {
    this.run = run
    this.planned = planned
    this.platform = run.world.addClient(planned.name)
    this.client = clientOf(run.world, this.platform)
    const { name, topic, partitions } = planned
    this.isKept = run.plan.topics.find((each) => each.name === topic)?.promise === 'kept'
    this.readings = Array.from({ length: partitions }, (_, p) => run.history.reading(name, topic, p))
    this.positions = this.readings.map(() => 0)
    this.ended = this.read()
  }

  get hasRecovered(): boolean {
    return this.answered.size === this.planned.partitions
  }

  heal(): void {
    this.isHealed = true
  }

  async finish(): Promise<void> {
    this.isFinishing = true
    await this.ended
  }

  close(): void {
    this.isClosed = true
    this.client.close()
  }

  describe(): string {
    return `${this.planned.name} is at ${this.positions.join(' ')} of ${this.planned.topic}`
  }

  private async read(): Promise<void> {
    for (let atEnd = 0; !this.isClosed;) {
      const isLast = this.isFinishing
      let isAtEnd = true
      for (let partition = 0; partition < this.planned.partitions && !this.isClosed; partition++) {
        if (!(await this.readSome(partition))) isAtEnd = false
      }
      atEnd = isAtEnd && isLast ? atEnd + 1 : 0
      if (atEnd === 2) return
      await sleep(this.platform.clock, this.planned.everyMs)
    }
  }

  /** Returns whether the partition had nothing more to read. */
  private async readSome(partition: number): Promise<boolean> {
    try {
      const where = await this.leaderOf(partition)
      if (where === null) return false
      const answer = await this.fetch(where)
      const error = errorName(answer.errorCode)
      if (error === 'NONE') {
        if (this.isHealed) this.answered.add(partition)
        const isAtEnd = this.take(where, answer)
        const maySay = this.planned.maxVersion >= NAMES_EPOCH && where.leaderEpoch > 0
        if (maySay && this.platform.random.chance(STALE_SHARE)) await this.askStale(where)
        return isAtEnd
      }
      this.topic = null
      if (error === 'OFFSET_OUT_OF_RANGE' && this.mayForget(partition)) this.beginAgain(partition)
      else if (!PASSING.has(error)) throw new KafkaError(error, `${this.planned.topic}-${partition}`)
    } catch (error) {
      if (this.isClosed) return false
      this.topic = null
      const isPassing =
        error instanceof KafkaError && (PASSING.has(error.error) || TRANSPORT.has(error.error))
      if (!isPassing || !isExpectedFailure(error))
        this.run.world.violate('surprise', `${this.describe()}, and was told`, error)
    }
    return false
  }

  /** Whoever has answered in an epoch must know that earlier ones are over. */
  private async askStale(where: PartitionMetadata): Promise<void> {
    const leaderEpoch = where.leaderEpoch - 1
    const { errorCode } = await this.fetch({ ...where, leaderEpoch })
    if (errorName(errorCode) !== 'NONE') return
    this.run.world.violate(
      'stale epoch',
      `${this.planned.topic}-${where.partitionIndex}: broker ${where.leaderId} has answered in epoch ` +
        `${where.leaderEpoch}, and then in epoch ${leaderEpoch}`,
    )
  }

  /** Whether a power loss may take what was read. */
  private mayForget(partition: number): boolean {
    return !this.isKept || this.run.cluster.power.isVoid(this.planned.topic, partition)
  }

  private beginAgain(partition: number): void {
    const { name, topic } = this.planned
    this.positions[partition] = 0
    this.readings[partition] = this.run.history.reading(name, topic, partition)
  }

  private async leaderOf(partition: number): Promise<PartitionMetadata | null> {
    this.topic ??= (await this.client.metadata([this.planned.topic])).topics[0] ?? null
    const found = this.topic?.partitions.find(({ partitionIndex }) => partitionIndex === partition)
    if (found !== undefined && found.leaderId >= 0) return found
    this.topic = null
    return null
  }

  private async fetch({
    leaderId,
    leaderEpoch,
    partitionIndex,
  }: PartitionMetadata): Promise<PartitionAnswer> {
    const { topic, maxVersion } = this.planned
    const response = await this.client.call(
      leaderId,
      'Fetch',
      {
        maxWaitMs: 100,
        minBytes: 1,
        maxBytes: 1_000_000,
        sessionId: 0,
        sessionEpoch: -1,
        topics: [
          {
            topic,
            topicId: this.topic?.topicId ?? ZERO_UUID,
            partitions: [
              {
                partition: partitionIndex,
                currentLeaderEpoch: leaderEpoch,
                fetchOffset: this.positions[partitionIndex] ?? 0,
                partitionMaxBytes: 20_000,
              },
            ],
          },
        ],
      },
      { maxVersion },
    )
    if (response.errorCode !== 0) throw new KafkaError(errorName(response.errorCode))
    const answer = response.responses[0]?.partitions[0]
    if (answer === undefined)
      throw new KafkaError('UNKNOWN_SERVER_ERROR', 'the answer leaves the partition out')
    return answer
  }

  private take(
    { leaderId, leaderEpoch, partitionIndex }: PartitionMetadata,
    answer: PartitionAnswer,
  ): boolean {
    const { world } = this.run
    const { topic, maxVersion } = this.planned
    const where = `${topic}-${partitionIndex}`
    const { highWatermark, records } = answer
    if (maxVersion <= LEADERS_ONLY && !this.mayForget(partitionIndex))
      this.noteClaim(where, leaderId, leaderEpoch, highWatermark)
    const position = this.positions[partitionIndex] ?? 0
    let next = position
    for (let at = 0; records !== null && completeSizeAt(records, at, records.length) > 0;) {
      if (!isBatchValid(records, at)) {
        world.violate(
          'corrupt bytes',
          `${where}@${next} as broker ${leaderId} serves it has a wrong checksum`,
        )
        return false
      }
      for (const record of recordsOf(records, at)) {
        if (record.offset < position) continue
        if (record.offset >= highWatermark)
          world.violate(
            'uncommitted read',
            `${where}@${record.offset} is served, the watermark is ${highWatermark}`,
          )
        this.readings[partitionIndex]?.records.push({
          offset: record.offset,
          value: (record.value?.toString() ?? '').trimEnd(),
          atMs: world.nowMs,
        })
      }
      next = lastOffsetOf(records, at) + 1
      at += batchSizeOf(records, at)
    }
    this.positions[partitionIndex] = next
    return next >= highWatermark && next === position
  }

  /** In one epoch one broker leads, and its watermark does not go back. */
  private noteClaim(where: string, broker: number, leaderEpoch: number, highWatermark: number): void {
    const key = `${where} ${leaderEpoch}`
    const { world } = this.run
    const before = this.claims.get(key)
    if (before !== undefined && before.broker !== broker)
      world.violate('two leaders', `${where}: brokers ${before.broker} and ${broker} in epoch ${leaderEpoch}`)
    if (before !== undefined && before.highWatermark > highWatermark)
      world.violate(
        'watermark',
        `${where}: went back from ${before.highWatermark} to ${highWatermark} on broker ${broker} in epoch ${leaderEpoch}`,
      )
    this.claims.set(key, { broker, highWatermark })
  }
}

/** The first version of Fetch that names the epoch. */
const NAMES_EPOCH = 9

/** How often a reader asks once more, as a client would that has not heard of the newest leader. */
const STALE_SHARE = 0.1

/** What a reader may be told while leaders come and go. */
const PASSING: ReadonlySet<ErrorName> = new Set<ErrorName>([
  'NOT_LEADER_OR_FOLLOWER',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'KAFKA_STORAGE_ERROR',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN_TOPIC_ID',
  'INCONSISTENT_TOPIC_ID',
  'OFFSET_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'LEADER_NOT_AVAILABLE',
])
const TRANSPORT: ReadonlySet<ErrorName> = new Set<ErrorName>([
  'NETWORK_EXCEPTION',
  'REQUEST_TIMED_OUT',
  'BROKER_NOT_AVAILABLE',
  'NOT_CONTROLLER',
])
