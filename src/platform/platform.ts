import type { Clock } from './clock.ts'
import type { Disk } from './disk.ts'
import type { Logger } from './logger.ts'
import type { Network } from './network.ts'
import type { Random } from './random.ts'

/**
 * The doors to the machine. Together with the ZooKeeper port (zk/zookeeper.ts) they are the only ones: whoever holds
 * the platform's fakes runs a whole cluster in one process, from a seed.
 */
export interface Platform {
  readonly clock: Clock
  readonly random: Random
  readonly disk: Disk
  readonly network: Network
  readonly logger: Logger
}
