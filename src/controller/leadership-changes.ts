import type { LeaderAndIsr } from '../model/leader-and-isr.ts'
import { assert, present } from '../std/assert.ts'
import type { ControllerFence } from '../../zk/stores/fence.ts'
import type { PartitionStateStore, StateReading, StateWrite } from '../../zk/stores/partition-state-store.ts'
import type { ZooKeeperError } from '../../zk/zookeeper.ts'
import type { Partition } from './controller-context.ts'
import { isRefusal } from './refusals.ts'
import type { Slices } from './slices.ts'

/** A partition and its leadership, as read or as it shall be. */
export interface Leadership {
  readonly partition: Partition
  readonly state: LeaderAndIsr
}

/** What came of a change: what holds now, or why that is not known. */
export type Change =
  | { readonly kind: 'written'; readonly state: LeaderAndIsr }
  /** Nothing was to be changed. */
  | { readonly kind: 'kept'; readonly state: LeaderAndIsr }
  | { readonly kind: 'missing' }
  /** A later controller has written: this one is deposed and does not know it yet. */
  | { readonly kind: 'superseded' }
  | { readonly kind: 'failed'; readonly error: Error }

/** What came of one write. `missing`: there is no znode. `conflict`: the znode has another version or, for a creation, is there already. */
export type Written =
  | { readonly kind: 'written'; readonly state: LeaderAndIsr }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'failed'; readonly error: Error }

/** What shall be instead of each of the states, in their order; null: the state stays. */
type Decide = (current: readonly Leadership[]) => Promise<(LeaderAndIsr | null)[]> | (LeaderAndIsr | null)[]

/** Whoever loses the race for a znode this often in a row has a competitor that does not give up. */
const MAX_ROUNDS = 100

/**
 * Changes state znodes by compare-and-set, and keeps the partitions in step with what was read and written. The partitions
 * of one change are read together and written together. Rejects, with the partitions behind ZooKeeper, when this is not
 * the controller any more (ControllerMovedError) or when nobody knows what was written (ZooKeeperError).
 */
export class LeadershipChanges {
  private readonly states: PartitionStateStore
  private readonly fence: ControllerFence
  private readonly slices: Slices

  constructor(options: { states: PartitionStateStore; fence: ControllerFence; slices: Slices }) {
    this.states = options.states
    this.fence = options.fence
    this.slices = options.slices
  }

  /** Takes over what ZooKeeper holds. Partitions whose state is missing or malformed keep what they have. */
  async refresh(
    partitions: readonly Partition[],
    onRead?: (partition: Partition, state: LeaderAndIsr, writtenZxid: number) => void,
  ): Promise<void> {
    await this.slices.inParts(partitions, async (part) => {
      const readings = await this.states.read(part.map((partition) => partition.id))
      for (const [place, partition] of part.entries()) {
        const { state, writtenZxid } = present(readings[place], 'one reading each')
        if (state === null) continue
        partition.leadership = state
        onRead?.(partition, state, writtenZxid)
      }
    })
  }

  /** Writes the first states of partitions. */
  async create(leaderships: readonly Leadership[]): Promise<Map<Partition, Written>> {
    const results = new Map<Partition, Written>()
    await this.slices.inParts(leaderships, async (part) => {
      const entries = part.map(({ partition, state }) => ({ ...partition.id, state }))
      keep(part, await this.states.create(this.fence, entries), results)
    })
    return results
  }

  /** Replaces states at the versions that they name (`partitionEpoch`), once. */
  async replace(leaderships: readonly Leadership[]): Promise<Map<Partition, Written>> {
    const results = new Map<Partition, Written>()
    await this.slices.inParts(leaderships, async (part) => {
      const updates = part.map(({ partition, state }) => {
        return { ...partition.id, state, expected: state.partitionEpoch }
      })
      keep(part, await this.states.compareAndSet(this.fence, updates), results)
    })
    return results
  }

