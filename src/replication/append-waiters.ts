import type { ErrorName } from '../model/errors.ts'
import { Fifo } from '../std/fifo.ts'
import type { AppendWaiter } from './delayed-produce.ts'

/**
 * The produce requests that wait for one partition. Offsets grow with arrival, so that those who are done are always
 * at the front: completing costs what it completes, however many wait.
 */
export class AppendWaiters {
  private readonly waiters = new Fifo<AppendWaiter>()

  get length(): number {
    return this.waiters.length
  }

  add(waiter: AppendWaiter): void {
    this.waiters.push(waiter)
  }

  /** Finishes everybody who waits for an offset up to `reached`. */
  complete(reached: number, error: ErrorName = 'NONE'): void {
    for (let first = this.waiters.peek(); first !== undefined; first = this.waiters.peek()) {
      if (first.requiredOffset > reached && !first.request.isFinished) return
      this.waiters.shift()
      first.request.settle(first.result, error)
    }
  }

  /** Nobody's wait will come true: the leadership or the disk is gone. */
  fail(error: ErrorName): void {
    for (const { request, result } of this.waiters.drain()) request.settle(result, error)
  }
}
