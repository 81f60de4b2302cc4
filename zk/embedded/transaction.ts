import { assert } from '../../src/std/assert.ts'
import type { Acl, SessionId, Zxid } from '../zookeeper.ts'
import { OPEN_ACL } from '../zookeeper.ts'
import type { Change, Moment } from './data-tree.ts'
import { JuteError } from './jute.ts'
import type { JuteReader, JuteWriter } from './jute.ts'
import type { SessionRecord } from './sessions.ts'

/**
 * One step of the history: whatever moved the zxid. Everything is resolved, so that a replay of all steps in order,
 * without clock or clients, leads to the same tree and the same sessions.
 */
export type Transaction = Moment &
  (
    | { readonly kind: 'changes'; readonly changes: readonly Change[] }
    | { readonly kind: 'open-session'; readonly session: SessionRecord }
    /** With it go the session's ephemerals. */
    | { readonly kind: 'close-session'; readonly sessionId: SessionId }
    /** A refused write: it took a zxid and did nothing else. */
    | { readonly kind: 'nothing' }
  )

/*
 * A transaction's bytes, in ZooKeeper's record encoding:
 *
 *   zxid int64 | timeMs int64 | kind int8 | …
 *   kind 0 nothing         -
 *        1 changes         count int32, then per change: what int8 | path ustring | …
 *                            what 1 create   data buffer | owner int64 | acl
 *                                 2 delete   -
 *                                 3 set      data buffer
 *                                 4 set-acl  acl
 *        2 open-session    id int64 | timeoutMs int32 | password buffer
 *        3 close-session   id int64
 *   acl: count int32 (-1: open to everybody), then per entry: permissions int32 | scheme ustring | id ustring
 */
const KINDS = ['nothing', 'changes', 'open-session', 'close-session'] as const
const CHANGES = ['check', 'create', 'delete', 'set', 'set-acl'] as const

export function writeTransaction(writer: JuteWriter, transaction: Transaction): void {
  writer.longNumber(transaction.zxid).longNumber(transaction.timeMs)
  writer.byte(KINDS.indexOf(transaction.kind))
  switch (transaction.kind) {
    case 'nothing':
      return
    case 'changes':
      writer.vector(transaction.changes, writeChange)
      return
    case 'open-session':
      writeSession(writer, transaction.session)
      return
    case 'close-session':
      writer.long(transaction.sessionId)
  }
}

export function readTransaction(reader: JuteReader): Transaction {
  const zxid = reader.longNumber() as Zxid
  const timeMs = reader.longNumber()
  const kind = KINDS[reader.byte()]
  if (kind === undefined) throw new JuteError(`transaction ${zxid} of no known kind`)
  switch (kind) {
    case 'nothing':
      return { zxid, timeMs, kind }
    case 'changes':
      return { zxid, timeMs, kind, changes: reader.vector(5, readChange) ?? [] }
    case 'open-session':
      return { zxid, timeMs, kind, session: readSession(reader) }
    case 'close-session':
      return { zxid, timeMs, kind, sessionId: reader.long() as SessionId }
  }
}

function writeChange(writer: JuteWriter, change: Change): void {
  writer.byte(CHANGES.indexOf(change.kind)).string(change.path)
  switch (change.kind) {
    case 'create':
      writeAcl(writer.buffer(change.data).long(change.owner), change.acl)
      return
    case 'set':
      writer.buffer(change.data)
      return
    case 'set-acl':
      writeAcl(writer, change.acl)
      return
    case 'delete':
      return
    case 'check':
      assert(false, 'checks are not logged')
  }
}

function readChange(reader: JuteReader): Change {
  const kind = CHANGES[reader.byte()]
  const path = reader.path()
  if (kind === undefined || kind === 'check') throw new JuteError('change of no known kind')
  switch (kind) {
    case 'create':
      return { kind, path, data: reader.buffer(), owner: reader.long(), acl: readAcl(reader) }
    case 'set':
      return { kind, path, data: reader.buffer() }
    case 'set-acl':
      return { kind, path, acl: readAcl(reader) }
    case 'delete':
      return { kind, path }
  }
}

export function writeSession(writer: JuteWriter, { id, timeoutMs, password }: SessionRecord): void {
  writer.long(id).int(timeoutMs).buffer(password)
}

export function readSession(reader: JuteReader): SessionRecord {
  const id = reader.long() as SessionId
  const timeoutMs = reader.int()
  const password = reader.buffer()
  if (password === null) throw new JuteError(`session ${id} without a password`)
  return { id, timeoutMs, password }
}

export function writeAcl(writer: JuteWriter, acl: readonly Acl[]): void {
  if (acl === OPEN_ACL) writer.int(-1)
  else writer.acl(acl)
}

export function readAcl(reader: JuteReader): readonly Acl[] {
  return reader.acl() ?? OPEN_ACL
}
