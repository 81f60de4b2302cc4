import type { Offset, PartitionIndex } from '../../src/model/ids.ts'
import type { TopicPartition } from '../../src/model/topic-partition.ts'
import { deleteOnce, multiOnce, persistently, setOnce } from '../client/retry.ts'
import { MalformedZnodeError } from '../znode.ts'
import {
  consumerOffset,
  consumerOffsetPartitions,
  consumerOffsetTopics,
  consumers,
} from '../znodes/consumers.ts'
import type { Operation, ZooKeeperError } from '../zookeeper.ts'
import { ANY_VERSION, isZooKeeperError } from '../zookeeper.ts'
import { batchesOf } from './fenced-batch.ts'
import { mapPipelined } from './pipeline.ts'
import { createRecursive, ensurePath, parentOf, storeContext } from './store-context.ts'
import type { StoreContext, StoreOptions } from './store-context.ts'

export interface CommittedOffset extends TopicPartition {
  readonly offset: Offset
}

/** What became of one partition's commit; null is success. */
export interface OffsetWrite extends TopicPartition {
  readonly error: ZooKeeperError | null
}

/**
 * How a commit is written. `loop` is Kafka's way: one znode after the other, so that a crash leaves some of them.
 * `multi` writes all of a commit in one step (a very large one in several): ten times faster and whole, or not at all.
 */
export type OffsetWriteMode = 'multi' | 'loop'

/** More than any commit has; the size of a frame is what cuts a very large one. */
const MAX_OPERATIONS = 2500
/** Others may create and delete the same znodes meanwhile, but not for ever. */
const MAX_ATTEMPTS = 5

/** Offsets of groups that commit with version 0: `/consumers/G/offsets/T/P`. They have no metadata and never expire. */
export class ConsumerOffsetStore {
  private readonly context: StoreContext
  private readonly mode: OffsetWriteMode

  constructor(options: StoreOptions & { readonly mode: OffsetWriteMode }) {
    this.context = storeContext(options)
    this.mode = options.mode
  }

  /** In the order of the partitions; null where nothing was committed. Rejects with MalformedZnodeError. */
  read(group: string, partitions: readonly TopicPartition[]): Promise<(Offset | null)[]> {
    return mapPipelined(partitions, async (partition) => {
      const path = pathOf(group, partition)
      const found = await persistently(this.context, () => this.context.zooKeeper.get(path))
      return found === null ? null : consumerOffset.decode(found.data, path)
    })
  }

  /** Answers for each partition, in their order. */
  write(group: string, offsets: readonly CommittedOffset[]): Promise<OffsetWrite[]> {
    return this.mode === 'loop' ? this.writeInLoop(group, offsets) : this.writeInMultis(group, offsets)
  }

  /** Every group that has anything in ZooKeeper, by name. */
  groups(): Promise<string[]> {
    return this.children(consumers.at())
  }

  /** All that a group has committed; what cannot be read is left out. */
  async readGroup(group: string): Promise<CommittedOffset[]> {
    const topics = await this.children(consumerOffsetTopics.at({ group }))
    const partitions = await mapPipelined(topics, async (topic) => {
      const names = await this.children(consumerOffsetPartitions.at({ group, topic }))
      return names
        .filter((name) => /^(0|[1-9][0-9]{0,9})$/.test(name))
        .map((name): TopicPartition => ({ topic, partition: Number(name) as PartitionIndex }))
    })
    const offsets = await mapPipelined(partitions.flat(), async (partition) => {
      try {
        const [offset] = await this.read(group, [partition])
        return offset == null ? null : { ...partition, offset }
      } catch (error) {
        if (error instanceof MalformedZnodeError) return null
        throw error
      }
    })
    return offsets.filter((offset) => offset !== null)
  }

  /** Deletes what is committed for these partitions, in any order. What is not there is fine. */
  async remove(group: string, partitions: readonly TopicPartition[]): Promise<void> {
    await mapPipelined(partitions, async (partition) => {
      try {
        await deleteOnce(this.context, pathOf(group, partition), ANY_VERSION)
      } catch (error) {
        if (!isZooKeeperError(error, 'NO_NODE')) throw error
      }
    })
  }

  /** Source: KafkaZkClient.setOrCreateConsumerOffset, called for one partition after the other. */
  private async writeInLoop(group: string, offsets: readonly CommittedOffset[]): Promise<OffsetWrite[]> {
    const writes: OffsetWrite[] = []
    for (const committed of offsets) {
      const { topic, partition } = committed
      try {
        await this.setOrCreate(pathOf(group, committed), consumerOffset.encode(committed.offset))
        writes.push({ topic, partition, error: null })
      } catch (error) {
        if (!isZooKeeperError(error)) throw error
        writes.push({ topic, partition, error })
      }
    }
    return writes
  }

