import { KafkaError, errorName, type ErrorName } from '../model/errors.ts'
import type { RecordInput } from '../records/batch-builder.ts'
import type { CompressionType } from '../records/compression/codec.ts'
import { prepareZstd } from '../records/compression/zstd.ts'
import type { Timer } from '../platform/clock.ts'
import { assert } from '../std/assert.ts'
import { deferred, type Deferred } from '../std/deferred.ts'
import type { RequestInput } from '../protocol/apis.ts'
import { failureOf, isTransient, mustSucceed, type ClusterClient } from './cluster-client.ts'
import { partitionOfKey } from './partitioner.ts'
import { PartitionQueue, recordBytes, type Acknowledged, type PendingBatch } from './producer-queue.ts'
import { TopicLeaders, type KnownTopic } from './topic-leaders.ts'

/** 0: nobody tells whether it arrived; 1: the leader has it; -1: every in-sync replica has it. */
export type Acks = 0 | 1 | -1

export interface ProducerOptions {
  readonly client: ClusterClient
  /** Chooses the partition of records without a key. */
  readonly random: { fraction(): number }
  readonly acks?: Acks
  /** Whether brokers are to drop what arrives twice because an answer got lost. Default: with acks=-1. */
  readonly isIdempotent?: boolean
  readonly compression?: CompressionType
  /** How long a batch that is not full may wait for more records. */
  readonly lingerMs?: number
  /** The size at which a batch is full. A single larger record goes alone. */
  readonly batchBytes?: number
  /** What may wait here; see `room`. */
  readonly bufferBytes?: number
  /** How long a record may take from `send` to its acknowledgement, attempts and all. */
  readonly deliveryTimeoutMs?: number
  /** Whether a topic that is missing may be made by the broker. */
  readonly mayCreateTopics?: boolean
}

export interface ProducerRecord extends Omit<RecordInput, 'offsetDelta'> {
  readonly topic: string
  /** Default: by the key; without one, any. */
  readonly partition?: number
}

const DEFAULTS = {
  acks: -1 as Acks,
  compression: 'none' as CompressionType,
  lingerMs: 5,
  batchBytes: 256 * 1024,
  bufferBytes: 32 * 1024 * 1024,
  deliveryTimeoutMs: 120_000,
  mayCreateTopics: true,
}

/** Requests may carry several partitions' batches, up to so many bytes. */
const MAX_REQUEST_BYTES = 8 * 1024 * 1024
const RETRY_MS = 100
const LAST_EPOCH = 32_767

type BatchAnswer =
  | { readonly kind: 'written'; readonly offset: number; readonly timestamp: number | null }
  | { readonly kind: 'failed'; readonly error: KafkaError }

/** A topic's records that came before its partitions were known, or a topic that is known. */
interface TopicState {
  known: KnownTopic | null
  /** Where records without a key go until the batch there is full. */
  sticky: number
  waiting: { readonly record: ProducerRecord; readonly delivery: Deferred<Acknowledged> }[]
}

/**
 * Sends records in batches. Records of one partition are written in the order of `send`: each partition has one batch
 * under way at a time, repeated until it is acknowledged or its time is over. With idempotence a batch that arrives
 * twice is written once (KIP-98); a batch of which nobody knows whether it arrived begins a new epoch, so that what
 * follows is taken all the same.
 */
export class Producer {
  private readonly client: ClusterClient
  private readonly random: { fraction(): number }
  private readonly options: typeof DEFAULTS & { readonly isIdempotent: boolean }
  private readonly leaders: TopicLeaders
  private readonly topics = new Map<string, TopicState>()
  private readonly queues = new Map<string, PartitionQueue>()
  private readonly active = new Set<PartitionQueue>()
  private readonly busyLeaders = new Set<number>()
  private producerId: Promise<number> | null = null
  private prepared: Promise<void> | null = null
  private buffered = 0
  private roomWaiters: (() => void)[] = []
  private idleWaiters: (() => void)[] = []
  private flushing = 0
  private unsettled = 0
  private timer: Timer | null = null
  private isScheduled = false
  private isClosed = false

  constructor(options: ProducerOptions) {
    this.client = options.client
    this.random = options.random
    const chosen = { ...DEFAULTS, ...options }
    this.options = { ...chosen, isIdempotent: options.isIdempotent ?? chosen.acks === -1 }
    assert(!this.options.isIdempotent || chosen.acks === -1, 'idempotence needs acks=-1')
    this.leaders = new TopicLeaders({ client: options.client, mayCreate: chosen.mayCreateTopics })
  }

  /** Whether `send` should wait for `room`. */
  get isFull(): boolean {
    return this.buffered >= this.options.bufferBytes
  }

