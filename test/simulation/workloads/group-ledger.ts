import type { World } from '../world.ts'

/** A commit: `note` is never the same twice. */
interface Commit {
  readonly note: string
  readonly offset: number
  readonly generation: number
  readonly sentMs: number
  /** Infinity until it is acknowledged. */
  acknowledgedMs: number
}

/**
 * What the members of one group have been told, and what follows from it: a partition has one owner in a generation,
 * nothing of an older generation is taken once a newer one has begun, and of committed offsets the newest are found.
 */
export class GroupLedger {
  /** The newest generation whose assignment somebody has seen. */
  generation = -1
  private readonly world: World
  private readonly group: string
  /** Whether nothing is promised any more: the group's records may have been lost with the power. */
  private readonly isVoid: () => boolean
  private readonly owners = new Map<string, string>()
  private readonly commits = new Map<number, Commit[]>()

  constructor(world: World, group: string, isVoid: () => boolean) {
    this.world = world
    this.group = group
    this.isVoid = isVoid
  }

  assigned(member: string, generation: number, partitions: readonly number[]): void {
    for (const partition of partitions) {
      const key = `${generation} ${partition}`
      const owner = this.owners.get(key) ?? member
      this.owners.set(key, owner)
      if (owner !== member)
        this.violate('owner', `${owner} and ${member} own ${partition} in generation ${generation}`)
    }
    this.generation = Math.max(this.generation, generation)
  }

  /** Something that a member asked for in `generation`, when `known` was the newest, has been granted. */
  granted(what: string, member: string, generation: number, known: number): void {
    if (generation < known)
      this.violate('generation', `${what} of ${member} in generation ${generation}, and ${known} had begun`)
  }

  beginCommit(partition: number, offset: number, generation: number, note: string): Commit {
    const commit = { note, offset, generation, sentMs: this.world.nowMs, acknowledgedMs: Infinity }
    const known = this.commits.get(partition)
    if (known === undefined) this.commits.set(partition, [commit])
    else known.push(commit)
    return commit
  }

  acknowledge(commit: Commit): void {
    commit.acknowledgedMs = this.world.nowMs
  }

  /** What was read of a partition by somebody who asked at `askedMs`: the last commit before, or one at the same time. */
  fetched(partition: number, offset: number, note: string, askedMs: number): void {
    const all = this.commits.get(partition) ?? []
    const found = all.find((commit) => commit.note === note)
    if (offset >= 0 && found?.offset !== offset)
      return this.violate('commit', `${partition} is at ${offset} by "${note}", which nobody has committed`)
    const endMs = found?.acknowledgedMs ?? -1
    const later = all.find(({ sentMs, acknowledgedMs }) => sentMs > endMs && acknowledgedMs < askedMs)
    if (later === undefined) return
    this.violate(
      'commit',
      `${partition} is at ${offset} by "${note}" at ${Math.round(askedMs)} ms, after ${later.offset} by ` +
        `"${later.note}" was acknowledged at ${Math.round(later.acknowledgedMs)} ms`,
    )
  }

  private violate(kind: string, what: string): void {
    if (this.isVoid()) return
    this.world.violate(`group ${kind}`, `${this.group}: ${what}`)
  }
}

export type { Commit }
