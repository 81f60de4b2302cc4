import type { Clock } from '../../src/platform/clock.ts'
import { createOnce } from '../client/retry.ts'
import type { AclPolicy } from '../znodes/acl-policy.ts'
import { openAcls } from '../znodes/acl-policy.ts'
import type { ZooKeeper } from '../zookeeper.ts'
import { isZooKeeperError } from '../zookeeper.ts'

/** What every store works with. */
export interface StoreOptions {
  readonly zooKeeper: ZooKeeper
  readonly clock: Clock
  /** What new znodes get. Default: anybody may do anything (`zookeeper.set.acl=false`). */
  readonly acls?: AclPolicy
}

export interface StoreContext {
  readonly zooKeeper: ZooKeeper
  readonly clock: Clock
  readonly acls: AclPolicy
}

export function storeContext({ zooKeeper, clock, acls = openAcls }: StoreOptions): StoreContext {
  return { zooKeeper, clock, acls }
}

/**
 * Creates a persistent znode, and the parents that are missing, with no data. Rejects with NODE_EXISTS.
 * Source: KafkaZkClient.createRecursive, whose order of attempts this keeps: leaf first, then upwards, then down.
 */
export async function createRecursive(
  context: StoreContext,
  path: string,
  data: Buffer | null,
): Promise<void> {
  const { acls } = context
  const create = () => createOnce(context, path, data, { acl: acls(path) })
  try {
    await create()
  } catch (error) {
    if (!isZooKeeperError(error, 'NO_NODE')) throw error
    const parent = parentOf(path)
    if (parent === null) throw error
    await ensurePath(context, parent)
    await create()
  }
}

/** Creates a persistent znode without data, and its missing parents. Fine when it is there. */
export async function ensurePath(context: StoreContext, path: string): Promise<void> {
  try {
    await createRecursive(context, path, null)
  } catch (error) {
    if (!isZooKeeperError(error, 'NODE_EXISTS')) throw error
  }
}

/** Null for the root. */
export function parentOf(path: string): string | null {
  const slash = path.lastIndexOf('/')
  if (path.length <= 1) return null
  return slash === 0 ? '/' : path.slice(0, slash)
}
