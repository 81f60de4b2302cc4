import { JuteError } from './jute.ts'
import type { JuteReader, JuteWriter } from './jute.ts'
import { OP } from './op-codes.ts'
import type { TreeOperation } from './operations.ts'

/** What a client says first. */
export interface ConnectRequest {
  readonly lastZxidSeen: number
  readonly timeoutMs: number
  readonly sessionId: bigint
  readonly password: Buffer
  /** Clients up to 3.3 do not say whether they would be content with a server that cannot write. */
  readonly hasReadOnlyByte: boolean
}

export function readConnectRequest(reader: JuteReader): ConnectRequest {
  reader.int()
  const lastZxidSeen = reader.longNumber()
  const timeoutMs = reader.int()
  const sessionId = reader.long()
  const password = reader.buffer() ?? Buffer.alloc(0)
  const hasReadOnlyByte = reader.remaining > 0
  return { lastZxidSeen, timeoutMs, sessionId, password, hasReadOnlyByte }
}

/** An operation on the tree and the number under which it came, which decides how it is answered. */
export interface WireOperation {
  readonly op: number
  readonly operation: TreeOperation
}

/** Reads a write operation. Throws JuteError when `op` is none. */
export function readOperation(reader: JuteReader, op: number): WireOperation {
  switch (op) {
    case OP.create:
    case OP.create2:
    case OP.createContainer: {
      const path = reader.path()
      const data = reader.buffer()
      const acl = reader.acl()
      return { op, operation: { kind: 'create', path, data, acl, flags: reader.int() } }
    }
    case OP.createTtl: {
      const { operation } = readOperation(reader, OP.create)
      reader.long()
      return { op, operation }
    }
    case OP.delete:
      return { op, operation: { kind: 'delete', path: reader.path(), version: reader.int() } }
    case OP.setData: {
      const path = reader.path()
      const data = reader.buffer()
      return { op, operation: { kind: 'set', path, data, version: reader.int() } }
    }
    case OP.setAcl: {
      const path = reader.path()
      const acl = reader.acl()
      return { op, operation: { kind: 'set-acl', path, acl, version: reader.int() } }
    }
    case OP.check:
      return { op, operation: { kind: 'check', path: reader.path(), version: reader.int() } }
    default:
      throw new JuteError(`operation ${op} does not write`)
  }
}

const MULTI_OPERATIONS: ReadonlySet<number> = new Set([
  OP.create,
  OP.delete,
  OP.setData,
  OP.check,
  OP.create2,
  OP.createContainer,
  OP.createTtl,
])

export function readMulti(reader: JuteReader): WireOperation[] {
  const operations: WireOperation[] = []
  for (let op = readMultiHeader(reader); op !== null; op = readMultiHeader(reader)) {
    if (!MULTI_OPERATIONS.has(op)) throw new JuteError(`operation ${op} inside a multi`)
    operations.push(readOperation(reader, op))
  }
  return operations
}

/** One read of a multiRead. */
export interface WireRead {
  readonly op: typeof OP.getData | typeof OP.getChildren
  readonly path: string
}

export function readMultiRead(reader: JuteReader): WireRead[] {
  const reads: WireRead[] = []
  for (let op = readMultiHeader(reader); op !== null; op = readMultiHeader(reader)) {
    if (op !== OP.getData && op !== OP.getChildren) throw new JuteError(`operation ${op} inside a multiRead`)
    const path = reader.path()
    reader.boolean()
    reads.push({ op, path })
  }
  return reads
}

/** The number of the operation that follows, or null at the end. */
function readMultiHeader(reader: JuteReader): number | null {
  const op = reader.int()
  const isDone = reader.boolean()
  reader.int()
  return isDone ? null : op
}

/** A part of a multi's answer: what kind of result follows. */
export function writeMultiHeader(writer: JuteWriter, op: number): void {
  writer.int(op).boolean(false).int(0)
}

/** A part of a multi's answer: the code of one operation among which one failed. */
export function writeMultiError(writer: JuteWriter, code: number): void {
  writer.int(-1).boolean(false).int(code).int(code)
}

export function writeMultiEnd(writer: JuteWriter): void {
  writer.int(-1).boolean(true).int(-1)
}
