import type { Call } from './call.ts'

/** Calls in the order in which they take effect. Taking the first is cheap however many there are. */
export class CallQueue {
  private calls: Call[] = []
  private head = 0
  private bytes = 0

  get length(): number {
    return this.calls.length - this.head
  }

  /** Of all the requests in it. */
  get sizeBytes(): number {
    return this.bytes
  }

  get first(): Call | undefined {
    return this.calls[this.head]
  }

  push(call: Call): void {
    this.calls.push(call)
    this.bytes += call.frame.length
  }

  shift(): Call | undefined {
    const call = this.calls[this.head]
    if (call === undefined) return undefined
    this.head++
    this.bytes -= call.frame.length
    if (this.head === this.calls.length) {
      this.calls = []
      this.head = 0
    } else if (this.head > 1024 && this.head > this.calls.length / 2) {
      this.calls = this.calls.slice(this.head)
      this.head = 0
    }
    return call
  }

  /** Puts calls before all others, in their order. */
  prepend(calls: readonly Call[]): void {
    const all = [...calls, ...this.drain()]
    for (const call of all) this.push(call)
  }

  /** Takes all of them out. */
  drain(): Call[] {
    const all = this.calls.slice(this.head)
    this.calls = []
    this.head = 0
    this.bytes = 0
    return all
  }

  /** The first ones, up to the one for which `isWanted` is false; they stay in the queue. */
  *leading(isWanted: (call: Call) => boolean): Generator<Call> {
    for (let i = this.head; i < this.calls.length; i++) {
      const call = this.calls[i]
      if (call === undefined || !isWanted(call)) return
      yield call
    }
  }
}
