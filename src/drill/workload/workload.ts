import { ClusterAdmin, type NewTopic } from '../../client/cluster-admin.ts'
import { ClusterClient } from '../../client/cluster-client.ts'
import { Consumer } from '../../client/consumer.ts'
import { findOffsets } from '../../client/offsets.ts'
import { Producer } from '../../client/producer.ts'
import { TopicLeaders } from '../../client/topic-leaders.ts'
import { KafkaError } from '../../model/errors.ts'
import { sleep, type Timer } from '../../platform/clock.ts'
import type { MachinePorts } from '../sandbox/sandbox-options.ts'
import { Ledger, type LaneName, type LaneTruth } from './ledger.ts'

export interface WorkloadShape {
  readonly lanes: readonly LaneName[]
  readonly partitions: number
  readonly replicationFactor: number
  /** Records a second, over all lanes. */
  readonly rate: number
  readonly sizeBytes: number
  readonly deliveryTimeoutMs: number
  /** Of the topics. */
  readonly topicConfig: Readonly<Record<string, string>>
  /** What each partition's replicas are; null: the cluster decides. */
  readonly assignment: readonly (readonly number[])[] | null
}

/** One acknowledgement or refusal. */
export interface Delivery {
  /** When it should have been sent, and when it was over; since the workload began, milliseconds. */
  readonly dueMs: number
  readonly doneMs: number
  readonly lane: LaneName
  readonly partition: number
  readonly error: string | null
}

const TICK_MS = 10
/** Slow readers take a few records at a time. */
const PORTIONS_PER_SECOND = 20
/** A single request may hang so long on a broker that does not answer. */
const REQUEST_TIMEOUT_MS = 3000
const CREATE_LIMIT_MS = 30_000
const READ_LIMIT_MS = 60_000
const MAX_DELIVERIES = 5_000_000

export function topicOf(lane: LaneName): string {
  return `drill-acks-${lane}`
}

/**
 * Clients that go on whatever happens to the cluster: records are sent by the clock, not by the answers (so that the
 * time which a record waits for a stalled cluster counts), and read at once by others.
 */
export class Workload {
  readonly deliveries: Delivery[] = []
  readonly client: ClusterClient
  readonly admin: ClusterAdmin
  private readonly ports: MachinePorts
  private readonly shape: WorkloadShape
  private readonly ledger: Ledger
  private readonly producers = new Map<LaneName, Producer>()
  private readonly startedMs: number
  private readonly padding: string
  private timer: Timer | null = null
  private consumer: Consumer | null = null
  private reading: Promise<void> | null = null
  private isSending = false
  private isClosed = false
  private cursor = 0
  private outstanding = 0
  private readCount = 0
  private consumerFailure: string | null = null

  constructor(options: {
    readonly ports: MachinePorts
    readonly shape: WorkloadShape
    readonly bootstrap: readonly { host: string; port: number }[]
    readonly run: string
  }) {
    const { ports, shape, bootstrap } = options
    this.ports = ports
    this.shape = shape
    this.ledger = new Ledger(options.run)
    this.startedMs = ports.clock.monotonicMs()
    this.padding = 'x'.repeat(Math.max(0, shape.sizeBytes))
    this.client = new ClusterClient({
      clock: ports.clock,
      network: ports.network,
      bootstrap,
      clientId: 'drill',
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
    })
    this.admin = new ClusterAdmin({ client: this.client, timeoutMs: CREATE_LIMIT_MS })
  }

  get elapsedMs(): number {
    return this.ports.clock.monotonicMs() - this.startedMs
  }

  /** Records that were acknowledged and that the live reader has not seen yet. */
  get lag(): number {
    return Math.max(0, this.acknowledged(null) - this.readCount)
  }

  /** Records a second that readers take at most. */
  readRate = Infinity
  private readonly acknowledgedOf = new Map<LaneName, number>()
  failedCount = 0

  /** Records that were acknowledged, of one lane or (null) of all. */
  acknowledged(lane: LaneName | null): number {
    if (lane !== null) return this.acknowledgedOf.get(lane) ?? 0
    return [...this.acknowledgedOf.values()].reduce((sum, count) => sum + count, 0)
  }

  /** Records a second that are sent. */
  get rate(): number {
    return this.shape.rate
  }

  /** Makes the topics, begins to send and to read. */
  async start(): Promise<void> {
    const { lanes, partitions, replicationFactor, topicConfig, assignment } = this.shape
    for (const lane of lanes) {
      await this.createTopic({
        name: topicOf(lane),
        partitions,
        replicationFactor,
        configs: topicConfig,
        ...(assignment === null ? {} : { assignment }),
      })
      this.producers.set(
        lane,
        new Producer({
          client: this.client,
          random: this.ports.random,
          acks: lane === 'all' ? -1 : 1,
          lingerMs: 5,
          deliveryTimeoutMs: this.shape.deliveryTimeoutMs,
          mayCreateTopics: false,
        }),
      )
    }
    this.consumer = new Consumer({
      client: this.client,
      maxWaitMs: 250,
      onOutOfRange: 'earliest',
      patienceMs: 300_000,
    })
    await this.consumer.assign(
      lanes.flatMap((lane) =>
        Array.from({ length: partitions }, (_, partition) => ({
          topic: topicOf(lane),
          partition,
          from: { kind: 'offset' as const, offset: 0 },
        })),
      ),
    )
    this.reading = this.read(this.consumer)
    this.resumeSending()
  }

