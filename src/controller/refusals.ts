import { KafkaError } from '../model/errors.ts'
import { isZooKeeperError } from '../../zk/zookeeper.ts'

/**
 * Whether a failed write is the matter of its znode alone: ZooKeeper has refused it, and what it holds is known. Other
 * failures (a lost session or connection, an overload) leave open what was done; after those the controller does not
 * know the cluster any more, and must begin a new term.
 */
export function isRefusal(thrown: unknown): boolean {
  if (thrown instanceof KafkaError) return true
  return isZooKeeperError(
    thrown,
    'NO_NODE',
    'NODE_EXISTS',
    'BAD_VERSION',
    'NOT_EMPTY',
    'NO_CHILDREN_FOR_EPHEMERALS',
    'NO_AUTH',
    'INVALID_ACL',
    'BAD_ARGUMENTS',
    'QUOTA_EXCEEDED',
    'TOO_LARGE',
  )
}
