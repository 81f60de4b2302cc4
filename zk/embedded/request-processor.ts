import type { Clock } from '../../src/platform/clock.ts'
import type { Zxid } from '../zookeeper.ts'
import { digestIdentities } from './access.ts'
import type { Client } from './client.ts'
import { notifyReader } from './client.ts'
import type { AppliedChange } from './data-tree.ts'
import type { Database } from './database.ts'
import { ERROR_CODES } from './error-codes.ts'
import type { ServerError } from './error-codes.ts'
import { JuteError } from './jute.ts'
import type { JuteReader, JuteWriter } from './jute.ts'
import { OP } from './op-codes.ts'
import { ReadRequests } from './read-requests.ts'
import { readMulti, readOperation, writeMultiEnd, writeMultiError, writeMultiHeader } from './requests.ts'
import type { WireOperation } from './requests.ts'
import type { WatchTable } from './watch-table.ts'

/** A client proves at most so many identities. */
const MAX_IDENTITIES = 100
/** In place of a zxid, in the reply to what is no operation. */
const NO_ZXID = -1

/**
 * Does what a session's requests say, one after the other, and answers each. Reads see everything that was done
 * before them; the notifications that a write causes go out before its reply.
 */
export class RequestProcessor<C extends Client> {
  private readonly clock: Clock
  private readonly database: Database
  private readonly watches: WatchTable<C>
  private readonly superDigest: string | null
  private readonly onSessionClosed: (client: C) => void
  private readonly reads: ReadRequests<C>

  constructor(options: {
    readonly clock: Clock
    readonly database: Database
    readonly watches: WatchTable<C>
    /** `user:base64(sha1(user:password))` of the identity that may do everything, if there is one. */
    readonly superDigest: string | null
    /** A client asked for its session's end. Its ephemerals are to go before this returns. */
    readonly onSessionClosed: (client: C) => void
  }) {
    this.clock = options.clock
    this.database = options.database
    this.watches = options.watches
    this.superDigest = options.superDigest
    this.onSessionClosed = options.onSessionClosed
    this.reads = new ReadRequests(options)
  }

  /** Throws JuteError when the client cannot be gone on with. */
  process(client: C, xid: number, op: number, reader: JuteReader): void {
    switch (op) {
      case OP.create:
      case OP.create2:
      case OP.createContainer:
      case OP.createTtl:
      case OP.delete:
      case OP.setData:
      case OP.setAcl:
        return this.write(client, xid, op, reader)
      case OP.multi:
        return this.multi(client, xid, reader)
      // A check outside a multi: Java never answers it.
      case OP.check:
      case OP.reconfig:
        return fail(client, xid, 'UNIMPLEMENTED', this.database.refuse(this.clock.nowMs()))
      case OP.auth:
        return this.authenticate(client, xid, reader)
      case OP.closeSession:
        this.onSessionClosed(client)
        client.beginReply(xid, this.database.zxid, 0)
        client.endReply()
        return client.closeAfterReplies()
      default:
        return this.read(client, xid, op, reader)
    }
  }

  /** Tells everyone whom the changes concern and who may know. */
  fire(changes: readonly AppliedChange[]): void {
    for (const change of changes) this.watches.fire(change, notifyReader)
  }

  private write(client: C, xid: number, op: number, reader: JuteReader): void {
    let request: WireOperation
    try {
      request = readOperation(reader, op)
    } catch (error) {
      return this.refuseGarbled(client, xid, error)
    }
    const outcome = this.database.write(client, [request.operation], this.clock.nowMs())
    if (outcome.kind === 'refused') return fail(client, xid, outcome.error, outcome.zxid)
    this.fire(outcome.changes)
    const writer = client.beginReply(xid, outcome.zxid, 0)
    for (const change of outcome.changes) writeResult(writer, op, change)
    client.endReply()
  }

  /** The reply's own code is 0 in either case: its body tells. */
  private multi(client: C, xid: number, reader: JuteReader): void {
    let requests: WireOperation[]
    try {
      requests = readMulti(reader)
    } catch (error) {
      return this.refuseGarbled(client, xid, error)
    }
    const operations = requests.map(({ operation }) => operation)
    const outcome = this.database.write(client, operations, this.clock.nowMs())
    if (outcome.kind === 'done') this.fire(outcome.changes)
    const writer = client.beginReply(xid, outcome.zxid, 0)
    for (const [index, { op }] of requests.entries()) {
      const change = outcome.kind === 'done' ? outcome.changes[index] : undefined
      if (change !== undefined) {
        writeMultiHeader(writer, op === OP.createContainer ? OP.create2 : op)
        writeResult(writer, op, change)
      } else if (outcome.kind === 'refused') {
        const later = index === outcome.index ? outcome.error : 'RUNTIME_INCONSISTENCY'
        writeMultiError(writer, index < outcome.index ? 0 : ERROR_CODES[later])
      }
    }
    writeMultiEnd(writer)
    client.endReply()
  }

  private read(client: C, xid: number, op: number, reader: JuteReader): void {
    let refusal: ServerError | 'unknown' | null
    try {
      refusal = this.reads.answer(client, xid, op, reader)
    } catch (error) {
      if (!(error instanceof JuteError)) throw error
      refusal = 'MARSHALLING_ERROR'
    }
    if (refusal === null) return
    if (refusal !== 'unknown') return fail(client, xid, refusal, this.database.zxid)
    client.beginReply(xid, NO_ZXID, ERROR_CODES.UNIMPLEMENTED)
    client.endReply()
    client.closeAfterReplies()
  }

  private authenticate(client: C, xid: number, reader: JuteReader): void {
    const isAccepted = this.prove(client, reader)
    client.beginReply(xid, 0, isAccepted ? 0 : ERROR_CODES.AUTH_FAILED)
    client.endReply()
    if (!isAccepted) client.closeAfterReplies()
  }

  /** Adds what the credentials prove to the client's identities. An address proves itself and nothing more. */
  private prove(client: C, reader: JuteReader): boolean {
    reader.int()
    const scheme = reader.string()
    const credentials = reader.buffer()
    if (scheme === 'ip') return true
    if (scheme !== 'digest' || credentials === null) return false
    for (const identity of digestIdentities(credentials, this.superDigest)) {
      const isKnown = client.identities.some(
        ({ scheme: known, id }) => known === identity.scheme && id === identity.id,
      )
      if (isKnown) continue
      if (client.identities.length >= MAX_IDENTITIES) return false
      client.identities.push(identity)
    }
    return true
  }

  /** A write that cannot be read is one of those that are refused: it takes its zxid. */
  private refuseGarbled(client: C, xid: number, error: unknown): void {
    if (!(error instanceof JuteError)) throw error
    fail(client, xid, 'MARSHALLING_ERROR', this.database.refuse(this.clock.nowMs()))
  }
}

/** A reply without a body. */
function fail(client: Client, xid: number, error: ServerError, zxid: Zxid): void {
  client.beginReply(xid, zxid, ERROR_CODES[error])
  client.endReply()
}

/** What a successful write answers, by the number under which it came. */
function writeResult(writer: JuteWriter, op: number, { path, after, childCount }: AppliedChange): void {
  if (op === OP.create || op === OP.create2 || op === OP.createContainer) writer.string(path)
  const hasStat = op === OP.create2 || op === OP.createContainer || op === OP.setData || op === OP.setAcl
  if (hasStat && after !== null) writer.stat(after, childCount)
}