  /**
   * Has `decide` say what shall be instead of the present states (null: nothing else) and writes that. What is known
   * counts as present: the expected version proves it. Unlike Kafka, which reads every state again, the states are read
   * only where that fails, where nothing is known, and where nothing is to be changed, which no version would prove.
   */
  async change(partitions: readonly Partition[], decide: Decide): Promise<Map<Partition, Change>> {
    const changes = new Map<Partition, Change>()
    await this.slices.inParts(partitions, (part) => this.changePart(part, decide, changes))
    return changes
  }

  private async changePart(
    partitions: readonly Partition[],
    decide: Decide,
    changes: Map<Partition, Change>,
  ): Promise<void> {
    const known: Leadership[] = []
    let unknown: Partition[] = []
    for (const partition of partitions) {
      const state = partition.leadership
      if (state === null || state.controllerEpoch > this.fence.epoch) unknown.push(partition)
      else known.push({ partition, state })
    }
    if (known.length > 0) unknown = unknown.concat(await this.attempt(known, decide, changes, false))
    for (let round = 0; unknown.length > 0 && round < MAX_ROUNDS; round++) {
      const current = await this.readCurrent(unknown, changes)
      unknown = await this.attempt(current, decide, changes, true)
    }
    for (const partition of unknown) {
      changes.set(partition, { kind: 'failed', error: new Error(`${partition.name} changes all the time`) })
    }
  }

  /** Decides and writes. Returns the partitions that have to be read first. */
  private async attempt(
    current: readonly Leadership[],
    decide: Decide,
    changes: Map<Partition, Change>,
    isFresh: boolean,
  ): Promise<Partition[]> {
    const decided = await decide(current)
    const next: Leadership[] = []
    const unknown: Partition[] = []
    for (const [place, { partition, state }] of current.entries()) {
      const wanted = decided[place] ?? null
      if (wanted !== null) {
        assert(wanted.partitionEpoch === state.partitionEpoch, 'a state replaces the one that was read')
        next.push({ partition, state: { ...wanted, controllerEpoch: this.fence.epoch } })
      } else if (isFresh) {
        partition.leadership = state
        changes.set(partition, { kind: 'kept', state })
      } else {
        unknown.push(partition)
      }
    }
    for (const [partition, written] of await this.replace(next)) {
      if (written.kind === 'conflict') unknown.push(partition)
      else changes.set(partition, written)
    }
    return unknown
  }

  private async readCurrent(
    partitions: readonly Partition[],
    changes: Map<Partition, Change>,
  ): Promise<Leadership[]> {
    const readings = await this.states.read(partitions.map((partition) => partition.id))
    const current: Leadership[] = []
    for (const [place, partition] of partitions.entries()) {
      const reading = present(readings[place], 'one reading each')
      const { state } = reading
      if (state === null) changes.set(partition, unreadable(reading))
      else if (state.controllerEpoch > this.fence.epoch) changes.set(partition, { kind: 'superseded' })
      else current.push({ partition, state })
    }
    return current
  }
}

function keep(
  leaderships: readonly Leadership[],
  writes: readonly StateWrite[],
  results: Map<Partition, Written>,
): void {
  for (const [place, { partition, state }] of leaderships.entries()) {
    const write = present(writes[place], 'one outcome each')
    if (write.isWritten) {
      partition.leadership = { ...state, partitionEpoch: write.partitionEpoch }
      results.set(partition, { kind: 'written', state: partition.leadership })
    } else {
      results.set(partition, refused(write.error))
    }
  }
}

function unreadable({ fault }: StateReading): Change {
  return fault === null ? { kind: 'missing' } : { kind: 'failed', error: fault }
}

function refused(error: ZooKeeperError): Written {
  if (error.error === 'BAD_VERSION' || error.error === 'NODE_EXISTS') return { kind: 'conflict' }
  if (error.error === 'NO_NODE') return { kind: 'missing' }
  if (!isRefusal(error)) throw error
  return { kind: 'failed', error }
}

/** Why a change did not come about, for people. */
export function whyNot(change: Exclude<Change, { kind: 'written' | 'kept' }>): string {
  switch (change.kind) {
    case 'missing':
      return 'it has no state in ZooKeeper'
    case 'superseded':
      return 'its state was written by a later controller'
    case 'failed':
      return change.error.message
  }
}
