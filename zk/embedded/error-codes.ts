import type { ZooKeeperErrorName } from '../zookeeper.ts'

/**
 * Why the server refuses an operation, and the code that says so on the wire.
 * Source: ZooKeeper 3.8 KeeperException.Code.
 */
export const ERROR_CODES = {
  SYSTEM_ERROR: -1,
  RUNTIME_INCONSISTENCY: -2,
  MARSHALLING_ERROR: -5,
  UNIMPLEMENTED: -6,
  BAD_ARGUMENTS: -8,
  NO_NODE: -101,
  NO_AUTH: -102,
  BAD_VERSION: -103,
  NO_CHILDREN_FOR_EPHEMERALS: -108,
  NODE_EXISTS: -110,
  NOT_EMPTY: -111,
  INVALID_ACL: -114,
  AUTH_FAILED: -115,
  NO_WATCHER: -121,
} as const

export type ServerError = keyof typeof ERROR_CODES

/** The same refusal in the words of the port, which has none for what its calls cannot provoke. */
export function portErrorOf(error: ServerError): ZooKeeperErrorName {
  return error === 'RUNTIME_INCONSISTENCY' || error === 'NO_WATCHER' ? 'SYSTEM_ERROR' : error
}
