import type { Acl } from '../zookeeper.ts'
import { OPEN_ACL, PERMISSION } from '../zookeeper.ts'
import type { AclClass } from '../znode.ts'

/** The ACL that a new znode at a path gets. */
export type AclPolicy = (path: string) => readonly Acl[]

/** `zookeeper.set.acl=false`: anybody may do anything, everywhere. */
export const openAcls: AclPolicy = () => OPEN_ACL

/** `auth` stands for whoever the connection is authenticated as. */
const creatorAll: Acl = { permissions: PERMISSION.all, scheme: 'auth', id: '' }
const anybodyReads: Acl = { permissions: PERMISSION.read, scheme: 'world', id: 'anyone' }

const aclsOfClass: Record<AclClass, readonly Acl[]> = {
  open: OPEN_ACL,
  default: [creatorAll, anybodyReads],
  sensitive: [creatorAll],
}

/** `zookeeper.set.acl=true`. Needs a connection that is authenticated, or ZooKeeper refuses the ACL. */
export const securedAcls: AclPolicy = (path) => aclsOfClass[aclClassOf(path)]

const sensitivePrefixes = ['/config/users', '/config/brokers', '/delegation_token/tokens']

/**
 * By the path alone, because the parents that are made on the way have no entry of their own in the table.
 * Source: kafka.zk.ZkData.defaultAcls and sensitivePath.
 */
export function aclClassOf(path: string): AclClass {
  if (path === '/consumers') return 'open'
  return sensitivePrefixes.some((prefix) => path.startsWith(prefix)) ? 'sensitive' : 'default'
}