  private async setOrCreate(path: string, data: Buffer | null): Promise<void> {
    try {
      await setOnce(this.context, path, data, ANY_VERSION)
    } catch (error) {
      if (!isZooKeeperError(error, 'NO_NODE')) throw error
      await this.createOrSet(path, data)
    }
  }

  /** Another member of the group may commit for the first time, too. */
  private async createOrSet(path: string, data: Buffer | null): Promise<void> {
    try {
      await createRecursive(this.context, path, data)
    } catch (error) {
      if (!isZooKeeperError(error, 'NODE_EXISTS')) throw error
      await setOnce(this.context, path, data, ANY_VERSION)
    }
  }

  private async writeInMultis(group: string, offsets: readonly CommittedOffset[]): Promise<OffsetWrite[]> {
    // Of two offsets for one partition the last counts, as in the loop.
    const latest = new Map(offsets.map((committed) => [pathOf(group, committed), committed]))
    const setOf = ([path, { offset }]: [string, CommittedOffset]) => setOperation(path, offset)
    const errors = new Map<string, ZooKeeperError | null>()
    for (const batch of batchesOf([...latest], setOf, MAX_OPERATIONS)) {
      const error = await this.writeTogether(batch)
      for (const { path } of batch) errors.set(path, error)
    }
    return offsets.map((committed) => {
      const { topic, partition } = committed
      return { topic, partition, error: errors.get(pathOf(group, committed)) ?? null }
    })
  }

  /** The znodes of a group that commits regularly are there: the first multi is the only one. */
  private async writeTogether(sets: readonly Operation[]): Promise<ZooKeeperError | null> {
    let operations = sets
    for (let attempt = 1; ; attempt++) {
      try {
        await multiOnce(this.context, operations)
        return null
      } catch (error) {
        if (!isZooKeeperError(error)) throw error
        if (!isZooKeeperError(error, 'NO_NODE', 'NODE_EXISTS') || attempt === MAX_ATTEMPTS) return error
      }
      const missing = await this.prepare(sets.map(({ path }) => path))
      operations = sets.map((set) => (missing.has(set.path) ? this.createInstead(set) : set))
    }
  }

  private createInstead(set: Operation): Operation {
    const data = set.kind === 'set' ? set.data : null
    return { kind: 'create', path: set.path, data, acl: this.context.acls(set.path) }
  }

  /** Which of the znodes are not there; their parents are afterwards. */
  private async prepare(paths: readonly string[]): Promise<Set<string>> {
    const stats = await mapPipelined(paths, (path) =>
      persistently(this.context, () => this.context.zooKeeper.exists(path)),
    )
    const missing = new Set(paths.filter((_, index) => stats[index] === null))
    const parents = new Set([...missing].map((path) => parentOf(path) ?? '/'))
    for (const parent of parents) await ensurePath(this.context, parent)
    return missing
  }

  private async children(path: string): Promise<string[]> {
    const names = await persistently(this.context, () => this.context.zooKeeper.children(path))
    return (names ?? []).sort()
  }
}

/**
 * What a failure of the store says to whoever asked: `unanswered`, and it may be done all the same; `impossible`: such a
 * group or topic cannot be part of a path; `refused`: anything else.
 */
export function offsetStoreFault(error: unknown): 'unanswered' | 'impossible' | 'refused' {
  if (
    isZooKeeperError(
      error,
      'NOT_SENT',
      'UNKNOWN_OUTCOME',
      'OVERLOADED',
      'THROTTLED',
      'SESSION_EXPIRED',
      'CLOSED',
    )
  )
    return 'unanswered'
  return isZooKeeperError(error, 'BAD_ARGUMENTS') ? 'impossible' : 'refused'
}

/** Whether a group's id can be part of a path: it is not empty, and has no slash and no control character in it. */
export function isStorableGroup(group: string): boolean {
  try {
    consumerOffsetTopics.at({ group })
    return true
  } catch (error) {
    if (isZooKeeperError(error, 'BAD_ARGUMENTS')) return false
    throw error
  }
}

function pathOf(group: string, { topic, partition }: TopicPartition): string {
  return consumerOffset.at({ group, topic, partition })
}

function setOperation(path: string, offset: Offset): Operation {
  return { kind: 'set', path, data: consumerOffset.encode(offset), version: ANY_VERSION }
}
