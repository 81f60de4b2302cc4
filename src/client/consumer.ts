import { errorName, KafkaError, type ErrorName } from '../model/errors.ts'
import type { IsolationLevel } from '../model/isolation-level.ts'
import type { Clock } from '../platform/clock.ts'
import type { ResponseRead } from '../protocol/apis.ts'
import { failureOf, isTransient, type ClusterClient } from './cluster-client.ts'
import { ClientFetchSession, type WantedPartition } from './fetch-session.ts'
import { findOffsets, type OffsetQuery } from './offsets.ts'
import { readPartition, type ConsumedRecord } from './partition-reader.ts'
import { TopicLeaders } from './topic-leaders.ts'

export interface ConsumerOptions {
  readonly client: ClusterClient
  readonly isolation?: IsolationLevel
  /** How long a broker may wait for a record to come. */
  readonly maxWaitMs?: number
  readonly minBytes?: number
  /** What one answer may hold; its first batch may be larger. */
  readonly maxBytes?: number
  readonly partitionMaxBytes?: number
  /** Where to go on when the log no longer has, or does not have yet, the offset that is wanted. Default: fail. */
  readonly onOutOfRange?: 'earliest' | 'latest' | 'fail'
  /** How long a partition may go without a leader that answers. */
  readonly patienceMs?: number
}

/** Where to begin. */
export type StartPosition = OffsetQuery | { readonly kind: 'offset'; readonly offset: number }

export interface Assignment {
  readonly topic: string
  readonly partition: number
  readonly from: StartPosition
  /** The offset at which to stop, itself not read. Null or absent: never. */
  readonly until?: number | null
}

const DEFAULTS = {
  isolation: 'read_uncommitted' as IsolationLevel,
  maxWaitMs: 500,
  minBytes: 1,
  maxBytes: 16 * 1024 * 1024,
  partitionMaxBytes: 1024 * 1024,
  onOutOfRange: 'fail' as 'earliest' | 'latest' | 'fail',
  patienceMs: 30_000,
}

const RETRY_MS = 100

interface PartitionState {
  readonly topic: string
  readonly partition: number
  readonly until: number | null
  position: number
  highWatermark: number
  /** Not to be fetched before; after an error. */
  notBeforeMs: number
  /** Since when nothing but errors came; null while all is well. */
  failingSinceMs: number | null
}

interface Fetcher {
  readonly session: ClientFetchSession
  isBusy: boolean
}

type FetchAnswer = ResponseRead<'Fetch'>
type PartitionAnswer = FetchAnswer['responses'][number]['partitions'][number]

/**
 * Reads partitions that it is told, from where it is told, without a group. Each leader is asked for its partitions in
 * one request at a time, through a fetch session; what comes waits here until it is polled, and the next request leaves
 * only then: memory is bounded by one answer per leader.
 */
export class Consumer {
  private readonly client: ClusterClient
  private readonly clock: Clock
  private readonly options: typeof DEFAULTS
  private readonly leaders: TopicLeaders
  private readonly partitions = new Map<string, PartitionState>()
  private readonly fetchers = new Map<number, Fetcher>()
  /** Topics whose leaders are being asked for. */
  private readonly looking = new Set<string>()
  private arrived: ConsumedRecord[][] = []
  private failure: Error | null = null
  private wake: (() => void) | null = null
  private isClosed = false

  constructor(options: ConsumerOptions) {
    const { client, ...given } = options
    this.client = client
    this.clock = client.clock
    this.options = { ...DEFAULTS, ...given }
    this.leaders = new TopicLeaders({ client })
  }

