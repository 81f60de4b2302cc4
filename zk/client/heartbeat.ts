import type { Clock, Timer } from '../../src/platform/clock.ts'
import { judgeSilence, nextJudgementMs } from './liveness.ts'
import type { Silence } from './liveness.ts'

/** Our own timers run no more often than this. */
const MIN_BEAT_MS = 10

export interface HeartbeatHandler {
  /** When the call that waits longest was sent; Infinity when none does. */
  waitingSinceMs(): number
  /** When the next call must have settled; Infinity when none is pending. */
  nextDeadlineMs(): number
  /** Comes at the deadlines of calls, connected or not. */
  onBeat(nowMs: number): void
  sendPing(): void
  /** The server has not answered for `silentMs`. */
  onDead(silentMs: number): void
}

/** Watches the time for one session: pings in time, sees a server that has gone silent, wakes calls at their deadline. */
export class Heartbeat {
  /** The session's, as the server granted it. */
  timeoutMs: number
  /** When the request was sent that the server answered last: it has certainly heard of us then. */
  provenMs = -Infinity
  /** How long the last ping took; -1 before the first. */
  pingMs = -1
  private readonly clock: Clock
  private readonly handler: HeartbeatHandler
  private isConnected = false
  private hasStopped = false
  private lastHeardMs = 0
  private lastSentMs = 0
  private pingSentMs = Infinity
  private timer: Timer | null = null

  constructor(clock: Clock, timeoutMs: number, handler: HeartbeatHandler) {
    this.clock = clock
    this.timeoutMs = timeoutMs
    this.handler = handler
  }

  start(): void {
    this.plan(this.timeoutMs / 6)
  }

  stop(): void {
    this.hasStopped = true
    this.timer?.cancel()
  }

  /** A server serves the session, which it was asked for at `askedMs`. */
  connected(askedMs: number, nowMs: number): void {
    this.isConnected = true
    this.provenMs = askedMs
    this.lastHeardMs = nowMs
    this.lastSentMs = nowMs
    this.pingSentMs = Infinity
    this.plan(0)
  }

  disconnected(): void {
    this.isConnected = false
  }

  sent(nowMs: number): void {
    this.lastSentMs = nowMs
  }

  /** The server has answered a request that was sent at `sentMs`. */
  answered(sentMs: number, nowMs: number): void {
    this.lastHeardMs = nowMs
    this.provenMs = Math.max(this.provenMs, sentMs)
  }

  pingAnswered(nowMs: number): void {
    if (this.pingSentMs === Infinity) return
    this.answered(this.pingSentMs, nowMs)
    this.pingMs = nowMs - this.pingSentMs
    this.pingSentMs = Infinity
  }

  private plan(delayMs: number): void {
    this.timer?.cancel()
    // Judged at the end of the turn: what arrived while this process was busy is read first.
    this.timer = this.clock.after(Math.max(MIN_BEAT_MS, delayMs), () => {
      this.clock.endOfTurn(() => this.beat())
    })
  }

  private beat(): void {
    if (this.hasStopped) return
    const nowMs = this.clock.monotonicMs()
    this.handler.onBeat(nowMs)
    const nextMs = this.isConnected ? this.checkServer(nowMs) : nowMs + this.timeoutMs / 6
    this.plan(Math.min(nextMs, this.handler.nextDeadlineMs()) - nowMs)
  }

  /** Returns when to check again. */
  private checkServer(nowMs: number): number {
    const verdict = judgeSilence(this.silence(nowMs))
    if (verdict === 'dead') this.handler.onDead(nowMs - this.lastHeardMs)
    if (verdict === 'ping' && this.pingSentMs === Infinity) {
      this.pingSentMs = nowMs
      this.lastSentMs = nowMs
      this.handler.sendPing()
    }
    return nextJudgementMs(this.silence(nowMs))
  }

  private silence(nowMs: number): Silence {
    const { lastHeardMs, lastSentMs, timeoutMs } = this
    const waitingSinceMs = Math.min(this.handler.waitingSinceMs(), this.pingSentMs)
    return { nowMs, lastHeardMs, lastSentMs, waitingSinceMs, timeoutMs }
  }
}
