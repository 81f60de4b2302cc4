import type { Acknowledged } from '../client/producer-queue.ts'
import { recordBytes } from '../client/producer-queue.ts'
import type { Clock } from '../platform/clock.ts'
import { readableBytes } from './byte-size.ts'
import type { RecordInput } from '../records/batch-builder.ts'

interface PartitionTally {
  readonly partition: number
  records: number
  firstOffset: number
  lastOffset: number
}

/** What became of the records of one `zurau produce`. */
export class ProduceTally {
  sentCount = 0
  acknowledgedCount = 0
  /** Why the first record was lost. */
  failure: Error | null = null
  private bytes = 0
  private readonly startedMs: number
  private readonly partitions = new Map<number, PartitionTally>()
  private readonly clock: Clock

  constructor(clock: Clock) {
    this.clock = clock
    this.startedMs = clock.monotonicMs()
  }

  sent(record: RecordInput): void {
    this.sentCount++
    this.bytes += recordBytes(record) - recordBytes({})
  }

  acknowledged({ partition, offset }: Acknowledged): void {
    this.acknowledgedCount++
    const tally = this.partitions.get(partition)
    if (tally === undefined) {
      this.partitions.set(partition, { partition, records: 1, firstOffset: offset, lastOffset: offset })
      return
    }
    tally.records++
    if (offset > tally.lastOffset) tally.lastOffset = offset
    if (offset < tally.firstOffset) tally.firstOffset = offset
  }

  failed(error: unknown): void {
    this.failure ??= error instanceof Error ? error : new Error(String(error))
  }

  report(topic: string) {
    return {
      topic,
      records: this.acknowledgedCount,
      bytes: this.bytes,
      elapsedMs: Math.round(this.clock.monotonicMs() - this.startedMs),
      partitions: [...this.partitions.values()].sort((one, other) => one.partition - other.partition),
    }
  }

  /** `demo-0 @ 0   5 B   2 ms`, and a line per partition where there are more records. */
  line(topic: string): string {
    const { bytes, elapsedMs, partitions } = this.report(topic)
    const lines = partitions.map(({ partition, records, firstOffset, lastOffset }) => {
      const offsets =
        firstOffset < 0 ? '?' : firstOffset === lastOffset ? firstOffset : `${firstOffset}..${lastOffset}`
      return `${topic}-${partition} @ ${offsets}${records > 1 ? `   ${records} records` : ''}`
    })
    const [first, ...others] = lines
    if (first === undefined) return ''
    if (others.length === 0) return `${first}   ${readableBytes(bytes)}   ${elapsedMs} ms\n`
    const all = `${this.acknowledgedCount} records   ${readableBytes(bytes)}   ${elapsedMs} ms`
    return [...lines, all, ''].join('\n')
  }
}
