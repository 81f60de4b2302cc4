import { errorOf, KafkaError } from '../model/errors.ts'
import type { LeaderEpoch, PartitionIndex } from '../model/ids.ts'
import type { Clock, Timer } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { buildBatch, type BatchOptions } from '../records/batch-builder.ts'
import type { CompressionType } from '../records/compression/codec.ts'
import { SerialQueue } from '../std/serial-queue.ts'
import type { CoordinatorAppend, CoordinatorLog } from './coordinator-log.ts'
import { batchesWithin, RecordBatcher, type CoordinatorRecord } from './record-batcher.ts'
import { Replay, type ReplayTarget } from './stored-records.ts'

/** What one partition of a coordinator's topic comes to: made empty, filled by replay, then asked. */
export interface CoordinatorShard extends ReplayTarget {
  /** Everything that the log holds has been replayed; from now on requests come. */
  activate(): void
  /** Another broker coordinates from here: whoever waits is sent away, and no timer is left. Also while loading. */
  retire(): void
}

/** The log, as the shard of one partition sees it for one leader epoch. */
export interface ShardLog {
  readonly partition: PartitionIndex
  readonly leaderEpoch: LeaderEpoch
  /** Whether the shard still speaks for its partition. Ask again after every `await`. */
  readonly isActive: boolean
  /**
   * Appends the records together, and resolves with the first one's offset when they are replicated. They count from
   * then on, and not before. Rejects with KafkaError, NOT_LEADER_OR_FOLLOWER also when leadership has moved meanwhile.
   */
  append(records: readonly CoordinatorRecord[]): Promise<number>
  /** As `append`, as part of a producer's transaction. */
  appendTransactional(
    records: readonly CoordinatorRecord[],
    producer: { readonly id: number; readonly epoch: number },
  ): Promise<number>
  /** Appends records that need not last: what they say can be said again. Waits for nobody, and never fails. */
  appendCarelessly(records: readonly CoordinatorRecord[]): void
}

export interface RuntimeOptions<S extends CoordinatorShard> {
  readonly log: CoordinatorLog
  readonly clock: Clock
  readonly logger: Logger
  readonly createShard: (log: ShardLog) => S
  readonly compression: CompressionType
  readonly append: CoordinatorAppend
  /** Told how long each load took. */
  readonly onLoaded?: (loadMs: number) => void
}

/** A load that has used the event loop for so long lets others have a turn. */
const BREATHE_AFTER_MS = 8
const MIN_RETRY_MS = 100
const MAX_RETRY_MS = 10_000

/**
 * Keeps a coordinator's state in a replicated log. A partition that this broker begins to lead is loaded by replay;
 * then its shard is active until leadership moves. The shard decides in one turn, has records appended, and changes what
 * is stored only when they are replicated, in the order of the log. Each partition has one shard, each shard one thread
 * of turns: nothing needs a lock, and whoever comes back from an `await` asks whether its shard still counts.
 * Source: GroupMetadataManager, TransactionStateManager (3.9): loading one partition at a time, epochs.
 */
export class CoordinatorRuntime<S extends CoordinatorShard> {
  private readonly options: RuntimeOptions<S>
  private readonly logger: Logger
  private readonly hosted = new Map<PartitionIndex, Hosted<S>>()
  private readonly loads = new SerialQueue()
  private loadingCount = 0

  constructor(options: RuntimeOptions<S>) {
    this.options = options
    this.logger = options.logger
  }

  /** Whether some partition is being loaded. */
  get isLoading(): boolean {
    return this.loadingCount > 0
  }

  /** The shards that are loaded. */
  *shards(): Generator<S, void, void> {
    for (const { state, shard } of this.hosted.values()) if (state === 'active') yield shard
  }

  /** The shard of a partition. Returns why there is none otherwise. */
  find(partition: PartitionIndex): S | 'COORDINATOR_LOAD_IN_PROGRESS' | 'NOT_COORDINATOR' {
    const hosted = this.hosted.get(partition)
    if (hosted === undefined) return 'NOT_COORDINATOR'
    return hosted.state === 'active' ? hosted.shard : 'COORDINATOR_LOAD_IN_PROGRESS'
  }

  /** This broker leads the partition: loads it. An epoch that is not newer than the last one is ignored. */
  elect(partition: PartitionIndex, leaderEpoch: LeaderEpoch): void {
    const known = this.hosted.get(partition)
    if (known !== undefined) {
      if (known.leaderEpoch >= leaderEpoch) return
      this.drop(known)
    }
    const hosted = new Hosted(partition, leaderEpoch, this.options)
    this.hosted.set(partition, hosted)
    this.loadingCount++
    const electedMs = this.options.clock.monotonicMs()
    void this.loads.run(() => this.load(hosted, electedMs))
  }

  /** This broker does not lead the partition any more. A stale epoch is ignored; null: it is certain. */
  resign(partition: PartitionIndex, leaderEpoch: LeaderEpoch | null): void {
    const known = this.hosted.get(partition)
    if (known === undefined || (leaderEpoch !== null && leaderEpoch < known.leaderEpoch)) return
    this.drop(known)
    this.logger.info(`partition ${partition} is coordinated elsewhere`, { leaderEpoch })
  }

  /** Gives every partition up: the broker stops. */
  close(): void {
    for (const hosted of [...this.hosted.values()]) this.drop(hosted)
  }

  private drop(hosted: Hosted<S>): void {
    if (hosted.state === 'loading') this.loadingCount--
    this.hosted.delete(hosted.partition)
    hosted.retire()
  }

  // --- loading ------------------------------------------------------------------------------------------------------

