import type { TopicPartition } from '../model/topic-partition.ts'
import type { Uuid } from '../model/uuid.ts'
import { assert } from '../std/assert.ts'
import { PARTITION_METADATA_FILE } from './file-names.ts'
import type { EpochEnd, EpochEntry } from './leader-epochs.ts'
import type { LogConfig } from './log-config.ts'
import { findMaxTimestamp, findTimestamp, type FoundTimestamp } from './log-lookup.ts'
import { LogReader } from './log-reader.ts'
import type { LogPosition, LogSlice, ReadRequest } from './log-slice.ts'
import { LogTrimmer } from './log-trimmer.ts'
import { offsetsBefore } from './offsets-before.ts'
import { partitionMetadataText, readPartitionMetadata } from './partition-metadata.ts'
import type { ProducerEntry, VerificationGuard } from './producer-state.ts'

/**
 * One replica's log: appends, reads, cuts. All that changes it runs in one turn of the event loop or is called by its
 * one owner, who waits for the promise before the next change.
 *
 * `logStartOffset ≤ highWatermark ≤ logEndOffset ≤ nextOffset`: `nextOffset` is the next one to be given away,
 * `logEndOffset` the end for every reader; between them lies what is on its way to the disk, in this order and for a
 * turn as a rule. The high watermark is set by the replication layer; retention and transactions go by it.
 *
 * What any method throws: KafkaError KAFKA_STORAGE_ERROR when the directory is or goes offline.
 * Source: UnifiedLog, LocalLog (Kafka 3.9).
 */
export class Log extends LogTrimmer {
  private reader: LogReader | null = null
  private knownTopicId: Uuid | null | undefined = undefined

  // --- what it is -------------------------------------------------------------------------------------------------

  get topicPartition(): TopicPartition {
    return this.state.topicPartition
  }

  /** `topic-partition`. */
  get name(): string {
    return this.state.name
  }

  get config(): LogConfig {
    return this.state.config
  }

  /** Takes effect with the next append or retention check. */
  set config(config: LogConfig) {
    this.state.folder.config = config
  }

  get logStartOffset(): number {
    return this.state.logStartOffset
  }

  get nextOffset(): number {
    return this.state.nextOffset
  }

  get logEndOffset(): number {
    return this.state.logEndOffset
  }

  get highWatermark(): number {
    return this.state.highWatermark
  }

  /** Everything before it survives a power cut. */
  get recoveryPoint(): number {
    return this.state.recoveryPoint
  }

  /** Whether the log begins inside its first segment, which the checkpoint has to say. */
  get hasMovedStart(): boolean {
    return this.state.logStartOffset > this.state.segments.first.baseOffset
  }

  /** Bytes of all segments, those on their way included. */
  get sizeBytes(): number {
    let size = 0
    for (const segment of this.state.segments.all) size += segment.sizeBytes
    return size
  }

  get segmentCount(): number {
    return this.state.segments.count
  }

  get isClosed(): boolean {
    return this.isShut
  }

  /** Null where the directory does not say: it was made before topics had ids. */
  get topicId(): Uuid | null {
    if (this.knownTopicId === undefined) {
      this.knownTopicId = this.onDisk(() =>
        readPartitionMetadata(this.state.directory.disk, this.state.folder.path),
      )
    }
    return this.knownTopicId
  }

  /** Says once and for all which topic the log belongs to. */
  assignTopicId(topicId: Uuid): void {
    const known = this.topicId
    assert(
      known === null || known === topicId,
      `${this.name} belongs to topic ${known ?? ''}, not ${topicId}`,
    )
    if (known !== null) return
    this.knownTopicId = topicId
    this.directory.smallFiles.save(this.state.folder, PARTITION_METADATA_FILE, () =>
      partitionMetadataText(topicId),
    )
  }

  // --- high watermark and transactions ----------------------------------------------------------------------------

  /** Moves the high watermark, within the log. Returns where it is then. */
  setHighWatermark(offset: number): number {
    const { state } = this
    const within = Math.min(Math.max(offset, state.logStartOffset), state.logEndOffset)
    if (within === state.highWatermark) return within
    state.highWatermark = within
    state.directory.hasMovedHighWatermarks = true
    state.producersIfKnown?.onHighWatermark(within)
    return within
  }

  /** What read_committed may read up to: no open transaction, and none whose end is not replicated, lies before it. */
  get lastStableOffset(): number {
    const { state } = this
    const first = this.onDisk(() => state.producers).firstUnstableOffset
    if (first === null) return state.highWatermark
    return Math.min(Math.max(first, state.logStartOffset), state.highWatermark)
  }

  /**
   * Begins to verify with the coordinator that the producer's transaction includes this partition. The guard goes with
   * the append; null when the transaction has begun here already and needs none.
   */
  startTransactionVerification(
    producerId: number,
    producerEpoch: number,
    firstSequence: number,
  ): VerificationGuard | null {
    return this.onDisk(() => this.state.producers).startVerification(
      producerId,
      producerEpoch,
      firstSequence,
      this.state.nowMs(),
    )
  }

  hasOngoingTransaction(producerId: number): boolean {
    return this.onDisk(() => this.state.producers).hasOngoingTransaction(producerId)
  }

  /** Every producer that the log remembers. */
  activeProducers(): readonly ProducerEntry[] {
    return [...this.onDisk(() => this.state.producers).all()]
  }

