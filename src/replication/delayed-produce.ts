import type { ErrorName, KafkaError } from '../model/errors.ts'
import type { Timer } from '../platform/clock.ts'
import type { RecordFault } from '../log/record-errors.ts'
import { deferred } from '../std/deferred.ts'

/** What became of one partition's records. Filled in as the broker finds out; read when the request is answered. */
export interface PartitionAppend {
  readonly topic: string
  readonly partition: number
  error: ErrorName
  /** For people; null on success. */
  message: string | null
  faults: readonly RecordFault[]
  firstOffset: number
  logAppendTimeMs: number
  logStartOffset: number
}

export function unansweredAppend(topic: string, partition: number): PartitionAppend {
  return {
    topic,
    partition,
    error: 'NONE',
    message: null,
    faults: [],
    firstOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset: -1,
  }
}

export function failedAppend(
  { topic, partition }: { readonly topic: string; readonly partition: number },
  { error, message }: KafkaError,
): PartitionAppend {
  return { ...unansweredAppend(topic, partition), error, message }
}

/** One partition of a produce request, waiting until the log is known to be as long as `requiredOffset`. */
export interface AppendWaiter {
  readonly requiredOffset: number
  readonly result: PartitionAppend
  readonly request: DelayedProduce
}

/**
 * A produce request whose records have their offsets and are not yet where the producer wants them: on this broker's
 * disk (acks=1), on every in-sync replica's (acks=all). Finishes when all of its partitions have, or at its deadline:
 * what is unfinished then is REQUEST_TIMED_OUT, and may be there all the same.
 * Source: kafka.server.DelayedProduce.
 */
export class DelayedProduce {
  private readonly waiting = new Set<PartitionAppend>()
  private readonly completion = deferred<void>()
  private timer: Timer | null = null

  /** Settles when the request may be answered. */
  get finished(): Promise<void> {
    return this.completion.promise
  }

  get isFinished(): boolean {
    return this.waiting.size === 0
  }

  expect(result: PartitionAppend): void {
    this.waiting.add(result)
  }

  expireWith(timer: Timer): void {
    this.timer = timer
  }

  /** The partition's part is over, one way or the other. Harmless when it was over already. */
  settle(result: PartitionAppend, error: ErrorName): void {
    if (!this.waiting.delete(result)) return
    if (error !== 'NONE') {
      result.error = error
      result.firstOffset = -1
    }
    if (this.waiting.size > 0) return
    this.timer?.cancel()
    this.completion.resolve()
  }

  expire(): void {
    for (const result of [...this.waiting]) this.settle(result, 'REQUEST_TIMED_OUT')
  }
}
