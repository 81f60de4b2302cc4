import type { ZooKeeperErrorName } from '../zookeeper.ts'
import { ZooKeeperError } from '../zookeeper.ts'
import { ERROR_CODE, errorNameOf } from './error-codes.ts'
import type { ReplyReader } from './reply-reader.ts'

export interface CallOptions<T> {
  /** For messages: `set`, `children`. */
  readonly operation: string
  readonly path: string
  /** The whole request with its length in front; the xid is filled in when it is sent. */
  readonly frame: Buffer
  /** Whether it may be sent a second time when nobody knows what became of the first: reads. */
  readonly isRepeatable: boolean
  /** When the call must have settled, by the monotonic clock. */
  readonly deadlineMs: number
  /** Makes the result from the body of a reply without error. */
  readonly read: (reply: ReplyReader) => T
  /** The result when the server says NO_NODE, for calls to whom that is an answer. */
  readonly absent?: { readonly value: T }
  /** The server has answered, and has set the watch that was asked for. */
  readonly onAnswer?: (exists: boolean) => void
}

/** A request on its way: queued, sent, and settled exactly once. */
export interface Call {
  readonly operation: string
  readonly path: string
  readonly frame: Buffer
  readonly isRepeatable: boolean
  readonly deadlineMs: number
  readonly isSettled: boolean
  /** When it was written to the socket, by the monotonic clock. */
  sentMs: number
  /** How often it was written. */
  timesSent: number
  xid: number
  /** The server's answer. Throws MalformedReplyError, and is not settled then, when it makes no sense. */
  answer(code: number, reply: ReplyReader): void
  fail(error: ZooKeeperErrorName, reason: string): void
}

/** A call whose outcome is a promise's. */
export class PromisedCall<T> implements Call {
  readonly promise: Promise<T>
  readonly operation: string
  readonly path: string
  readonly frame: Buffer
  readonly isRepeatable: boolean
  readonly deadlineMs: number
  sentMs = 0
  timesSent = 0
  xid = 0
  private settled = false
  private readonly options: CallOptions<T>
  private resolve!: (value: T) => void
  private reject!: (error: ZooKeeperError) => void

  constructor(options: CallOptions<T>) {
    this.options = options
    this.operation = options.operation
    this.path = options.path
    this.frame = options.frame
    this.isRepeatable = options.isRepeatable
    this.deadlineMs = options.deadlineMs
    this.promise = new Promise<T>((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
  }

  get isSettled(): boolean {
    return this.settled
  }

  answer(code: number, reply: ReplyReader): void {
    if (this.settled) return
    const { absent, onAnswer } = this.options
    if (code === ERROR_CODE.noNode && absent !== undefined) {
      this.settled = true
      onAnswer?.(false)
      this.resolve(absent.value)
    } else if (code === ERROR_CODE.ok) {
      this.succeed(reply)
    } else {
      const name = errorNameOf(code)
      this.fail(
        name,
        name === 'SYSTEM_ERROR' ? `the server answered with error ${code}` : 'the server refused',
      )
    }
  }

  fail(error: ZooKeeperErrorName, reason: string): void {
    if (this.settled) return
    this.failWith(new ZooKeeperError(error, this.path, `${error} ${this.operation} ${this.path}: ${reason}`))
  }

  private succeed(reply: ReplyReader): void {
    let value: T
    try {
      value = this.options.read(reply)
    } catch (error) {
      if (!(error instanceof ZooKeeperError)) throw error
      this.failWith(error)
      return
    }
    this.settled = true
    this.options.onAnswer?.(true)
    this.resolve(value)
  }

  private failWith(error: ZooKeeperError): void {
    this.settled = true
    this.reject(error)
  }
}
