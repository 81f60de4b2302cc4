import type { MetadataView } from './metadata-view.ts'
import type { World } from './world.ts'

/**
 * Decides whether machines may lose power without breaking the contract of brokers that acknowledge from the page
 * cache: some member of each partition's in-sync replicas must keep its disk. A machine that lost power counts as
 * doubtful for a partition until the ensemble has seen it out of that partition's in-sync replicas: only then has it been
 * made to catch up.
 */
export class PowerContract {
  private readonly world: World
  private readonly view: MetadataView
  /** Partitions for which a broker is doubtful, by broker. */
  private readonly doubts = new Map<number, Set<string>>()

  constructor(world: World, view: MetadataView) {
    this.world = world
    this.view = view
  }

  allows(broker: number): boolean {
    return this.view.partitions().every(({ topic, partition, replicas, state }) => {
      if (!replicas.includes(broker)) return true
      if (state === null) return false
      if (!state.inSyncReplicas.includes(broker)) return true
      const key = `${topic}-${partition}`
      return state.inSyncReplicas.some((id) => id !== broker && !this.isDoubtful(id, key))
    })
  }

  /** The broker is about to lose power. */
  note(broker: number): void {
    const keys = this.view
      .partitions()
      .filter(({ state }) => state?.inSyncReplicas.includes(broker) === true)
      .map(({ topic, partition }) => `${topic}-${partition}`)
    this.doubts.set(broker, new Set([...(this.doubts.get(broker) ?? []), ...keys]))
    this.world.trace.note('power', `broker ${broker} is doubtful in ${keys.join(' ')}`)
  }

  /** The in-sync replicas of a partition have been written. */
  onState(topic: string, partition: number, inSyncReplicas: readonly number[]): void {
    for (const [broker, keys] of this.doubts) {
      if (!inSyncReplicas.includes(broker)) keys.delete(`${topic}-${partition}`)
    }
  }

  private isDoubtful(broker: number, key: string): boolean {
    return this.doubts.get(broker)?.has(key) === true
  }
}