  /** Adds partitions; one that is there already begins anew. Resolves when it is known where each of them begins. */
  async assign(assignments: readonly Assignment[]): Promise<void> {
    const queries = assignments
      .filter(({ from }) => from.kind !== 'offset')
      .map(({ topic, partition, from }) => ({ topic, partition, query: from as OffsetQuery }))
    const found = await findOffsets(this.client, this.leaders, queries, {
      timeoutMs: this.options.patienceMs,
      isReadCommitted: this.options.isolation === 'read_committed',
    })
    const offsets = new Map(found.map(({ topic, partition, offset }) => [`${topic}-${partition}`, offset]))
    const missed = queries.filter(({ topic, partition }) => offsets.get(`${topic}-${partition}`) === -1)
    // No record is that young: from the end on, every one that comes will be.
    const ends = await findOffsets(
      this.client,
      this.leaders,
      missed.map((query) => ({ ...query, query: { kind: 'latest' } })),
      { timeoutMs: this.options.patienceMs },
    )
    for (const { topic, partition, offset } of ends) offsets.set(`${topic}-${partition}`, offset)
    for (const { topic, partition, from, until } of assignments) {
      const key = `${topic}-${partition}`
      const position = from.kind === 'offset' ? from.offset : (offsets.get(key) as number)
      this.partitions.set(key, {
        topic,
        partition,
        until: until ?? null,
        position,
        highWatermark: -1,
        notBeforeMs: 0,
        failingSinceMs: null,
      })
    }
  }

  /** Whether every partition has reached its end. Never, where one has none. */
  get isFinished(): boolean {
    for (const state of this.partitions.values()) if (!isDone(state)) return false
    return this.arrived.length === 0
  }

  /** Whether everything that was committed when last heard has been read. */
  get isCaughtUp(): boolean {
    for (const state of this.partitions.values()) {
      if (!isDone(state) && (state.highWatermark < 0 || state.position < state.highWatermark)) return false
    }
    return this.arrived.length === 0
  }

  /** The offset that is read next; null for a partition that was not assigned. */
  position(topic: string, partition: number): number | null {
    return this.partitions.get(`${topic}-${partition}`)?.position ?? null
  }

  /**
   * Records that have come, those of a partition in order; none when nothing came within `timeoutMs`. Throws KafkaError
   * for what patience does not heal, and when it is over: OFFSET_OUT_OF_RANGE, CORRUPT_MESSAGE, no leader for too long.
   */
  async poll(timeoutMs: number): Promise<ConsumedRecord[]> {
    const deadline = this.clock.monotonicMs() + timeoutMs
    for (;;) {
      const records = this.arrived.shift()
      if (records !== undefined) return records
      if (this.failure !== null) throw this.failure
      const left = deadline - this.clock.monotonicMs()
      if (left <= 0 || this.isClosed || this.isFinished) return []
      const retryMs = this.startFetches()
      await this.waitForNews(Math.min(left, retryMs))
    }
  }

  close(): void {
    this.isClosed = true
    this.wake?.()
  }

  /** Asks every leader that is idle. Returns after how long to look again. */
  private startFetches(): number {
    const nowMs = this.clock.monotonicMs()
    const byLeader = new Map<number, WantedPartition[]>()
    let retryMs = Infinity
    for (const state of this.partitions.values()) {
      if (isDone(state)) continue
      if (state.notBeforeMs > nowMs) {
        retryMs = Math.min(retryMs, state.notBeforeMs - nowMs)
        continue
      }
      const { topic, partition, position } = state
      const known = this.leaders.peek(topic)
      const leader = known?.leaders.get(partition)
      if (known === null || leader === undefined || leader.broker < 0) {
        retryMs = Math.min(retryMs, RETRY_MS)
        this.findLeader(state)
        continue
      }
      const wanted = {
        topic,
        topicId: known.topicId,
        partition,
        leaderEpoch: leader.leaderEpoch,
        offset: position,
      }
      const group = byLeader.get(leader.broker)
      if (group === undefined) byLeader.set(leader.broker, [wanted])
      else group.push(wanted)
    }
    for (const [leader, wanted] of byLeader) {
      const fetcher = this.fetcherOf(leader)
      if (!fetcher.isBusy) void this.fetch(leader, fetcher, wanted)
    }
    return retryMs
  }