  /** Resolves when there is room for more records: whoever sends much awaits it, so that memory stays bounded. */
  async room(): Promise<void> {
    while (this.isFull && !this.isClosed) await new Promise<void>((resolve) => this.roomWaiters.push(resolve))
  }

  /** Resolves when the record is acknowledged. Rejects with a KafkaError when it is refused or its time is over. */
  send(record: ProducerRecord): Promise<Acknowledged> {
    if (this.isClosed) return Promise.reject(new KafkaError('NETWORK_EXCEPTION', 'the producer is closed'))
    const delivery = deferred<Acknowledged>()
    this.unsettled++
    this.buffered += recordBytes(record)
    const state = this.topicOf(record.topic)
    // The latest news first: a topic may have grown.
    const known = state.known === null ? null : (this.leaders.peek(record.topic) ?? state.known)
    if (known === null) state.waiting.push({ record, delivery })
    else this.enqueue(state, known, record, delivery)
    return delivery.promise
  }

  /** Sends what waits at once; resolves when everything sent so far is acknowledged or has failed. */
  async flush(): Promise<void> {
    this.flushing++
    try {
      this.schedule()
      while (this.unsettled > 0) await new Promise<void>((resolve) => this.idleWaiters.push(resolve))
    } finally {
      this.flushing--
    }
  }

  /** What is not acknowledged yet fails. The client stays open. */
  close(): void {
    this.isClosed = true
    this.timer?.cancel()
    const error = new KafkaError('NETWORK_EXCEPTION', 'the producer is closed')
    for (const queue of this.active) for (const batch of queue.drain()) this.fail(batch, error)
    for (const state of this.topics.values()) this.failWaiting(state, error)
    this.active.clear()
    this.wakeWaiters()
  }

  // --- from record to batch -----------------------------------------------------------------------------------------

  private topicOf(topic: string): TopicState {
    let state = this.topics.get(topic)
    if (state === undefined) {
      state = { known: null, sticky: -1, waiting: [] }
      this.topics.set(topic, state)
      void this.learn(topic, state)
    }
    return state
  }

  private async learn(topic: string, state: TopicState): Promise<void> {
    try {
      const known = await this.leaders.topic(topic, this.options.deliveryTimeoutMs)
      state.known = known
      const waiting = state.waiting
      state.waiting = []
      for (const { record, delivery } of waiting) this.enqueue(state, known, record, delivery)
    } catch (error) {
      // The next record asks anew.
      this.topics.delete(topic)
      this.failWaiting(state, error as Error)
    }
  }

  private failWaiting(state: TopicState, error: Error): void {
    for (const { record, delivery } of state.waiting.splice(0)) {
      delivery.reject(error)
      this.settled(1, recordBytes(record))
    }
  }

  private enqueue(
    state: TopicState,
    known: KnownTopic,
    record: ProducerRecord,
    delivery: Deferred<Acknowledged>,
  ): void {
    const partition = this.partitionOf(state, known, record)
    if (!known.leaders.has(partition)) {
      delivery.reject(
        new KafkaError(
          'UNKNOWN_TOPIC_OR_PARTITION',
          `${record.topic} has no partition ${partition}: it has ${known.partitions.length}`,
        ),
      )
      return this.settled(1, recordBytes(record))
    }
    const queue = this.queueOf(record.topic, partition)
    const timestamp = record.timestamp ?? this.client.clock.nowMs()
    const isNew = queue.add({ ...record, timestamp }, delivery, this.options.batchBytes)
    if (isNew && record.partition === undefined && (record.key ?? null) === null) state.sticky = -1
    this.active.add(queue)
    this.schedule()
  }

  private partitionOf(state: TopicState, { partitions }: KnownTopic, record: ProducerRecord): number {
    if (record.partition !== undefined) return record.partition
    const { key } = record
    if (key !== undefined && key !== null) {
      const bytes = typeof key === 'string' ? Buffer.from(key) : key
      return partitions[partitionOfKey(bytes, partitions.length)] as number
    }
    if (state.sticky < 0)
      state.sticky = partitions[Math.floor(this.random.fraction() * partitions.length)] as number
    return state.sticky
  }

  private queueOf(topic: string, partition: number): PartitionQueue {
    const key = `${topic}-${partition}`
    let queue = this.queues.get(key)
    if (queue === undefined) {
      queue = new PartitionQueue({ topic, partition, clock: this.client.clock })
      this.queues.set(key, queue)
    }
    return queue
  }

  // --- from batch to request ----------------------------------------------------------------------------------------

  private schedule(): void {
    if (this.isScheduled || this.isClosed) return
    this.isScheduled = true
    // At the end of the turn: what is sent in one go leaves in one request.
    this.client.clock.endOfTurn(() => {
      this.isScheduled = false
      if (!this.isClosed) this.dispatch()
    })
  }

