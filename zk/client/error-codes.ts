import type { ZooKeeperErrorName } from '../zookeeper.ts'

/** The server's codes that the connection itself must understand. */
export const ERROR_CODE = {
  ok: 0,
  rolledBack: -2,
  noNode: -101,
  sessionExpired: -112,
  sessionMoved: -118,
} as const

const names: Readonly<Record<number, ZooKeeperErrorName>> = {
  [-2]: 'ROLLED_BACK',
  [-5]: 'MARSHALLING_ERROR',
  [-6]: 'UNIMPLEMENTED',
  [-8]: 'BAD_ARGUMENTS',
  [-101]: 'NO_NODE',
  [-102]: 'NO_AUTH',
  [-103]: 'BAD_VERSION',
  [-108]: 'NO_CHILDREN_FOR_EPHEMERALS',
  [-110]: 'NODE_EXISTS',
  [-111]: 'NOT_EMPTY',
  [-112]: 'SESSION_EXPIRED',
  [-114]: 'INVALID_ACL',
  [-115]: 'AUTH_FAILED',
  // The session is served by another server now, so that this one refused the request.
  [-118]: 'NOT_SENT',
  [-119]: 'NOT_READ_ONLY',
  // The server gave up waiting for the quorum; the change may still go through.
  [-122]: 'UNKNOWN_OUTCOME',
  [-124]: 'AUTH_FAILED',
  [-125]: 'QUOTA_EXCEEDED',
  [-127]: 'THROTTLED',
}

/** The name of a server's error code. Codes without a plan of ours, also those of newer servers, are SYSTEM_ERROR. */
export function errorNameOf(code: number): ZooKeeperErrorName {
  return names[code] ?? 'SYSTEM_ERROR'
}