  private findLeader(state: PartitionState): void {
    const { topic, partition } = state
    const known = this.leaders.peek(topic)
    if (known !== null) {
      this.leaders.forget(topic)
      this.note(state, new KafkaError('LEADER_NOT_AVAILABLE', `${topic}-${partition} has no leader`))
    }
    state.notBeforeMs = this.clock.monotonicMs() + RETRY_MS
    if (!this.looking.has(topic)) void this.lookFor(topic)
  }

  private async lookFor(topic: string): Promise<void> {
    this.looking.add(topic)
    try {
      await this.leaders.topic(topic, this.options.patienceMs)
    } catch (error) {
      this.fail(error)
    } finally {
      this.looking.delete(topic)
      this.news()
    }
  }

  private fetcherOf(leader: number): Fetcher {
    let fetcher = this.fetchers.get(leader)
    if (fetcher === undefined) {
      fetcher = { session: new ClientFetchSession(), isBusy: false }
      this.fetchers.set(leader, fetcher)
    }
    return fetcher
  }

  private async fetch(leader: number, fetcher: Fetcher, wanted: readonly WantedPartition[]): Promise<void> {
    fetcher.isBusy = true
    try {
      const answer = await this.ask(leader, fetcher.session, wanted)
      if (answer.errorCode === 0) {
        fetcher.session.answered(answer.sessionId)
        await this.take(answer, wanted)
      } else {
        fetcher.session.reset()
        const name = errorName(answer.errorCode)
        // A session that the broker has given up: begin another at once.
        if (!SESSION_ERRORS.has(name)) this.noteAll(wanted, failureOf(answer.errorCode, `broker ${leader}`))
      }
    } catch (error) {
      fetcher.session.reset()
      if (error instanceof KafkaError && isTransient(error)) this.noteAll(wanted, error)
      else this.fail(error)
    } finally {
      fetcher.isBusy = false
      this.news()
    }
  }

  private ask(
    leader: number,
    session: ClientFetchSession,
    wanted: readonly WantedPartition[],
  ): Promise<FetchAnswer> {
    const { maxWaitMs, minBytes, maxBytes, partitionMaxBytes, isolation } = this.options
    const { sessionId, sessionEpoch, named, forgotten } = session.next(wanted)
    return this.client.call(
      leader,
      'Fetch',
      {
        maxWaitMs,
        minBytes,
        maxBytes,
        isolationLevel: isolation === 'read_committed' ? 1 : 0,
        sessionId,
        sessionEpoch,
        topics: byTopic(named, ({ partition, offset, leaderEpoch }) => ({
          partition,
          currentLeaderEpoch: leaderEpoch,
          fetchOffset: offset,
          partitionMaxBytes,
        })),
        forgottenTopicsData: byTopic(forgotten, ({ partition }) => partition),
      },
      { timeoutMs: maxWaitMs + this.client.requestTimeoutMs },
    )
  }

  private async take(answer: FetchAnswer, wanted: readonly WantedPartition[]): Promise<void> {
    const names = new Map(wanted.map(({ topicId, topic }) => [topicId, topic]))
    for (const { topic, topicId, partitions } of answer.responses) {
      const name = topic === '' ? names.get(topicId) : topic
      for (const partition of partitions) {
        const state = this.partitions.get(`${name}-${partition.partitionIndex}`)
        const asked = wanted.find(
          (each) => each.topic === name && each.partition === partition.partitionIndex,
        )
        if (state === undefined || asked === undefined || asked.offset !== state.position) continue
        if (partition.errorCode === 0) await this.takeRecords(state, partition)
        else await this.takeError(state, errorName(partition.errorCode))
      }
    }
  }

