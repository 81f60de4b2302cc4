import type { DiskErrorCode } from '../../src/platform/disk.ts'
import type { DiskCall } from '../fakes/disk-faults.ts'
import type { CrashOutcome } from '../fakes/file-node.ts'

/** `one-broker`: what one broker and its disk survive. `cluster`: replication, the controller, the ensemble. */
export type Mode = 'cluster' | 'one-broker'

/** Something that happens to the world at a moment of its time. */
export type Action =
  // --- processes and machines ---------------------------------------------------------------------------------------
  /** SIGKILL. The process begins again after `downMs`. */
  | { readonly kind: 'kill'; readonly broker: number; readonly downMs: number }
  /** The machines lose power together: what was not synced is at risk. */
  | {
      readonly kind: 'power-loss'
      readonly brokers: readonly number[]
      readonly downMs: number
      /** What becomes of each file's unsynced end; left to chance without it. */
      readonly outcome?: CrashOutcome
    }
  /** SIGTERM; the process begins again `downMs` after its end. */
  | { readonly kind: 'restart'; readonly broker: number; readonly downMs: number }
  /** SIGSTOP, and SIGCONT after `forMs`. */
  | { readonly kind: 'freeze'; readonly broker: number; readonly forMs: number }
  /** The event loop is blocked, as by a garbage collection: its clock runs on. */
  | { readonly kind: 'block'; readonly broker: number; readonly forMs: number }
  // --- clocks -------------------------------------------------------------------------------------------------------
  | { readonly kind: 'clock-jump'; readonly broker: number; readonly deltaMs: number }
  | { readonly kind: 'clock-rate'; readonly broker: number; readonly rate: number; readonly forMs: number }
  // --- the network --------------------------------------------------------------------------------------------------
  /** Nothing gets from one machine to the other; the way back stays open. */
  | { readonly kind: 'cut'; readonly from: string; readonly to: string; readonly forMs: number }
  /** The broker hears no other broker and no client, and nobody hears it. ZooKeeper still does. */
  | { readonly kind: 'isolate'; readonly broker: number; readonly forMs: number }
  /** Connections can be made and carry nothing. */
  | { readonly kind: 'stall'; readonly from: string; readonly to: string; readonly forMs: number }
  /** A slow link: nothing passes for `periodMs`, then everything that waited, again and again. */
  | {
      readonly kind: 'slow-link'
      readonly from: string
      readonly to: string
      readonly periodMs: number
      readonly forMs: number
    }
  /** Every connection between the two is reset. */
  | { readonly kind: 'reset'; readonly one: string; readonly other: string }
  /** All links are slower, and lose connections. */
  | {
      readonly kind: 'weather'
      readonly latencyMs: readonly [min: number, max: number]
      readonly resetProbability: number
      readonly forMs: number
    }
  // --- ZooKeeper ----------------------------------------------------------------------------------------------------
  | { readonly kind: 'zk-expire'; readonly broker: number }
  | { readonly kind: 'zk-disconnect'; readonly broker: number }
  /** Its next write is done and the connection breaks in place of the answer. */
  | { readonly kind: 'zk-lose-reply'; readonly broker: number }
  | { readonly kind: 'zk-cut'; readonly broker: number; readonly forMs: number }
  | { readonly kind: 'zk-slow'; readonly broker: number; readonly extraMs: number; readonly forMs: number }
  | { readonly kind: 'zk-quorum-loss'; readonly forMs: number }
  | { readonly kind: 'zk-hang'; readonly forMs: number }
  // --- disks --------------------------------------------------------------------------------------------------------
  /** Calls on one log directory fail for a while. */
  | {
      readonly kind: 'disk-error'
      readonly broker: number
      readonly directory: string
      readonly calls: readonly DiskCall[] | 'any'
      readonly error: DiskErrorCode
      readonly probability: number
      /** A failed sync leaves the unsynced pages to nobody. */
      readonly dropsPages: boolean
      readonly forMs: number
    }
  | {
      readonly kind: 'disk-slow'
      readonly broker: number
      readonly calls: readonly DiskCall[]
      readonly delayMs: number
      readonly forMs: number
    }
  // --- the administrator --------------------------------------------------------------------------------------------
  | {
      readonly kind: 'create-topic'
      readonly topic: string
      readonly partitions: number
      readonly replicationFactor: number
    }
  | { readonly kind: 'delete-topic'; readonly topic: string }
  | { readonly kind: 'add-partitions'; readonly topic: string; readonly count: number }
  | {
      readonly kind: 'reassign'
      readonly topic: string
      readonly partition: number
      readonly replicas: readonly number[]
    }
  | { readonly kind: 'elect-preferred'; readonly topic: string; readonly partitions: number }
  /** Somebody deletes `/controller` by hand. */
  | { readonly kind: 'depose-controller' }
  /** The controller hears from the ensemble `extraMs` late, is deposed, and is asked to elect leaders all the while. */
  | {
      readonly kind: 'zombie-controller'
      readonly extraMs: number
      readonly topic: string
      readonly partitions: number
    }