  /** Makes a topic of a cluster that is young: not every broker may be known yet, and an answer may come too late. */
  async createTopic(topic: NewTopic): Promise<void> {
    await this.client.retrying(
      CREATE_LIMIT_MS,
      async () => {
        try {
          await this.admin.createTopic(topic)
        } catch (error) {
          // Of an attempt whose answer was not waited for.
          if (!(error instanceof KafkaError && error.error === 'TOPIC_ALREADY_EXISTS')) throw error
        }
      },
      (error) => !this.isClosed && isWorthAnotherTry(error),
    )
  }

  resumeSending(): void {
    if (this.isSending) return
    this.isSending = true
    this.send(this.elapsedMs, 0)
  }

  pauseSending(): void {
    this.isSending = false
    this.timer?.cancel()
  }

  /** Stops sending and waits for what is under way; false when it did not settle in time. */
  async settle(limitMs: number): Promise<boolean> {
    this.pauseSending()
    const limit = this.ports.clock.monotonicMs() + limitMs
    while (this.outstanding > 0 && this.ports.clock.monotonicMs() < limit) await sleep(this.ports.clock, 50)
    return this.outstanding === 0
  }

  /** Reads both topics from their beginnings to their ends and says what has become of every record. */
  async truth(): Promise<LaneTruth[]> {
    const { clock } = this.ports
    const leaders = new TopicLeaders({ client: this.client })
    const partitions = this.shape.lanes.flatMap((lane) =>
      Array.from({ length: this.shape.partitions }, (_, partition) => ({ topic: topicOf(lane), partition })),
    )
    const ends = await findOffsets(
      this.client,
      leaders,
      partitions.map((each) => ({ ...each, query: { kind: 'latest' as const } })),
      { timeoutMs: READ_LIMIT_MS },
    )
    const consumer = new Consumer({ client: this.client, maxWaitMs: 100, onOutOfRange: 'earliest' })
    await consumer.assign(
      ends
        .filter(({ offset }) => offset > 0)
        .map(({ topic, partition, offset }) => ({
          topic,
          partition,
          from: { kind: 'earliest' as const },
          until: offset,
        })),
    )
    const limit = clock.monotonicMs() + READ_LIMIT_MS
    while (!consumer.isFinished) {
      for (const { key, partition } of await consumer.poll(500))
        if (key !== null) this.ledger.found(key.toString(), partition)
      if (clock.monotonicMs() > limit) throw new Error('the topics could not be read to their ends')
    }
    consumer.close()
    return this.ledger.truth()
  }

  async close(): Promise<void> {
    this.isClosed = true
    this.pauseSending()
    this.consumer?.close()
    for (const producer of this.producers.values()) producer.close()
    this.client.close()
    await this.reading
  }

  get readerFailure(): string | null {
    return this.consumerFailure
  }

  /** Sends what is due by the clock since `fromMs`. */
  private send(fromMs: number, sentBefore: number): void {
    if (!this.isSending || this.isClosed || this.ledger.isFull) return
    const due = Math.floor(((this.elapsedMs - fromMs) * this.shape.rate) / 1000)
    for (let index = sentBefore; index < due; index++) this.sendOne(fromMs + (index * 1000) / this.shape.rate)
    this.timer = this.ports.clock.after(TICK_MS, () => this.send(fromMs, Math.max(due, sentBefore)))
  }

  private sendOne(dueMs: number): void {
    const { lanes, partitions } = this.shape
    const turn = this.cursor++
    const lane = lanes[turn % lanes.length] as LaneName
    const partition = Math.floor(turn / lanes.length) % partitions
    const sequence = this.ledger.send(lane, partition)
    const producer = this.producers.get(lane) as Producer
    this.outstanding++
    producer
      .send({
        topic: topicOf(lane),
        partition,
        key: this.ledger.keyOf(lane, partition, sequence),
        value: this.padding,
      })
      .then(
        () => {
          this.ledger.acknowledge(lane, partition, sequence)
          this.acknowledgedOf.set(lane, this.acknowledged(lane) + 1)
          this.note({ dueMs, doneMs: this.elapsedMs, lane, partition, error: null })
        },
        (error: unknown) => {
          if (this.isClosed) return
          this.ledger.fail(lane, partition, sequence)
          this.failedCount++
          const word = error instanceof KafkaError ? error.error : String(error)
          this.note({ dueMs, doneMs: this.elapsedMs, lane, partition, error: word })
        },
      )
      .finally(() => this.outstanding--)
  }

  private note(delivery: Delivery): void {
    if (this.deliveries.length < MAX_DELIVERIES) this.deliveries.push(delivery)
  }

  private async read(consumer: Consumer): Promise<void> {
    while (!this.isClosed) {
      try {
        const records = await consumer.poll(500)
        for (let left = records.length; left > 0 && !this.isClosed;) {
          const portion = Math.min(left, Math.max(1, Math.floor(this.readRate / PORTIONS_PER_SECOND)))
          left -= portion
          this.readCount += portion
          if (this.readRate !== Infinity) await sleep(this.ports.clock, (portion * 1000) / this.readRate)
        }
      } catch (error) {
        this.consumerFailure = error instanceof Error ? error.message : String(error)
        return
      }
    }
  }
}

/** Right after the start not every broker is known to the controller. */
function isWorthAnotherTry({ error }: KafkaError): boolean {
  return (
    error === 'INVALID_REPLICATION_FACTOR' ||
    error === 'NOT_CONTROLLER' ||
    error === 'NETWORK_EXCEPTION' ||
    error === 'BROKER_NOT_AVAILABLE' ||
    error === 'REQUEST_TIMED_OUT' ||
    error === 'INVALID_REPLICA_ASSIGNMENT'
  )
}