  private async load(hosted: Hosted<S>, electedMs: number): Promise<void> {
    const { clock } = this.options
    const { partition, leaderEpoch } = hosted
    for (
      let retryMs = MIN_RETRY_MS;
      hosted.state === 'loading';
      retryMs = Math.min(2 * retryMs, MAX_RETRY_MS)
    ) {
      try {
        const recordCount = await this.replayAll(hosted)
        if (hosted.state !== 'loading') return
        hosted.activate()
        this.loadingCount--
        const loadMs = clock.monotonicMs() - electedMs
        this.options.onLoaded?.(loadMs)
        this.logger.info(`loaded partition ${partition}`, {
          leaderEpoch,
          recordCount,
          loadMs: Math.round(loadMs),
        })
        return
      } catch (error) {
        // Leadership that has gone comes as a KafkaError a moment before we are told.
        if (hosted.state !== 'loading') return
        const level = error instanceof KafkaError ? 'warn' : 'error'
        this.logger[level](`partition ${partition} could not be loaded; trying again`, { error })
        hosted.startAnew()
        await hosted.pause(retryMs)
      }
    }
  }

  /** Returns how many records there were. */
  private async replayAll(hosted: Hosted<S>): Promise<number> {
    const { log, clock } = this.options
    const { partition, shard } = hosted
    const replay = new Replay(shard, (offset, fault) =>
      this.logger.error(`partition ${partition} has a batch that cannot be read; it is left out`, {
        offset,
        fault,
      }),
    )
    let recordCount = 0
    let offset = log.startOffset(partition)
    let turnStartMs = clock.monotonicMs()
    // The end is asked for each time: markers of transactions are appended also to a partition that is being loaded.
    while (offset < log.endOffset(partition)) {
      const { records, nextOffset } = await log.read(partition, offset)
      if (hosted.state !== 'loading') return recordCount
      for (const buffer of records) recordCount += replay.run(buffer)
      if (nextOffset === offset || clock.monotonicMs() - turnStartMs > BREATHE_AFTER_MS) {
        await new Promise<void>((resolve) => clock.endOfTurn(resolve))
        if (hosted.state !== 'loading') return recordCount
        turnStartMs = clock.monotonicMs()
      }
      offset = nextOffset
    }
    return recordCount
  }
}

/** A partition that this broker leads, in one leader epoch. */
class Hosted<S extends CoordinatorShard> implements ShardLog {
  readonly partition: PartitionIndex
  readonly leaderEpoch: LeaderEpoch
  state: 'loading' | 'active' | 'retired' = 'loading'
  shard: S
  private readonly options: RuntimeOptions<S>
  private readonly batcher: RecordBatcher
  private pauseTimer: Timer | null = null
  private endPause: () => void = () => undefined

  constructor(partition: PartitionIndex, leaderEpoch: LeaderEpoch, options: RuntimeOptions<S>) {
    this.partition = partition
    this.leaderEpoch = leaderEpoch
    this.options = options
    this.batcher = new RecordBatcher({ ...options, partition })
    this.shard = options.createShard(this)
  }

  get isActive(): boolean {
    return this.state === 'active'
  }

  activate(): void {
    this.state = 'active'
    this.shard.activate()
  }

  /** The load failed halfway: it begins again with nothing. */
  startAnew(): void {
    this.shard.retire()
    this.shard = this.options.createShard(this)
  }

  /** Waits before the next attempt to load; not at all once the partition is gone. */
  pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.endPause = resolve
      this.pauseTimer = this.options.clock.after(delayMs, resolve)
    })
  }

  retire(): void {
    this.state = 'retired'
    this.pauseTimer?.cancel()
    this.endPause()
    this.batcher.fail(this.gone())
    this.shard.retire()
  }

  async append(records: readonly CoordinatorRecord[]): Promise<number> {
    if (!this.isActive) throw this.gone()
    const offset = await this.batcher.append(records)
    if (!this.isActive) throw this.gone()
    return offset
  }

  async appendTransactional(
    records: readonly CoordinatorRecord[],
    producer: { readonly id: number; readonly epoch: number },
  ): Promise<number> {
    if (!this.isActive) throw this.gone()
    this.batcher.flush()
    const { log, append } = this.options
    const batch = this.batchOf(records, {
      producerId: producer.id,
      producerEpoch: producer.epoch,
      isTransactional: true,
    })
    const offset = await log.append(this.partition, batch, append)
    if (!this.isActive) throw this.gone()
    return offset
  }

  appendCarelessly(records: readonly CoordinatorRecord[]): void {
    if (!this.isActive || records.length === 0) return
    this.batcher.flush()
    const { log, logger } = this.options
    let lists: CoordinatorRecord[][]
    try {
      lists = batchesWithin(records, log.maxBatchBytes(this.partition))
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      lists = []
    }
    for (const list of lists) {
      const batch = this.batchOf(list)
      log.append(this.partition, batch, { ...this.options.append, acks: 0 }).catch((error: unknown) =>
        logger.warn(`partition ${this.partition}: records could not be appended`, {
          count: list.length,
          error: errorOf(error),
        }),
      )
    }
  }

  private batchOf(records: readonly CoordinatorRecord[], options: BatchOptions = {}): Buffer {
    const { clock, compression } = this.options
    const timestamp = clock.nowMs()
    return buildBatch(
      records.map(({ key, value }) => ({ key, value, timestamp })),
      { compression, ...options },
    )
  }

  private gone(): KafkaError {
    return new KafkaError(
      'NOT_LEADER_OR_FOLLOWER',
      `partition ${this.partition} is not coordinated here any more`,
    )
  }
}
