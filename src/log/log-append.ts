import { KafkaError } from '../model/errors.ts'
import {
  baseOffsetOf,
  isControlBatch,
  lastOffsetOf,
  leaderEpochOf,
  MAGIC_V2,
  magicOf,
  maxTimestampOf,
  producerIdOf,
  stampPlace,
  stampTimestamps,
} from '../records/record-batch.ts'
import { checkFollowerBatches } from './follower-append.ts'
import { LogStorage } from './log-storage.ts'
import { dataBatchOf, markerBatchOf } from './producer-replay.ts'
import type {
  AppendOrigin,
  DataBatch,
  MarkerBatch,
  ProducedBatch,
  VerificationGuard,
} from './producer-state.ts'
import type { NextAppend, Segment } from './segment.ts'

/** How a leader takes a batch in. */
export interface LeaderAppend {
  readonly leaderEpoch: number
  readonly origin: AppendOrigin
  /**
   * Whether the first batch of a transaction needs a guard from `startTransactionVerification`
   * (`transaction.partition.verification.enable`).
   */
  readonly verifiesTransactions?: boolean
  readonly verificationGuard?: VerificationGuard | null
}

/** What became of an append. */
export interface AppendResult {
  /** -1 when there was nothing to append. */
  readonly firstOffset: number
  readonly lastOffset: number
  /** When the broker stamped the records, or -1; for a repeat, the largest timestamp of the batch it repeats. */
  readonly logAppendTimeMs: number
  readonly logStartOffset: number
  /** Whether the producer had sent this batch before: the offsets are those it got then, and nothing was appended. */
  readonly isDuplicate: boolean
  readonly recordCount: number
  readonly sizeBytes: number
}

/** The log's taking in of batches: what a leader checks and stamps, what a follower copies. */
export class LogAppender extends LogStorage {
  /**
   * Takes in what a producer or a coordinator sent: checked, stamped and copied into memory in this turn, written at
   * its end. `records` need only live for the call. The owner hears of `logEndOffset` passing the last offset through
   * the directory's `onWritten`.
   *
   * Throws KafkaError: CORRUPT_MESSAGE, INVALID_RECORD, INVALID_TIMESTAMP, MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE,
   * UNKNOWN_SERVER_ERROR (does not decompress), INVALID_PRODUCER_EPOCH, OUT_OF_ORDER_SEQUENCE_NUMBER,
   * INVALID_TXN_STATE, TRANSACTION_COORDINATOR_FENCED; REQUEST_TIMED_OUT when the device is hopelessly behind.
   */
  appendAsLeader(records: Buffer, options: LeaderAppend): AppendResult {
    this.checkAppendable()
    try {
      return this.leaderAppend(records, options)
    } catch (error) {
      throw this.directory.thrown(error)
    }
  }

  private leaderAppend(records: Buffer, options: LeaderAppend): AppendResult {
    const { state } = this
    const { config, shared } = state
    const { origin } = options
    const nowMs = state.nowMs()
    const valid = shared.validator.validate(records, { partition: state.name, origin, config, nowMs })
    if (valid.sizeBytes === 0) return this.nothingAppended()
    const { buffer, start, sizeBytes, recordCount, timestampType, maxTimestamp } = valid
    if (sizeBytes > config['segment.bytes']) throw this.tooLargeForSegment(sizeBytes)
    this.directory.checkRoom(sizeBytes)
    const firstOffset = state.nextOffset
    const lastOffset = firstOffset + recordCount - 1

    let data: DataBatch | null = null
    let marker: MarkerBatch | null = null
    if (producerIdOf(buffer, start) >= 0) {
      if (isControlBatch(buffer, start)) {
        marker = markerBatchOf(buffer, start, firstOffset)
        if (marker !== null) state.producers.checkMarker(marker, origin)
      } else {
        data = dataBatchOf(buffer, start, firstOffset, lastOffset, maxTimestamp)
        const repeated = origin === 'client' ? state.producers.duplicateOf(data) : null
        if (repeated !== null) return this.duplicate(repeated, recordCount)
        this.checkVerified(data, options)
        state.producers.check(data, origin)
      }
    }

    const next: NextAppend = { sizeBytes, lastOffset, maxTimestamp, nowMs }
    const chunk = this.reserve(next, firstOffset)
    const at = chunk.used
    buffer.copy(chunk.buffer, at, start, start + sizeBytes)
    stampPlace(chunk.buffer, at, firstOffset, options.leaderEpoch)
    stampTimestamps(chunk.buffer, at, timestampType, maxTimestamp)
    this.accept(chunk, next, firstOffset)
    if (options.leaderEpoch > state.epochs.latestEpoch) state.assignEpoch(options.leaderEpoch, firstOffset)
    if (data !== null) state.producers.apply(data)
    if (marker !== null) this.endTransaction(marker, chunk.segment)
    return {
      firstOffset,
      lastOffset,
      logAppendTimeMs: timestampType === 'LogAppendTime' ? nowMs : -1,
      logStartOffset: state.logStartOffset,
      isDuplicate: false,
      recordCount,
      sizeBytes,
    }
  }