  /** Sends what is due to leaders that have nothing under way, and notes when to look again. */
  private dispatch(): void {
    const nowMs = this.client.clock.monotonicMs()
    const byLeader = new Map<number, PartitionQueue[]>()
    let nextMs = Infinity
    for (const queue of this.active) {
      this.expire(queue, nowMs)
      const dueMs = queue.dueMs(this.flushing > 0 ? 0 : this.options.lingerMs, this.options.batchBytes)
      if (dueMs === Infinity) continue
      if (dueMs > nowMs) {
        nextMs = Math.min(nextMs, dueMs)
        continue
      }
      const leader = this.leaderOf(queue)
      if (leader === null || this.busyLeaders.has(leader)) continue
      const group = byLeader.get(leader)
      if (group === undefined) byLeader.set(leader, [queue])
      else group.push(queue)
    }
    for (const [leader, queues] of byLeader) void this.deliver(leader, queues)
    this.timer?.cancel()
    this.timer = nextMs < Infinity ? this.client.clock.after(nextMs - nowMs, () => this.schedule()) : null
  }

  /** Null when it is not known; it is asked for then. */
  private leaderOf(queue: PartitionQueue): number | null {
    const known = this.leaders.peek(queue.topic)
    const leader = known?.leaders.get(queue.partition)
    if (leader !== undefined && leader.broker >= 0) return leader.broker
    if (known !== null) this.leaders.forget(queue.topic)
    queue.waitUntil(this.client.clock.monotonicMs() + RETRY_MS)
    this.leaders.topic(queue.topic, RETRY_MS).then(
      () => this.schedule(),
      () => this.schedule(),
    )
    return null
  }

  private expire(queue: PartitionQueue, nowMs: number): void {
    const { deliveryTimeoutMs } = this.options
    for (const batch of queue.takeOlderThan(nowMs - deliveryTimeoutMs)) {
      const last = batch.lastError === null ? '' : `; the last answer was: ${batch.lastError.message}`
      const what = `${batch.count} records for ${queue.topic}-${queue.partition}`
      this.fail(
        batch,
        new KafkaError(
          'REQUEST_TIMED_OUT',
          `${what} were not acknowledged in ${deliveryTimeoutMs} ms${last}`,
        ),
      )
      if (batch.baseSequence !== null) queue.beginEpoch()
    }
    if (queue.isEmpty) this.active.delete(queue)
  }

  private async deliver(leader: number, queues: readonly PartitionQueue[]): Promise<void> {
    this.busyLeaders.add(leader)
    const batches = takeBatches(queues)
    try {
      await this.attempt(leader, batches)
    } catch (error) {
      const failure = error instanceof KafkaError ? error : null
      for (const batch of batches) {
        if (failure === null) this.giveUp(batch, error as Error)
        else this.settle(batch, { kind: 'failed', error: failure })
      }
    } finally {
      this.busyLeaders.delete(leader)
      this.schedule()
    }
  }

  private async attempt(leader: number, batches: readonly PendingBatch[]): Promise<void> {
    const { acks, compression, isIdempotent, deliveryTimeoutMs } = this.options
    if (compression === 'zstd') await (this.prepared ??= prepareZstd())
    const producerId = isIdempotent ? await this.obtainProducerId() : -1
    const request: RequestInput<'Produce'> = {
      acks,
      timeoutMs: Math.min(this.client.requestTimeoutMs, deliveryTimeoutMs),
      topicData: groupByTopic(batches, (batch) => ({
        index: batch.queue.partition,
        records: batch.encode({ compression, producerId }),
      })),
    }
    if (acks === 0) {
      await this.client.send(leader, 'Produce', request)
      for (const batch of batches) this.settle(batch, { kind: 'written', offset: -1, timestamp: null })
      return
    }
    const { responses } = await this.client.call(leader, 'Produce', request)
    const answers = new Map(
      responses.flatMap(({ name, partitionResponses }) =>
        partitionResponses.map((answer) => [`${name}-${answer.index}`, answer] as const),
      ),
    )
    for (const batch of batches) {
      const { topic, partition } = batch.queue
      const answer = answers.get(`${topic}-${partition}`)
      this.settle(batch, answer === undefined ? NOT_ANSWERED : answerOf(`${topic}-${partition}`, answer))
    }
  }

  private async obtainProducerId(): Promise<number> {
    this.producerId ??= this.client.retrying(this.options.deliveryTimeoutMs, async () => {
      const request = { transactionalId: null, transactionTimeoutMs: 0 }
      const answer = await this.client.call('any', 'InitProducerId', request)
      mustSucceed(answer.errorCode, 'no producer id')
      return answer.producerId
    })
    try {
      return await this.producerId
    } catch (error) {
      this.producerId = null
      throw error
    }
  }