  private async takeRecords(state: PartitionState, answer: PartitionAnswer): Promise<void> {
    state.failingSinceMs = null
    state.highWatermark = answer.highWatermark
    if (answer.records === null || answer.records.length === 0) return
    const { topic, partition, position, until } = state
    const where = { topic, partition, fromOffset: position }
    const { records, nextOffset } = await readPartition(
      answer.records,
      where,
      answer.abortedTransactions ?? [],
    )
    if (state.position !== position) return
    if (nextOffset === position) {
      throw new KafkaError('CORRUPT_MESSAGE', `${topic}-${partition}, at offset ${position}: half a batch`)
    }
    state.position = nextOffset
    const visible = until === null ? records : records.filter(({ offset }) => offset < until)
    if (visible.length > 0) this.arrived.push([...visible])
  }

  private async takeError(state: PartitionState, error: ErrorName): Promise<void> {
    const { topic, partition, position } = state
    if (error === 'OFFSET_OUT_OF_RANGE') return this.moveIntoRange(state)
    const failure = new KafkaError(error, `${topic}-${partition}, at offset ${position}: ${error}`)
    if (isTransient(failure) || error === 'UNKNOWN_TOPIC_OR_PARTITION' || error === 'OFFSET_NOT_AVAILABLE')
      this.note(state, failure)
    else throw failure
  }

  private async moveIntoRange(state: PartitionState): Promise<void> {
    const { topic, partition, position } = state
    const query = async (kind: 'earliest' | 'latest'): Promise<number> => {
      const queries = [{ topic, partition, query: { kind } }]
      const timeoutMs = this.options.patienceMs
      const [found] = await findOffsets(this.client, this.leaders, queries, { timeoutMs })
      return found?.offset ?? -1
    }
    const { onOutOfRange } = this.options
    if (onOutOfRange === 'fail') {
      const [start, end] = [await query('earliest'), await query('latest')]
      const words = `${topic}-${partition} has offsets ${start} to ${end}; ${position} is not among them`
      throw new KafkaError('OFFSET_OUT_OF_RANGE', words)
    }
    const offset = await query(onOutOfRange)
    if (state.position === position) state.position = offset
  }

  /** Something that may pass: the leader is asked for anew and the partition tried again, while patience lasts. */
  private note(state: PartitionState, error: KafkaError): void {
    const nowMs = this.clock.monotonicMs()
    this.leaders.forget(state.topic)
    state.notBeforeMs = nowMs + RETRY_MS
    state.failingSinceMs ??= nowMs
    if (nowMs - state.failingSinceMs > this.options.patienceMs) this.fail(error)
  }

  private noteAll(wanted: readonly WantedPartition[], error: KafkaError): void {
    this.client.forgetMetadata()
    for (const { topic, partition } of wanted) {
      const state = this.partitions.get(`${topic}-${partition}`)
      if (state !== undefined) this.note(state, error)
    }
  }

  private fail(error: unknown): void {
    this.failure ??= error instanceof Error ? error : new Error(String(error))
    this.news()
  }

  private news(): void {
    this.wake?.()
  }

  private async waitForNews(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.clock.after(ms, resolve)
      this.wake = () => {
        timer.cancel()
        resolve()
      }
    })
    this.wake = null
  }
}

const SESSION_ERRORS: ReadonlySet<ErrorName> = new Set<ErrorName>([
  'FETCH_SESSION_ID_NOT_FOUND',
  'INVALID_FETCH_SESSION_EPOCH',
  'FETCH_SESSION_TOPIC_ID_ERROR',
])

function isDone({ until, position }: PartitionState): boolean {
  return until !== null && position >= until
}

function byTopic<T>(
  partitions: readonly WantedPartition[],
  write: (partition: WantedPartition) => T,
): { topic: string; topicId: WantedPartition['topicId']; partitions: T[] }[] {
  const topics = new Map<string, { topic: string; topicId: WantedPartition['topicId']; partitions: T[] }>()
  for (const each of partitions) {
    const { topic, topicId } = each
    const entry = topics.get(`${topic} ${topicId}`)
    if (entry === undefined) topics.set(`${topic} ${topicId}`, { topic, topicId, partitions: [write(each)] })
    else entry.partitions.push(write(each))
  }
  return [...topics.values()]
}