export type ActionKind = Action['kind']

export type PlannedAction = Action & { readonly atMs: number }

export interface PlannedTopic {
  readonly name: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly configs: Readonly<Record<string, string>>
  /**
   * What may become of acknowledged records here. `kept`: nothing; `flushed`: a power loss may take those that were not
   * due to be on the disk yet; `nothing`: the topic may be deleted.
   */
  readonly promise: 'kept' | 'flushed' | 'nothing'
}

export type PlannedWorkload =
  | PlannedMembers
  | {
      readonly kind: 'producer'
      readonly name: string
      readonly topic: string
      readonly partitions: number
      readonly acks: 1 | -1
      readonly everyMs: number
      readonly lingerMs: number
      readonly maxValueBytes: number
      readonly compression: 'none' | 'gzip' | 'lz4' | 'snappy'
      readonly deliveryTimeoutMs: number
    }
  /** The client's own consumer. */
  | { readonly kind: 'consumer'; readonly name: string; readonly topic: string; readonly partitions: number }
  /** Fetch requests one by one, in some version, without sessions. */
  | {
      readonly kind: 'reader'
      readonly name: string
      readonly topic: string
      readonly partitions: number
      readonly maxVersion: number
      readonly everyMs: number
    }

/** Members of one group, who share out `partitions` of a topic and commit what they have read. */
export interface PlannedMembers {
  readonly kind: 'members'
  readonly name: string
  readonly topic: string
  readonly partitions: number
  readonly members: number
  readonly sessionTimeoutMs: number
  readonly everyMs: number
  /** How often a member is away for longer than its session lasts, in so many of its rounds. */
  readonly awayProbability: number
}

/**
 * A whole run as data, drawn from a seed. Running it twice is the same run; taking entries out makes a smaller one.
 */
export interface Plan {
  /** Whose chance decides everything that the plan leaves open. */
  readonly seed: string
  readonly mode: Mode
  readonly brokers: number
  /** How long things go wrong, from when all brokers run and the topics are there. */
  readonly durationMs: number
  /** Broker settings, the same for all. */
  readonly settings: Readonly<Record<string, string>>
  readonly latencyMs: readonly [min: number, max: number]
  readonly chunking: 'sent' | 'random'
  /** ZooKeeper's tick: sessions last two of them or more. */
  readonly tickTimeMs: number
  /** How fast each broker's clock runs, by id. */
  readonly clockRates: Readonly<Record<string, number>>
  readonly topics: readonly PlannedTopic[]
  readonly workloads: readonly PlannedWorkload[]
  /** In the order of their times. */
  readonly actions: readonly PlannedAction[]
}

/** Reads a plan that was printed. Trusts its shape beyond the first level: it comes from this program. */
export function parsePlan(text: string): Plan {
  const plan = JSON.parse(text) as Partial<Plan> | null
  const lists = [plan?.topics, plan?.workloads, plan?.actions]
  if (typeof plan?.seed !== 'string' || typeof plan.durationMs !== 'number' || !lists.every(Array.isArray))
    throw new TypeError('not a plan of the simulation')
  return plan as Plan
}

/** One line for people. */
export function describeAction(action: Action): string {
  const { kind, ...rest } = action
  const fields = Object.entries(rest)
    .filter(([name]) => name !== 'atMs')
    .map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
  return [kind, ...fields].join(' ')
}
