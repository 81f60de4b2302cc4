import type { Acl, CreateMode } from '../zookeeper.ts'
import { ANY_VERSION, PERMISSION } from '../zookeeper.ts'
import type { Actor } from './access.ts'
import { isAllowed, resolveAcl } from './access.ts'
import type { Change, DataTree } from './data-tree.ts'
import { CONTAINER, isEphemeral, NOBODY } from './data-tree.ts'
import type { ServerError } from './error-codes.ts'
import { isValidPath, parentOf } from './paths.ts'

/** What a client asks to be changed, as it came: nothing in it has been checked. */
export type TreeOperation =
  | {
      readonly kind: 'create'
      readonly path: string
      readonly data: Buffer | null
      readonly acl: readonly Acl[] | null
      readonly flags: number
    }
  | { readonly kind: 'delete'; readonly path: string; readonly version: number }
  | {
      readonly kind: 'set'
      readonly path: string
      readonly data: Buffer | null
      readonly version: number
    }
  | {
      readonly kind: 'set-acl'
      readonly path: string
      readonly acl: readonly Acl[] | null
      readonly version: number
    }
  | { readonly kind: 'check'; readonly path: string; readonly version: number }

/** The flags of a create. Time-to-live (5 and 6) is known and refused, as by a ZooKeeper that was not told to allow it. */
export const CREATE_FLAGS = {
  persistent: 0,
  ephemeral: 1,
  'persistent-sequential': 2,
  'ephemeral-sequential': 3,
} as const satisfies Record<CreateMode, number>
const CONTAINER_FLAG = 4
const FIRST_TTL_FLAG = 5
const LAST_FLAG = 6

/** A client may make these nowhere else, and unmake them never. */
const PERMANENT = new Set(['/', '/zookeeper', '/zookeeper/quota', '/zookeeper/config'])

/**
 * What an operation would do to the tree as it is, or why it may not. The first failing check decides; their order is
 * ZooKeeper's, and clients can see it. Source: ZooKeeper 3.8 PrepRequestProcessor.pRequest2Txn.
 */
export function decide(tree: DataTree, actor: Actor, operation: TreeOperation): Change | ServerError {
  switch (operation.kind) {
    case 'create':
      return decideCreate(tree, actor, operation)
    case 'delete':
      return decideDelete(tree, actor, operation)
    case 'set': {
      const { path, data } = operation
      if (!isValidPath(path)) return 'BAD_ARGUMENTS'
      const node = tree.get(path)
      if (node === undefined) return 'NO_NODE'
      if (!isAllowed(node.acl, PERMISSION.write, actor.identities)) return 'NO_AUTH'
      if (!isExpected(node.version, operation.version)) return 'BAD_VERSION'
      return { kind: 'set', path, data }
    }
    case 'set-acl': {
      const { path } = operation
      if (!isValidPath(path)) return 'BAD_ARGUMENTS'
      const acl = resolveAcl(operation.acl, actor.identities)
      if (acl === null) return 'INVALID_ACL'
      const node = tree.get(path)
      if (node === undefined) return 'NO_NODE'
      if (!isAllowed(node.acl, PERMISSION.admin, actor.identities)) return 'NO_AUTH'
      if (!isExpected(node.aversion, operation.version)) return 'BAD_VERSION'
      return { kind: 'set-acl', path, acl }
    }
    case 'check': {
      const { path } = operation
      if (!isValidPath(path)) return 'BAD_ARGUMENTS'
      const node = tree.get(path)
      if (node === undefined) return 'NO_NODE'
      if (!isAllowed(node.acl, PERMISSION.read, actor.identities)) return 'NO_AUTH'
      if (!isExpected(node.version, operation.version)) return 'BAD_VERSION'
      return { kind: 'check', path }
    }
  }
}

function decideCreate(
  tree: DataTree,
  actor: Actor,
  { path, data, acl, flags }: Extract<TreeOperation, { kind: 'create' }>,
): Change | ServerError {
  if (flags < 0 || flags > LAST_FLAG) return 'BAD_ARGUMENTS'
  if (flags >= FIRST_TTL_FLAG) return 'UNIMPLEMENTED'
  const isSequential =
    flags === CREATE_FLAGS['persistent-sequential'] || flags === CREATE_FLAGS['ephemeral-sequential']
  const isOwned = flags === CREATE_FLAGS.ephemeral || flags === CREATE_FLAGS['ephemeral-sequential']
  if (!path.includes('/') || path.includes('\0')) return 'BAD_ARGUMENTS'
  const resolved = resolveAcl(acl, actor.identities)
  if (resolved === null) return 'INVALID_ACL'
  const parent = tree.get(parentOf(path))
  if (parent === undefined) return 'NO_NODE'
  if (!isAllowed(parent.acl, PERMISSION.create, actor.identities)) return 'NO_AUTH'
  const fullPath = isSequential ? path + sequenceSuffix(parent.creations) : path
  if (!isValidPath(fullPath)) return 'BAD_ARGUMENTS'
  if (tree.get(fullPath) !== undefined) return 'NODE_EXISTS'
  if (isEphemeral(parent)) return 'NO_CHILDREN_FOR_EPHEMERALS'
  const owner = isOwned ? actor.sessionId : flags === CONTAINER_FLAG ? CONTAINER : NOBODY
  return { kind: 'create', path: fullPath, data, acl: resolved, owner }
}

function decideDelete(
  tree: DataTree,
  actor: Actor,
  { path, version }: Extract<TreeOperation, { kind: 'delete' }>,
): Change | ServerError {
  if (!path.includes('/') || path.includes('\0') || PERMANENT.has(path)) return 'BAD_ARGUMENTS'
  const parent = tree.get(parentOf(path))
  if (parent === undefined) return 'NO_NODE'
  if (!isAllowed(parent.acl, PERMISSION.delete, actor.identities)) return 'NO_AUTH'
  const node = tree.get(path)
  if (node === undefined) return 'NO_NODE'
  if (!isExpected(node.version, version)) return 'BAD_VERSION'
  if (tree.childCount(path) > 0) return 'NOT_EMPTY'
  return { kind: 'delete', path }
}

/** Ten digits, as Java's `%010d` prints them: also for the negative numbers after two thousand million creations. */
function sequenceSuffix(creations: number): string {
  return creations < 0 ? `-${String(-creations).padStart(9, '0')}` : String(creations).padStart(10, '0')
}

function isExpected(version: number, expected: number): boolean {
  return expected === ANY_VERSION || expected === version
}
