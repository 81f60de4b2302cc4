import type { PartitionIndex } from '../model/ids.ts'
import type { Clock } from '../platform/clock.ts'
import { BatchBuilder } from '../records/batch-builder.ts'
import type { CompressionType } from '../records/compression/codec.ts'
import { BATCH_HEADER_BYTES } from '../records/record-batch.ts'
import type { Deferred } from '../std/deferred.ts'
import { deferred } from '../std/deferred.ts'
import type { CoordinatorAppend, CoordinatorLog } from './coordinator-log.ts'

/** One record of a coordinator's topic; a null value removes what the key names. */
export interface CoordinatorRecord {
  readonly key: Buffer
  readonly value: Buffer | null
}

/** Somebody whose records are part of a batch: they are appended together or not at all. */
interface Share {
  /** The place of the first of its records in the batch. */
  readonly firstIndex: number
  readonly appended: Deferred<number>
}

/** A record's header, lengths and timestamp: an upper bound. */
const RECORD_OVERHEAD_BYTES = 40

/**
 * Puts the records that one turn of the event loop wants in one partition into one batch: a checksum, a check and a
 * wait for replicas for all of them. Who appends more than fits into a batch with the others gets one of their own.
 */
export class RecordBatcher {
  private readonly log: CoordinatorLog
  private readonly clock: Clock
  private readonly partition: PartitionIndex
  private readonly compression: CompressionType
  private readonly options: CoordinatorAppend
  private builder: BatchBuilder | null = null
  private shares: Share[] = []
  private isScheduled = false

  constructor(options: {
    log: CoordinatorLog
    clock: Clock
    partition: PartitionIndex
    compression: CompressionType
    append: CoordinatorAppend
  }) {
    this.log = options.log
    this.clock = options.clock
    this.partition = options.partition
    this.compression = options.compression
    this.options = options.append
  }

  /** Resolves with the offset of the first of `records`; rejects as `CoordinatorLog.append`. Throws the same, too. */
  append(records: readonly CoordinatorRecord[]): Promise<number> {
    let sizeBytes = 0
    for (const record of records) sizeBytes += sizeOf(record)
    const open = this.builder
    if (open !== null && open.uncompressedSizeBytes + sizeBytes > this.log.maxBatchBytes(this.partition)) {
      this.flush()
    }
    const builder = (this.builder ??= new BatchBuilder({ compression: this.compression }))
    const firstIndex = builder.count
    const timestamp = this.clock.nowMs()
    for (const { key, value } of records) builder.append({ key, value, timestamp })
    const appended = deferred<number>()
    this.shares.push({ firstIndex, appended })
    this.schedule()
    return appended.promise
  }

  private schedule(): void {
    if (this.isScheduled) return
    this.isScheduled = true
    this.clock.endOfTurn(() => {
      this.isScheduled = false
      this.flush()
    })
  }

  /** Appends what has gathered now. Whoever appends past this batcher calls it first, so that nothing is overtaken. */
  flush(): void {
    const { builder, shares } = this
    if (builder === null) return
    this.builder = null
    this.shares = []
    this.log.append(this.partition, builder.build(), this.options).then(
      (firstOffset) => {
        for (const { firstIndex, appended } of shares) appended.resolve(firstOffset + firstIndex)
      },
      (error: Error) => {
        for (const { appended } of shares) appended.reject(error)
      },
    )
  }

  /** Nothing that has gathered will be appended. */
  fail(error: Error): void {
    const { shares } = this
    this.builder = null
    this.shares = []
    for (const { appended } of shares) appended.reject(error)
  }
}

/** The records in the order given, in lists that fit into a batch each; one that fits into none stands alone. */
export function batchesWithin(
  records: readonly CoordinatorRecord[],
  maxBatchBytes: number,
): CoordinatorRecord[][] {
  const batches: CoordinatorRecord[][] = []
  let sizeBytes = Infinity
  for (const record of records) {
    const recordBytes = sizeOf(record)
    if (BATCH_HEADER_BYTES + sizeBytes + recordBytes > maxBatchBytes) {
      batches.push([])
      sizeBytes = 0
    }
    sizeBytes += recordBytes
    batches.at(-1)?.push(record)
  }
  return batches
}

function sizeOf({ key, value }: CoordinatorRecord): number {
  return key.length + (value?.length ?? 0) + RECORD_OVERHEAD_BYTES
}
