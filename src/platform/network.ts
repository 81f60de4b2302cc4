/** What happens on a stream. Called synchronously, one at a time; never after `onClose`. */
export interface StreamHandler {
  /** `length` bytes at the start of `buffer`: valid only during the call, the buffer is shared with other streams. */
  onData(buffer: Buffer, length: number): void
  /**
   * Everything handed to `write` has been passed to the operating system. Follows every write (one may follow several)
   * unless the stream closes before; never runs inside `write`.
   */
  onDrain(): void
  /** The other side will send no more. */
  onEnd(): void
  /**
   * The last call: the stream is gone. `error` says why if it was not in order: a NetworkError (ECONNRESET, EPIPE,
   * ETIMEDOUT …), or what `destroy` was given.
   */
  onClose(error: Error | null): void
}

/** How long a stream whose own end is sent waits for the other side's before it closes without it. */
export const LINGER_MS = 10_000

/** A connected, ordered stream of bytes. */
export interface ByteStream {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  /** Bytes handed to `write` and not yet passed on. */
  readonly unsentBytes: number
  /** Starts delivering. Called once, before any data can be lost. */
  start(handler: StreamHandler): void
  /**
   * Sends the buffers in order with as few system calls as possible. They must not change until `onDrain`, or until
   * `unsentBytes` is 0. Ignored once the stream is closed or destroyed; an error of ours after `end`.
   */
  write(buffers: readonly Buffer[]): void
  /**
   * No `onData` and no `onEnd` until `resume`. The sender is held back: what it sends is left to the two systems, but for
   * one read at most. A lost connection may go unnoticed so long.
   */
  pause(): void
  resume(): void
  /**
   * Sends what is unsent, then that no more will come. What the other side still sends is delivered; the stream closes
   * when that side has ended too, LINGER_MS after our end was sent at the latest. Sending what is unsent has no limit
   * of its own: whoever does not trust the other side to read keeps a deadline and calls `destroy`.
   */
  end(): void
  /** Closes at once; what is unsent is lost, and nothing but `onClose` is called any more. */
  destroy(error?: Error): void
}

export interface Listener {
  /** The bound address. */
  readonly host: string
  /** The bound port, also where 0 was asked for. */
  readonly port: number
  /** Stops accepting. Open streams stay open. */
  close(): Promise<void>
}

/** A refused `listen` or `dial`. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError'
  /** The system's word: ECONNREFUSED, EADDRINUSE, ETIMEDOUT, ENOTFOUND … */
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/**
 * Byte streams between processes. The simulated one adds delay, loss of connection, one-way partitions and stalls.
 *
 * Guarantees: bytes arrive in order or the stream closes; `onClose` comes exactly once for every started stream;
 * a paused stream delivers nothing; `dial` settles within its time limit.
 */
export interface Network {
  listen(
    where: { readonly host: string; readonly port: number; readonly backlog?: number },
    accept: (stream: ByteStream) => void,
  ): Promise<Listener>
  dial(where: {
    readonly host: string
    readonly port: number
    readonly timeoutMs: number
  }): Promise<ByteStream>
  /** This machine's name as others may find it: what an empty host in `advertised.listeners` means. */
  hostName(): string
}
