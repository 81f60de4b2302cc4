import type { Clock } from '../../src/platform/clock.ts'
import { sleep } from '../../src/platform/clock.ts'
import type { Logger } from '../../src/platform/logger.ts'
import { deferred } from '../../src/std/deferred.ts'
import { SerialQueue } from '../../src/std/serial-queue.ts'
import type { Session, SessionEvent, SessionId, SessionListener, SessionState } from '../zookeeper.ts'
import { ZooKeeperError } from '../zookeeper.ts'
import type { Connection } from './connection.ts'
import { sessionName } from './session-name.ts'

/** As Kafka: after a refusal of our credentials a new session is tried so much later. */
const AUTH_RETRY_MS = 1000

/** What a session needs of its connection, and its clients after it. */
export type SessionConnection = Pick<
  Connection,
  | 'state'
  | 'reason'
  | 'id'
  | 'timeoutMs'
  | 'provenMs'
  | 'pingMs'
  | 'inFlightCount'
  | 'queuedCount'
  | 'start'
  | 'close'
  | 'submit'
  | 'addWatch'
>

export interface ClientSessionOptions {
  readonly clock: Clock
  readonly logger: Logger
  /** Makes the connection of one session, which is started here and calls `onState` after each change of its state. */
  openConnection(onState: () => void): SessionConnection
}

/**
 * One session after the other. When one has ended, its successor begins as soon as every listener has finished with the
 * old one; the listeners are told again when the new one is connected. These two alternate, whatever happens between.
 */
export class ClientSession implements Session {
  private readonly options: ClientSessionOptions
  private readonly listeners = new Set<SessionListener>()
  private readonly lifecycle = new SerialQueue()
  private readonly firstConnected = deferred<void>()
  private currentState: SessionState = 'connecting'
  private current: SessionConnection
  private isClosing = false

  constructor(options: ClientSessionOptions) {
    this.options = options
    this.current = this.open({ isFirst: true })
  }

  get state(): SessionState {
    return this.currentState
  }

  get id(): SessionId {
    return this.current.id
  }

  get timeoutMs(): number {
    return this.current.timeoutMs
  }

  get deadlineMs(): number {
    const isAlive = this.currentState === 'connected' || this.currentState === 'suspended'
    return isAlive ? this.current.provenMs + this.current.timeoutMs : -Infinity
  }

  /** The present session's; between two sessions it is the ended one's, where calls fail with SESSION_EXPIRED. */
  get connection(): SessionConnection {
    return this.current
  }

  start(): void {
    this.current.start()
  }

  /** Resolves when the first session is connected; rejects when our credentials are refused. */
  connected(): Promise<void> {
    return this.firstConnected.promise
  }

  listen(listener: SessionListener): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  async close(): Promise<void> {
    this.isClosing = true
    await this.current.close()
    if (this.state !== 'closed') this.become('closed', 'closed by the client')
  }

  private open({ isFirst }: { readonly isFirst: boolean }): SessionConnection {
    let isNew = !isFirst
    const connection = this.options.openConnection(() => {
      const { state, reason } = connection
      if (state === this.currentState) return
      this.become(state, reason)
      if (state === 'connected') {
        this.firstConnected.resolve()
        if (isNew) this.announceNewSession()
        isNew = false
      } else if (state === 'expired' || state === 'auth-failed') {
        if (state === 'auth-failed')
          this.firstConnected.reject(new ZooKeeperError('AUTH_FAILED', '/', reason))
        this.replace(state === 'auth-failed' ? AUTH_RETRY_MS : 0)
      }
    })
    return connection
  }

  private replace(delayMs: number): void {
    void this.lifecycle.run(async () => {
      await this.tellAll('beforeNewSession')
      if (delayMs > 0) await sleep(this.options.clock, delayMs)
      if (this.isClosing) return
      this.current = this.open({ isFirst: false })
      this.become('connecting', 'a new session begins')
      this.current.start()
    })
  }

  private announceNewSession(): void {
    void this.lifecycle.run(() => this.tellAll('afterNewSession'))
  }

  private async tellAll(what: 'beforeNewSession' | 'afterNewSession'): Promise<void> {
    const tell = async (listener: SessionListener) => {
      try {
        await listener[what]?.()
      } catch (error) {
        this.options.logger.error(`a session listener failed in ${what}`, { error })
      }
    }
    await Promise.all([...this.listeners].map(tell))
  }

  private become(state: SessionState, reason: string): void {
    this.currentState = state
    const event: SessionEvent = { state, sessionId: this.id, timeoutMs: this.timeoutMs, reason }
    this.log(event)
    for (const listener of [...this.listeners]) {
      try {
        listener.onState?.(event)
      } catch (error) {
        this.options.logger.error('a session listener failed in onState', { error })
      }
    }
  }

  private log({ state, sessionId, timeoutMs, reason }: SessionEvent): void {
    const { logger } = this.options
    const words = `ZooKeeper session ${sessionName(sessionId)} is ${state}: ${reason}`
    if (state === 'expired' || state === 'auth-failed') logger.error(words)
    else if (state === 'suspended') logger.warn(words)
    else logger.info(words, { timeoutMs })
  }
}
