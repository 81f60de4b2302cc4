import type { Clock } from '../../platform/clock.ts'
import type { Disk } from '../../platform/disk.ts'
import type { Network } from '../../platform/network.ts'
import type { Processes } from '../../platform/processes.ts'
import type { Random } from '../../platform/random.ts'
import type { NodeCommand } from './node-process.ts'

/** What starts brokers and ZooKeeper servers. */
export interface Launcher {
  /** A broker in the foreground, given its properties file. */
  readonly broker: (propertiesPath: string) => NodeCommand
  /** Whether brokers are ours: those can be made to suffer from within (disk, clock). */
  readonly hasInnerFaults: boolean
  readonly brokerName: string
  /** Null where there are no jars: then there is one server of our own. */
  readonly zookeeper: ((configPath: string) => NodeCommand) | null
  /** Our own ZooKeeper server, alone. */
  readonly embeddedZookeeper: (port: number, directory: string) => NodeCommand
}

export interface MachinePorts {
  readonly clock: Clock
  readonly random: Random
  readonly disk: Disk
  readonly network: Network
  readonly processes: Processes
}

export interface SandboxShape {
  readonly brokers: readonly { readonly id: number; readonly rack: string | null }[]
  readonly zookeepers: number
  /** Our own server, whatever else there is. */
  readonly isEmbedded: boolean
  /** Lines for every broker's properties, over the sandbox's own. */
  readonly brokerConfig: Readonly<Record<string, string>>
  readonly sessionTimeoutMs: number
}
