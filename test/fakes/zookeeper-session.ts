import { SerialQueue } from '../../src/std/serial-queue.ts'
import type { Session, SessionId, SessionListener, SessionState } from '../../zk/zookeeper.ts'

/** A client's session, and after its end the next one: what listeners hear, and in which order. */
export class FakeSession implements Session {
  state: SessionState = 'connecting'
  id = 0n as SessionId
  timeoutMs: number
  private readonly requestedTimeoutMs: number
  private readonly beginNext: () => void
  private readonly onError: (message: string, error: unknown) => void
  private readonly listeners = new Set<SessionListener>()
  private readonly lifecycle = new SerialQueue()
  private provenMs = -Infinity
  private hasEndedOnce = false

  constructor(options: {
    readonly timeoutMs: number
    /** The listeners have finished with a session that ended. */
    readonly beginNext: () => void
    /** Hears of what a listener throws. */
    readonly onError: (message: string, error: unknown) => void
  }) {
    this.timeoutMs = options.timeoutMs
    this.requestedTimeoutMs = options.timeoutMs
    this.beginNext = options.beginNext
    this.onError = options.onError
  }

  get deadlineMs(): number {
    return this.state === 'connected' || this.state === 'suspended'
      ? this.provenMs + this.timeoutMs
      : -Infinity
  }

  listen(listener: SessionListener): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** The service has certainly heard of us at `sentMs`: it has answered what was sent then. */
  proven(sentMs: number): void {
    this.provenMs = Math.max(this.provenMs, sentMs)
  }

  connected(granted: { readonly id: SessionId; readonly timeoutMs: number }, sentMs: number): void {
    const isNew = this.id !== granted.id && this.hasEndedOnce
    this.id = granted.id
    this.timeoutMs = granted.timeoutMs
    this.proven(sentMs)
    this.become('connected', 'connected')
    if (isNew) void this.lifecycle.run(() => this.tellAll('afterNewSession'))
  }

  suspended(reason: string): void {
    if (this.state === 'connected') this.become('suspended', reason)
  }

  expired(reason: string): void {
    this.hasEndedOnce = true
    this.become('expired', reason)
    void this.lifecycle.run(async () => {
      await this.tellAll('beforeNewSession')
      if (this.state === 'closed') return
      this.id = 0n as SessionId
      this.timeoutMs = this.requestedTimeoutMs
      this.provenMs = -Infinity
      this.become('connecting', 'a new session begins')
      this.beginNext()
    })
  }

  closed(): void {
    this.become('closed', 'closed by the client')
  }

  private become(state: SessionState, reason: string): void {
    if (this.state === state) return
    this.state = state
    const event = { state, sessionId: this.id, timeoutMs: this.timeoutMs, reason }
    for (const listener of [...this.listeners]) {
      try {
        listener.onState?.(event)
      } catch (error) {
        this.onError('a session listener failed in onState', error)
      }
    }
  }

  private async tellAll(what: 'beforeNewSession' | 'afterNewSession'): Promise<void> {
    const tell = async (listener: SessionListener): Promise<void> => {
      try {
        await listener[what]?.()
      } catch (error) {
        this.onError(`a session listener failed in ${what}`, error)
      }
    }
    await Promise.all([...this.listeners].map(tell))
  }
}