  /** Forgets producers that have been silent for `producer.id.expiration.ms`. */
  expireProducers(): void {
    this.state.producersIfKnown?.expire(this.state.nowMs(), this.state.shared.producerIdExpirationMs())
  }

  // --- leader epochs ----------------------------------------------------------------------------------------------

  /** -1 when no batch and no leader has left one. */
  get latestEpoch(): number {
    return this.onDisk(() => this.state.epochs).latestEpoch
  }

  get leaderEpochs(): readonly EpochEntry[] {
    return this.onDisk(() => this.state.epochs).all
  }

  /** From here on batches are of `epoch`: called when this replica becomes the leader, before it appends. */
  assignLeaderEpoch(epoch: number, startOffset: number): void {
    this.onDisk(() => this.state.assignEpoch(epoch, startOffset))
  }

  /** Where `epoch` ends in this log: see LeaderEpochs. */
  endOffsetForEpoch(epoch: number): EpochEnd {
    return this.onDisk(() => this.state.epochs).endOffsetFor(epoch, this.state.logEndOffset)
  }

  // --- reading ----------------------------------------------------------------------------------------------------

  /**
   * Whole batches from the one with `request.offset` on: at once when they are in memory or few, else from the thread
   * pool. Throws KafkaError OFFSET_OUT_OF_RANGE.
   */
  read(request: ReadRequest): LogSlice | Promise<LogSlice> {
    this.directory.checkOnline()
    try {
      const slice = this.logReader.read(request)
      return slice instanceof Promise ? slice.catch(this.rethrow) : slice
    } catch (error) {
      throw this.directory.thrown(error)
    }
  }

  /** Where `offset` lies, for measuring distances in bytes; null where that would need the disk. */
  positionOf(offset: number): LogPosition | null {
    return this.logReader.positionOf(offset)
  }

  /** The first record with this timestamp or a later one, up to `logEndOffset`. Null when there is none. */
  async offsetForTimestamp(timestamp: number): Promise<FoundTimestamp | null> {
    this.directory.checkOnline()
    return findTimestamp(this.state, timestamp).catch(this.rethrow)
  }

  /** The first record with the largest timestamp. Null when no record has one. */
  async offsetOfMaxTimestamp(): Promise<FoundTimestamp | null> {
    this.directory.checkOnline()
    return findMaxTimestamp(this.state).catch(this.rethrow)
  }

  /** Where segments begin that were there at `timestamp`, or at LATEST (-1), EARLIEST (-2): newest first. */
  offsetsBefore(timestamp: number, maxCount: number): number[] {
    this.directory.checkOnline()
    try {
      return offsetsBefore(this.state, timestamp, maxCount)
    } catch (error) {
      throw this.directory.thrown(error)
    }
  }

  private get logReader(): LogReader {
    return (this.reader ??= new LogReader(this.state))
  }

  protected override forgetPlaces(): void {
    this.reader?.forget()
  }

  // --- its end ----------------------------------------------------------------------------------------------------

  /** Gives back the memory that only a busy log needs, if the log is quiet. Returns whether it is. */
  rest(): boolean {
    const { state } = this
    if (this.isShut || !this.directory.isOnline) return true
    if (state.tail !== null && !state.tail.isEmpty) return false
    state.tail = null
    this.reader = null
    this.onDisk(() => state.segments.active.rest())
    return true
  }

  /** Writes out everything and closes the files: after this a start needs no recovery. */
  async close(): Promise<void> {
    if (this.isShut) return
    this.abortCompaction()
    await this.exclusively(async () => {
      await this.drain()
      this.isShut = true
      await this.flushFinally()
      for (const segment of this.state.segments.all) segment.discard()
      this.directory.checkOnline()
    }).catch(this.rethrow)
    this.state.tail?.clear()
  }

  /** Stops using the files without writing anything: the directory has failed, or the log is deleted. */
  async abandon(): Promise<void> {
    const { state, directory } = this
    this.isShut = true
    this.abortCompaction()
    this.stopWaiting()
    await directory.smallFiles.forget(state.folder)
    await this.writerIdle()
    directory.unwrittenBytes -= state.tail?.unwrittenBytes ?? 0
    state.tail?.clear()
    this.takeUnflushed()
    for (const segment of state.segments.all) segment.discard()
  }

  /** Whether small files are being replaced in the log's directory: until they are it cannot be renamed. */
  get hasPendingFiles(): boolean {
    return this.directory.smallFiles.isPending(this.state.folder)
  }

  /** Gives the log's directory another name, at once; open files stay open. */
  rename(name: string): void {
    const { folder, directory } = this.state
    this.onDisk(() => directory.disk.rename(folder.path, `${directory.path}/${name}`))
    folder.name = name
  }

  /**
   * The log is deleted: its directory gets a name under which nobody loads it, at once, so that another log of this
   * partition can be made; the rest waits for calls that are under way. Returns the new path.
   */
  async retire(name: string): Promise<string> {
    const { folder, directory } = this.state
    this.isShut = true
    this.abortCompaction()
    this.stopWaiting()
    const from = folder.path
    // From now on what fails in it is no failure.
    const settled = directory.smallFiles.forget(folder)
    folder.name = name
    this.onDisk(() => directory.disk.rename(from, folder.path))
    await settled
    await this.exclusively(() => this.abandon())
    await directory.disk.syncDirectory(directory.path).catch(this.rethrow)
    return folder.path
  }
}
