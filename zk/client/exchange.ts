import type { ZooKeeperErrorName } from '../zookeeper.ts'
import type { Call } from './call.ts'
import { CallQueue } from './call-queue.ts'
import { MalformedReplyError } from './reply-reader.ts'
import type { ReplyReader } from './reply-reader.ts'
import { XID_OFFSET } from './requests.ts'

export interface ExchangeLimits {
  /** Requests that are sent and not answered (`zookeeper.max.in.flight.requests`). */
  readonly maxInFlight: number
  readonly maxQueued: number
  readonly maxQueuedBytes: number
}

/** A read that breaks this many connections is not sent again. */
const MAX_TIMES_SENT = 5
const MAX_BYTES_PER_WRITE = 1024 * 1024
/** With more waiting than fits, so many places must be free before it is worth a write. */
const MAX_REFILL = 32
const HIGHEST_XID = 0x7fff_ffff

/**
 * The calls of one session, from the queue over the wire to their answers, which come in the order of the requests.
 * It survives connections: it knows what was sent over the present one, and what to do when that breaks.
 */
export class Exchange {
  private readonly limits: ExchangeLimits
  private readonly queued = new CallQueue()
  private readonly inFlight = new CallQueue()
  private xid: number

  /** `lastXid` is the number of the request before the first. */
  constructor(limits: ExchangeLimits, lastXid = 0) {
    this.limits = limits
    this.xid = lastXid
  }

  get queuedCount(): number {
    return this.queued.length
  }

  get inFlightCount(): number {
    return this.inFlight.length
  }

  /** Whether something should be sent: all that waits fits, or enough of it does. */
  get isReady(): boolean {
    const free = this.limits.maxInFlight - this.inFlight.length
    const refill = Math.min(MAX_REFILL, Math.ceil(this.limits.maxInFlight / 4))
    return this.queued.length > 0 && free > 0 && (free >= refill || this.queued.length <= free)
  }

  /** When the request was sent that has waited longest for its answer; Infinity when none has. */
  get waitingSinceMs(): number {
    return this.inFlight.first?.sentMs ?? Infinity
  }

  /** When the next call must have settled. */
  get nextDeadlineMs(): number {
    return Math.min(this.inFlight.first?.deadlineMs ?? Infinity, this.queued.first?.deadlineMs ?? Infinity)
  }

  /** Puts a call at the end of the queue, or fails it with OVERLOADED when the queue is full. */
  add(call: Call): void {
    const { maxQueued, maxQueuedBytes } = this.limits
    if (this.queued.length >= maxQueued || this.queued.sizeBytes + call.frame.length > maxQueuedBytes) {
      call.fail('OVERLOADED', `${this.queued.length} requests of ${this.queued.sizeBytes} bytes are waiting`)
    } else {
      this.queued.push(call)
    }
  }

  /** As `add`, whatever the limits. */
  addLast(call: Call): void {
    this.queued.push(call)
  }

  /** The next requests, as many as may be in flight and fit into one write; null when there are none. */
  takeForSending(nowMs: number): Buffer | null {
    const frames: Buffer[] = []
    let bytes = 0
    while (this.inFlight.length < this.limits.maxInFlight && bytes < MAX_BYTES_PER_WRITE) {
      const call = this.queued.shift()
      if (call === undefined) break
      if (call.isSettled) continue
      this.xid = this.xid >= HIGHEST_XID ? 1 : this.xid + 1
      call.xid = this.xid
      call.frame.writeInt32BE(call.xid, XID_OFFSET)
      call.sentMs = nowMs
      call.timesSent++
      this.inFlight.push(call)
      frames.push(call.frame)
      bytes += call.frame.length
    }
    if (frames.length < 2) return frames[0] ?? null
    return Buffer.concat(frames, bytes)
  }

  /** Hands an answer to the call that it must belong to, and returns when that was sent. */
  answer(xid: number, code: number, reply: ReplyReader): number {
    const call = this.inFlight.first
    if (call?.xid !== xid) {
      const expected = call === undefined ? 'none is waited for' : `${call.xid} is next`
      throw new MalformedReplyError(`an answer to request ${xid} where ${expected}`)
    }
    call.answer(code, reply)
    this.inFlight.shift()
    return call.sentMs
  }

  /** The connection is gone. Reads go first over the next one; nobody knows what became of writes. */
  connectionLost(reason: string): void {
    const again: Call[] = []
    for (const call of this.inFlight.drain()) {
      if (call.isSettled) continue
      if (call.isRepeatable && call.timesSent < MAX_TIMES_SENT) again.push(call)
      else call.fail('UNKNOWN_OUTCOME', `the connection broke after it was sent (${reason})`)
    }
    this.queued.prepend(again)
  }

  /** Fails what is past its deadline. Requests in flight keep their place, for their answers may still come. */
  failOverdue(nowMs: number, reason: string): void {
    const isOverdue = (call: Call) => call.deadlineMs <= nowMs
    for (const call of this.inFlight.leading(isOverdue))
      call.fail('UNKNOWN_OUTCOME', `no answer in time (${reason})`)
    for (const call of this.queued.leading(isOverdue))
      call.fail('NOT_SENT', `not connected in time (${reason})`)
    while (this.queued.first?.isSettled === true) this.queued.shift()
  }

  /** The session is over: fails everything. A request in flight may still be served after the client has closed. */
  end(error: ZooKeeperErrorName, reason: string): void {
    for (const call of this.inFlight.drain())
      call.fail(error === 'CLOSED' ? 'UNKNOWN_OUTCOME' : error, reason)
    for (const call of this.queued.drain()) call.fail(error, reason)
  }
}
