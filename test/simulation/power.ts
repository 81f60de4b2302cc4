import type { BrokerId } from '../../src/model/ids.ts'
import type { MetadataView } from './metadata-view.ts'
import type { World } from './world.ts'

/**
 * Decides whether machines may lose power without breaking the contract of brokers that acknowledge from the page
 * cache: some member of each partition's in-sync replicas must keep its disk. A machine that lost power counts as
 * doubtful for a partition until the ensemble has seen it out of that partition's in-sync replicas: only then has it been
 * made to catch up. Where no controller was in office to see it out, it may be given the leadership all the same: that
 * ZooKeeper cannot tell (KIP-966 can, without ZooKeeper), and the promise is off for that partition.
 */
export class PowerContract {
  private readonly world: World
  private readonly view: MetadataView
  /** Partitions for which a broker is doubtful, by broker. */
  private readonly doubts = new Map<number, Set<string>>()
  private readonly voided = new Set<string>()

  constructor(world: World, view: MetadataView) {
    this.world = world
    this.view = view
  }

  allows(broker: number): boolean {
    return this.view.partitions().every(({ topic, partition, replicas, state }) => {
      if (!replicas.includes(broker)) return true
      if (state === null) return false
      if (!state.inSyncReplicas.includes(broker as BrokerId)) return true
      const key = `${topic}-${partition}`
      return state.inSyncReplicas.some((id) => id !== broker && !this.isDoubtful(id, key))
    })
  }

  /** The broker is about to lose power. */
  note(broker: number): void {
    const keys = this.view
      .partitions()
      .filter(({ state }) => state?.inSyncReplicas.includes(broker as BrokerId) === true)
      .map(({ topic, partition }) => `${topic}-${partition}`)
    this.doubts.set(broker, new Set([...(this.doubts.get(broker) ?? []), ...keys]))
    this.world.trace.note('power', `broker ${broker} is doubtful in ${keys.join(' ')}`)
  }

  /** A partition's state has been written. */
  onState(topic: string, partition: number, leader: number, inSyncReplicas: readonly number[]): void {
    const key = `${topic}-${partition}`
    for (const [broker, keys] of this.doubts) {
      if (!inSyncReplicas.includes(broker)) keys.delete(key)
    }
    if (!this.isDoubtful(leader, key)) return
    this.voided.add(key)
    this.world.trace.note('power', `nothing is promised of ${key} any more: ${leader} leads and is doubtful`)
  }

  /** Whether a machine that may have lost records was made the leader unnoticed. */
  isVoid(topic: string, partition: number): boolean {
    return this.voided.has(`${topic}-${partition}`)
  }

  get voidPartitions(): number {
    return this.voided.size
  }

  private isDoubtful(broker: number, key: string): boolean {
    return this.doubts.get(broker)?.has(key) === true
  }
}