  // --- what became of a batch ---------------------------------------------------------------------------------------

  private settle(batch: PendingBatch, answer: BatchAnswer): void {
    if (this.isClosed) return this.fail(batch, new KafkaError('NETWORK_EXCEPTION', 'the producer is closed'))
    const { queue } = batch
    if (answer.kind === 'written') {
      queue.done(batch)
      batch.acknowledge(answer.offset, answer.timestamp)
      return this.settled(batch.count, batch.sizeBytes)
    }
    const { error } = answer
    batch.lastError = error
    if (error.error === 'MESSAGE_TOO_LARGE' && batch.count > 1) return queue.split(batch)
    if (BEGINS_EPOCH.has(error.error)) queue.beginEpoch()
    else if (!isTransient(error) && !MAY_APPEAR.has(error.error)) return this.giveUp(batch, error)
    if (queue.producerEpoch > LAST_EPOCH) {
      this.producerId = null
      for (const each of this.queues.values()) each.beginProducer()
    }
    this.leaders.forget(queue.topic)
    queue.waitUntil(this.client.clock.monotonicMs() + RETRY_MS)
    queue.repeat(batch)
  }

  /** The batch is lost, and its sequence numbers with it: what follows begins a new row of them. */
  private giveUp(batch: PendingBatch, error: Error): void {
    batch.queue.done(batch)
    batch.queue.beginEpoch()
    this.fail(batch, error)
  }

  private fail(batch: PendingBatch, error: Error): void {
    batch.reject(error)
    this.settled(batch.count, batch.sizeBytes)
  }

  private settled(count: number, sizeBytes: number): void {
    this.unsettled -= count
    this.buffered -= sizeBytes
    this.wakeWaiters()
  }

  private wakeWaiters(): void {
    if (!this.isFull || this.isClosed) for (const wake of this.roomWaiters.splice(0)) wake()
    if (this.unsettled === 0 || this.isClosed) for (const wake of this.idleWaiters.splice(0)) wake()
  }
}

/** The broker has forgotten the producer, or knows a later epoch: the batch was not written, and may be with a new one. */
const BEGINS_EPOCH: ReadonlySet<ErrorName> = new Set<ErrorName>([
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
])
/** A leader that has only just been told of its partition. */
const MAY_APPEAR: ReadonlySet<ErrorName> = new Set<ErrorName>(['UNKNOWN_TOPIC_OR_PARTITION'])

const NOT_ANSWERED: BatchAnswer = {
  kind: 'failed',
  error: new KafkaError('UNKNOWN_SERVER_ERROR', 'the answer leaves the partition out'),
}

function answerOf(
  where: string,
  answer: {
    readonly errorCode: number
    readonly errorMessage: string | null
    readonly baseOffset: number
    readonly logAppendTimeMs: number
    readonly recordErrors: readonly { readonly batchIndexErrorMessage: string | null }[]
  },
): BatchAnswer {
  const { errorCode, baseOffset, logAppendTimeMs } = answer
  // The broker has it already and no longer knows where.
  if (errorName(errorCode) === 'DUPLICATE_SEQUENCE_NUMBER')
    return { kind: 'written', offset: -1, timestamp: null }
  if (errorCode !== 0) {
    const words = answer.recordErrors[0]?.batchIndexErrorMessage ?? answer.errorMessage
    return { kind: 'failed', error: failureOf(errorCode, where, words) }
  }
  return { kind: 'written', offset: baseOffset, timestamp: logAppendTimeMs < 0 ? null : logAppendTimeMs }
}

/** The first batch of each queue, as many as fit into a request; at least one. */
function takeBatches(queues: readonly PartitionQueue[]): PendingBatch[] {
  const batches: PendingBatch[] = []
  let bytes = 0
  for (const queue of queues) {
    const next = queue.peek()
    if (next === null || (batches.length > 0 && bytes + next.sizeBytes > MAX_REQUEST_BYTES)) continue
    bytes += next.sizeBytes
    batches.push(queue.begin())
  }
  return batches
}

function groupByTopic<T>(
  batches: readonly PendingBatch[],
  write: (batch: PendingBatch) => T,
): { name: string; partitionData: T[] }[] {
  const topics = new Map<string, T[]>()
  for (const batch of batches) {
    const { topic } = batch.queue
    const list = topics.get(topic)
    if (list === undefined) topics.set(topic, [write(batch)])
    else list.push(write(batch))
  }
  return [...topics].map(([name, partitionData]) => ({ name, partitionData }))
}
