import { assert } from '../../src/std/assert.ts'
import type { SessionId } from '../zookeeper.ts'

/** What outlives a restart of the server. */
export interface SessionRecord {
  readonly id: SessionId
  readonly timeoutMs: number
  /** 16 bytes; who knows them may go on with the session over another connection. */
  readonly password: Buffer
}

/**
 * The live sessions and when each of them ends unless it is heard of. Pure: `nowMs` is the caller's monotonic time.
 *
 * Ends are rounded up to the next tick, so that a session is ended between its timeout and one tick later, never
 * early. Source: ZooKeeper 3.8 ExpiryQueue.
 */
export class SessionTable {
  private readonly tickTimeMs: number
  private readonly sessions = new Map<SessionId, { record: SessionRecord; expiresAtMs: number }>()

  constructor({ tickTimeMs }: { readonly tickTimeMs: number }) {
    assert(tickTimeMs > 0, 'a tick takes time')
    this.tickTimeMs = tickTimeMs
  }

  get count(): number {
    return this.sessions.size
  }

  get(id: SessionId): SessionRecord | undefined {
    return this.sessions.get(id)?.record
  }

  *records(): IterableIterator<SessionRecord> {
    for (const { record } of this.sessions.values()) yield record
  }

  open(record: SessionRecord, nowMs: number): void {
    assert(!this.sessions.has(record.id), `session ${record.id} opened twice`)
    this.sessions.set(record.id, { record, expiresAtMs: this.expiryOf(record.timeoutMs, nowMs) })
  }

  close(id: SessionId): void {
    assert(this.sessions.delete(id), `session ${id} is not open`)
  }

  /** Heard of: its full timeout begins again. Does nothing for a session that has ended. */
  touch(id: SessionId, nowMs: number): void {
    const session = this.sessions.get(id)
    if (session !== undefined) session.expiresAtMs = this.expiryOf(session.record.timeoutMs, nowMs)
  }

  /** A client that comes back may have another timeout granted. */
  resume(id: SessionId, timeoutMs: number, nowMs: number): void {
    const session = this.sessions.get(id)
    assert(session !== undefined, `session ${id} is not open`)
    session.record = { ...session.record, timeoutMs }
    this.touch(id, nowMs)
  }

  /** A full timeout for everybody: after a time in which nobody could be heard. */
  touchAll(nowMs: number): void {
    for (const id of this.sessions.keys()) this.touch(id, nowMs)
  }

  expired(nowMs: number): SessionId[] {
    const ids: SessionId[] = []
    for (const [id, { expiresAtMs }] of this.sessions) if (expiresAtMs <= nowMs) ids.push(id)
    return ids
  }

  /** When each session ends unless it is heard of, by the same time as `nowMs`. */
  *expiries(): IterableIterator<readonly [SessionId, number]> {
    for (const [id, { expiresAtMs }] of this.sessions) yield [id, expiresAtMs]
  }

  /** How long until sessions are looked through again. */
  untilNextTickMs(nowMs: number): number {
    return (Math.floor(nowMs / this.tickTimeMs) + 1) * this.tickTimeMs - nowMs
  }

  private expiryOf(timeoutMs: number, nowMs: number): number {
    return (Math.floor((nowMs + timeoutMs) / this.tickTimeMs) + 1) * this.tickTimeMs
  }
}

/**
 * The first of a server's session ids: the server's number, then the time, then a counter from zero. Ids of a later
 * start are above those of an earlier one while the clock is. Source: ZooKeeper 3.8 SessionTrackerImpl.
 */
export function firstSessionId(serverNumber: number, nowMs: number): SessionId {
  const time = BigInt.asUintN(64, BigInt(nowMs) << 24n) >> 8n
  return BigInt.asIntN(64, (BigInt(serverNumber) << 56n) | time) as SessionId
}
