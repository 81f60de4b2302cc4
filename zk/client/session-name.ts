import type { SessionId } from '../zookeeper.ts'

/** As ZooKeeper's own logs and tools write it: `0x100003ad0350004`. */
export function sessionName(id: SessionId): string {
  return `0x${BigInt.asUintN(64, id).toString(16)}`
}
