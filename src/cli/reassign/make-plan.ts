import type { PlannedPartition } from './plan-file.ts'

export interface PlanInputs {
  readonly partitions: readonly PlannedPartition[]
  /** Who may have replicas, with their racks. */
  readonly brokers: readonly { readonly id: number; readonly rack: string | null }[]
  /** Null: as many as each partition has. */
  readonly replicationFactor: number | null
  /** Move only what has to move, and do not even out the load. */
  readonly isMinimal: boolean
}

/** A partition could not be given as many replicas as it needs. */
export class PlanError extends Error {
  override readonly name = 'PlanError'
}

/**
 * Puts every partition on brokers that may have it: what is in a right place stays, what moves goes to the broker with
 * the fewest replicas, on a rack that the partition is not on yet where there is one. Then replicas go from the fullest
 * to the emptiest until they differ by one at most, and preferred leadership is evened out by changing the order alone.
 * Returns the partitions that change. Pure, and the same for the same inputs. Throws PlanError.
 */
export function makePlan(inputs: PlanInputs): PlannedPartition[] {
  const placement = new Placement(inputs)
  placement.keepAndFill()
  if (!inputs.isMinimal) {
    placement.evenOutReplicas()
    placement.evenOutLeaders()
  }
  return placement.changes()
}

interface Placed {
  readonly before: PlannedPartition
  replicas: number[]
}

class Placement {
  private readonly inputs: PlanInputs
  private readonly racks: ReadonlyMap<number, string | null>
  private readonly replicaCounts: Map<number, number>
  private readonly placed: Placed[] = []

  constructor(inputs: PlanInputs) {
    this.inputs = inputs
    const brokers = [...inputs.brokers].sort((one, other) => one.id - other.id)
    this.racks = new Map(brokers.map(({ id, rack }) => [id, rack]))
    this.replicaCounts = new Map(brokers.map(({ id }) => [id, 0]))
  }

  keepAndFill(): void {
    const { partitions, replicationFactor } = this.inputs
    for (const before of partitions) {
      const wanted = replicationFactor ?? before.replicas.length
      if (wanted > this.racks.size) {
        throw new PlanError(
          `${before.topic}-${before.partition} needs ${wanted} replicas, and ${this.racks.size} brokers may have them`,
        )
      }
      const kept = before.replicas.filter((id) => this.racks.has(id)).slice(0, wanted)
      for (const id of kept) this.count(id, 1)
      this.placed.push({ before, replicas: kept })
    }
    for (const each of this.placed) {
      const wanted = replicationFactor ?? each.before.replicas.length
      while (each.replicas.length < wanted) {
        const id = this.bestFor(each.replicas)
        each.replicas.push(id)
        this.count(id, 1)
      }
    }
  }

  evenOutReplicas(): void {
    // Each step takes one replica from the fullest to the emptiest that can have it: the sum of squares falls.
    for (;;) {
      const byLoad = [...this.replicaCounts].sort(([a, x], [b, y]) => x - y || a - b)
      const step = this.nextStep(byLoad)
      if (step === null) return
      const { each, from, to } = step
      each.replicas[each.replicas.indexOf(from)] = to
      this.count(from, -1)
      this.count(to, 1)
    }
  }

  evenOutLeaders(): void {
    const leads = new Map([...this.racks.keys()].map((id) => [id, 0]))
    const countOf = (id: number): number => leads.get(id) ?? 0
    for (const { replicas } of this.placed)
      leads.set(replicas[0] as number, countOf(replicas[0] as number) + 1)
    for (let isChanging = true; isChanging;) {
      isChanging = false
      for (const each of this.placed) {
        const [leader = -1] = each.replicas
        const next = [...each.replicas].sort((one, other) => countOf(one) - countOf(other))[0] as number
        if (countOf(leader) - countOf(next) < 2) continue
        each.replicas = [next, ...each.replicas.filter((id) => id !== next)]
        leads.set(leader, countOf(leader) - 1)
        leads.set(next, countOf(next) + 1)
        isChanging = true
      }
    }
  }

  changes(): PlannedPartition[] {
    return this.placed
      .filter(({ before, replicas }) => before.replicas.join() !== replicas.join())
      .map(({ before: { topic, partition }, replicas }) => ({ topic, partition, replicas }))
  }

  private nextStep(byLoad: [number, number][]): { each: Placed; from: number; to: number } | null {
    for (const [from, most] of [...byLoad].reverse()) {
      for (const [to, least] of byLoad) {
        if (most - least < 2) break
        const each = this.placed.find(
          ({ replicas }) =>
            replicas.includes(from) && !replicas.includes(to) && this.keepsRacksApart(replicas, from, to),
        )
        if (each !== undefined) return { each, from, to }
      }
    }
    return null
  }

  /** Whether the partition is on as many racks after the step as it was before. */
  private keepsRacksApart(replicas: readonly number[], from: number, to: number): boolean {
    const after = replicas.map((id) => (id === from ? to : id))
    return this.rackCount(after) >= this.rackCount(replicas)
  }

  private rackCount(replicas: readonly number[]): number {
    return new Set(replicas.map((id) => this.racks.get(id) ?? `broker ${id}`)).size
  }

  private bestFor(replicas: readonly number[]): number {
    const taken = new Set(replicas.map((id) => this.racks.get(id)))
    const candidates = [...this.replicaCounts].filter(([id]) => !replicas.includes(id))
    const isOnNewRack = (id: number): boolean => {
      const rack = this.racks.get(id) ?? null
      return rack === null || !taken.has(rack)
    }
    candidates.sort(([a, x], [b, y]) => Number(isOnNewRack(b)) - Number(isOnNewRack(a)) || x - y || a - b)
    return (candidates[0] as [number, number])[0]
  }

  private count(id: number, change: number): void {
    this.replicaCounts.set(id, (this.replicaCounts.get(id) ?? 0) + change)
  }
}