  /**
   * Takes in batches as the leader has them: whole ones, offsets and all; a part at the end is ignored. Returns what
   * was appended (`recordCount` as the offsets have it).
   *
   * Throws KafkaError CORRUPT_MESSAGE; UnexpectedAppendOffsetError when the first batch begins before `nextOffset`.
   * Nothing is appended then.
   */
  appendAsFollower(records: Buffer): AppendResult {
    this.checkAppendable()
    try {
      return this.followerAppend(records)
    } catch (error) {
      throw this.directory.thrown(error)
    }
  }

  private followerAppend(records: Buffer): AppendResult {
    const { state } = this
    const checked = checkFollowerBatches(records, state.nextOffset, state.name)
    if (checked.count === 0) return this.nothingAppended()
    this.directory.checkRoom(checked.sizeBytes)
    const nowMs = state.nowMs()
    for (let at = 0; at < checked.sizeBytes;) {
      const sizeBytes = checked.sizeAt(at)
      const baseOffset = baseOffsetOf(records, at)
      const lastOffset = lastOffsetOf(records, at)
      const next: NextAppend = { sizeBytes, lastOffset, maxTimestamp: maxTimestampOf(records, at), nowMs }
      const chunk = this.reserve(next, baseOffset)
      records.copy(chunk.buffer, chunk.used, at, at + sizeBytes)
      this.accept(chunk, next, baseOffset)
      this.learn(records, at, baseOffset, lastOffset, chunk.segment)
      at += sizeBytes
    }
    return {
      firstOffset: checked.firstOffset,
      lastOffset: checked.lastOffset,
      logAppendTimeMs: -1,
      logStartOffset: state.logStartOffset,
      isDuplicate: false,
      recordCount: checked.lastOffset - checked.firstOffset + 1,
      sizeBytes: checked.sizeBytes,
    }
  }

  /** What a replicated batch says about epochs and producers. */
  private learn(records: Buffer, at: number, baseOffset: number, lastOffset: number, segment: Segment): void {
    const { state } = this
    if (magicOf(records, at) < MAGIC_V2) {
      // Batches without epochs make those that are known useless for comparing logs.
      if (state.epochs.clear()) state.saveEpochs()
      return
    }
    const epoch = leaderEpochOf(records, at)
    if (epoch > state.epochs.latestEpoch) state.assignEpoch(epoch, baseOffset)
    if (producerIdOf(records, at) < 0) return
    if (isControlBatch(records, at)) {
      const marker = markerBatchOf(records, at, baseOffset)
      if (marker !== null) this.endTransaction(marker, segment)
    } else {
      state.producers.apply(dataBatchOf(records, at, baseOffset, lastOffset, maxTimestampOf(records, at)))
    }
  }

  private endTransaction(marker: MarkerBatch, segment: Segment): void {
    const { producers } = this.state
    const completed = producers.applyMarker(marker)
    if (completed === null || !completed.isAborted) return
    const { producerId, firstOffset, lastOffset } = completed
    const lastStableOffset = producers.lastStableOffsetAfter(completed)
    segment.abortedTransactions.append({ producerId, firstOffset, lastOffset, lastStableOffset })
  }

  private checkVerified(data: DataBatch, options: LeaderAppend): void {
    if (options.verifiesTransactions !== true || !data.isTransactional) return
    const { producers } = this.state
    if (producers.hasOngoingTransaction(data.producerId)) return
    if (producers.isVerified(data.producerId, options.verificationGuard ?? null)) return
    throw new KafkaError('INVALID_TXN_STATE', 'Record was not part of an ongoing transaction')
  }

  private nothingAppended(): AppendResult {
    return {
      firstOffset: -1,
      lastOffset: -1,
      logAppendTimeMs: -1,
      logStartOffset: this.state.logStartOffset,
      isDuplicate: false,
      recordCount: 0,
      sizeBytes: 0,
    }
  }

  private duplicate(batch: ProducedBatch, recordCount: number): AppendResult {
    return {
      firstOffset: batch.lastOffset - batch.offsetDelta,
      lastOffset: batch.lastOffset,
      logAppendTimeMs: batch.timestamp,
      logStartOffset: this.state.logStartOffset,
      isDuplicate: true,
      recordCount,
      sizeBytes: 0,
    }
  }

  private tooLargeForSegment(sizeBytes: number): KafkaError {
    return new KafkaError(
      'RECORD_LIST_TOO_LARGE',
      `Message batch size is ${sizeBytes} bytes in append to partition ${this.state.name}, which exceeds the maximum configured segment size of ${this.state.config['segment.bytes']}.`,
    )
  }
}
