import { assert } from '../../src/std/assert.ts'
import type { SessionId, Zxid } from '../zookeeper.ts'
import { ANY_VERSION } from '../zookeeper.ts'
import type { Actor } from './access.ts'
import { DataTree } from './data-tree.ts'
import type { AppliedChange, Change, Moment } from './data-tree.ts'
import type { ServerError } from './error-codes.ts'
import { decide } from './operations.ts'
import type { TreeOperation } from './operations.ts'
import { SessionTable } from './sessions.ts'
import type { SessionRecord } from './sessions.ts'
import type { Transaction } from './transaction.ts'

/** All operations were done, or none and the one at `index` is to blame. Either way one zxid was taken. */
export type Outcome =
  | { readonly kind: 'done'; readonly zxid: Zxid; readonly changes: readonly AppliedChange[] }
  | { readonly kind: 'refused'; readonly zxid: Zxid; readonly error: ServerError; readonly index: number }

/** What is known before the first transaction, from a snapshot or from nowhere. */
export interface DatabaseStart {
  readonly tree: DataTree
  readonly sessions: SessionTable
  readonly zxid: Zxid
}

/**
 * What a ZooKeeper knows: the tree, the sessions, and how far its history has come. Every step of the history is
 * handed to `onTransaction` in order, at the moment when it has been applied; replaying these leads here again.
 *
 * Pure: `timeMs` (wall clock, for stats) and `nowMs` (monotonic, for expiry) are the caller's. A standalone server
 * counts its zxids one by one from 1, in epoch 0.
 */
export class Database {
  readonly tree: DataTree
  readonly sessions: SessionTable
  private lastZxid: Zxid
  private readonly onTransaction: (transaction: Transaction) => void

  constructor(start: DatabaseStart, onTransaction: (transaction: Transaction) => void) {
    this.tree = start.tree
    this.sessions = start.sessions
    this.lastZxid = start.zxid
    this.onTransaction = onTransaction
  }

  static empty(tickTimeMs: number, onTransaction: (transaction: Transaction) => void): Database {
    const start = { tree: DataTree.atBirth(), sessions: new SessionTable({ tickTimeMs }), zxid: 0 as Zxid }
    return new Database(start, onTransaction)
  }

  /** The newest transaction that was applied. */
  get zxid(): Zxid {
    return this.lastZxid
  }

  /** One transaction of all `operations`, each seeing what those before it did. A lone operation is a list of one. */
  write(actor: Actor, operations: readonly TreeOperation[], timeMs: number): Outcome {
    const moment = this.nextMoment(timeMs)
    const changes: Change[] = []
    const applied: AppliedChange[] = []
    for (const operation of operations) {
      const decision = decide(this.tree, actor, operation)
      if (typeof decision === 'string') {
        for (const change of applied.toReversed()) this.tree.revert(change)
        this.onTransaction({ ...moment, kind: 'nothing' })
        return { kind: 'refused', zxid: moment.zxid, error: decision, index: applied.length }
      }
      applied.push(this.tree.apply(decision, moment))
      if (decision.kind !== 'check') changes.push(decision)
    }
    this.onTransaction({ ...moment, kind: 'changes', changes })
    return { kind: 'done', zxid: moment.zxid, changes: applied }
  }

  /** A write that could not even be understood takes its zxid too. */
  refuse(timeMs: number): Zxid {
    const moment = this.nextMoment(timeMs)
    this.onTransaction({ ...moment, kind: 'nothing' })
    return moment.zxid
  }

  openSession(session: SessionRecord, timeMs: number, nowMs: number): void {
    this.sessions.open(session, nowMs)
    this.onTransaction({ ...this.nextMoment(timeMs), kind: 'open-session', session })
  }

  /** Ends an open session and deletes its ephemerals, in one transaction. */
  closeSession(sessionId: SessionId, timeMs: number): AppliedChange[] {
    const moment = this.nextMoment(timeMs)
    const applied = this.applySessionEnd(sessionId, moment)
    this.onTransaction({ ...moment, kind: 'close-session', sessionId })
    return applied
  }

  /** Deletes a container that has been left by its last child, unless it has got a new one meanwhile. */
  deleteContainer(path: string, timeMs: number): readonly AppliedChange[] {
    const outcome = this.write(gardener, [{ kind: 'delete', path, version: ANY_VERSION }], timeMs)
    return outcome.kind === 'done' ? outcome.changes : []
  }

  /** Does again what was done before a restart. `nowMs` is now: a session has its full timeout before it. */
  replay(transaction: Transaction, nowMs: number): void {
    assert(transaction.zxid === this.lastZxid + 1, `transaction ${transaction.zxid} after ${this.lastZxid}`)
    this.lastZxid = transaction.zxid
    switch (transaction.kind) {
      case 'changes':
        for (const change of transaction.changes) this.tree.apply(change, transaction)
        return
      case 'open-session':
        this.sessions.open(transaction.session, nowMs)
        return
      case 'close-session':
        this.applySessionEnd(transaction.sessionId, transaction)
        return
      case 'nothing':
    }
  }

  private applySessionEnd(sessionId: SessionId, moment: Moment): AppliedChange[] {
    this.sessions.close(sessionId)
    return this.tree.ephemeralsOf(sessionId).map((path) => this.tree.apply({ kind: 'delete', path }, moment))
  }

  private nextMoment(timeMs: number): Moment {
    this.lastZxid = (this.lastZxid + 1) as Zxid
    return { zxid: this.lastZxid, timeMs }
  }
}

/** The server itself, which may delete what it likes. */
const gardener: Actor = { sessionId: 0n, identities: [{ scheme: 'super', id: '' }] }
