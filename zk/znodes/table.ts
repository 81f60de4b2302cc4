import type { AclClass, Lifetime } from '../znode.ts'
import { Znode } from '../znode.ts'
import * as admin from './admin.ts'
import * as brokers from './brokers.ts'
import * as cluster from './cluster.ts'
import * as config from './config.ts'
import * as consumers from './consumers.ts'
import * as controller from './controller.ts'
import * as notifications from './notifications.ts'
import * as producerIds from './producer-ids.ts'
import * as security from './security.ts'
import * as topics from './topics.ts'

/** What every znode has, whatever its parameters and its content. */
export interface ZnodeEntry {
  readonly template: string
  readonly lifetime: Lifetime
  readonly acl: AclClass
  readonly meaning: string
  readonly codec: { readonly format: string }
  match(path: string): object | null
}

const modules: readonly object[] = [
  admin,
  brokers,
  cluster,
  config,
  consumers,
  controller,
  notifications,
  producerIds,
  security,
  topics,
]

/** THE znode table: everything that is read or written below the chroot, by path. */
export const znodeTable: readonly ZnodeEntry[] = modules
  .flatMap((module) => Object.values(module) as unknown[])
  .filter((value): value is ZnodeEntry => value instanceof Znode)
  .sort((one, other) => (one.template < other.template ? -1 : 1))

/** The entry that a path belongs to; null for a stranger's znode. */
export function znodeOf(path: string): ZnodeEntry | null {
  return znodeTable.find((entry) => entry.match(path) !== null) ?? null
}
