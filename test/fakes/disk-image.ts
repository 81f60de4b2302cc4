import { DiskError } from '../../src/platform/disk.ts'
import type { FileNode } from './file-node.ts'
import type { FakeRandom } from './random.ts'

/** Unsynced changes of names that are kept before the oldest count as durable, as a journal's own commits make them. */
const MAX_PENDING_NAMES = 4096

export class DirectoryNode {
  readonly kind = 'directory'
  modifiedMs = 0
  /** The names as the processes see them. */
  readonly entries = new Map<string, Node>()
  /** The names that survive a power cut. */
  readonly durable = new Map<string, Node>()
}

export type Node = FileNode | DirectoryNode

interface EntryChange {
  readonly directory: DirectoryNode
  readonly name: string
  /** Null: the name is gone. */
  readonly node: Node | null
}

/** One step of names: a creation, a removal, or a rename with both its ends. */
type NameChange = readonly EntryChange[]

export interface Place {
  readonly directory: DirectoryNode
  readonly name: string
  readonly node: Node | undefined
}

/**
 * What a machine keeps on its disk, through the deaths of its processes: the tree of names and files, each as it is
 * and as it would be after a power cut.
 */
export class DiskImage {
  readonly root = new DirectoryNode()
  private pending: NameChange[] = []
  private used = 0

  /** What the files take of the device. */
  get usedBytes(): number {
    return this.used
  }

  /** Finds the last directory of `path` and what its last name stands for. Throws as the system would on the way. */
  place(path: string): Place {
    const names = namesOf(path)
    let directory = this.root
    const last = names.length - 1
    for (let i = 0; i < last; i++) {
      const next = directory.entries.get(names[i] ?? '')
      if (next === undefined) throw new DiskError('ENOENT', path, `${path}: no such file or directory`)
      if (next.kind !== 'directory') throw new DiskError('ENOTDIR', path, `${path}: not a directory`)
      directory = next
    }
    const name = names[last]
    return name === undefined
      ? { directory, name: '', node: directory }
      : { directory, name, node: directory.entries.get(name) }
  }

  /** Changes names together, at once for the processes, for good only after `syncDirectory`. */
  change(changes: NameChange, modifiedMs: number): void {
    for (const { directory, name, node } of changes) {
      const before = directory.entries.get(name)
      if (before?.kind === 'file') this.measured(before, () => before.nameCount--)
      if (node?.kind === 'file') this.measured(node, () => node.nameCount++)
      apply(directory.entries, name, node)
      directory.modifiedMs = modifiedMs
    }
    this.pending.push(changes)
    if (this.pending.length > MAX_PENDING_NAMES) this.commit(this.pending.slice(0, MAX_PENDING_NAMES / 2))
  }

  /** Does something to a file, and keeps the count of used space. */
  measured(file: FileNode, act: () => void): void {
    const before = file.allocatedBytes
    act()
    this.used += file.allocatedBytes - before
  }

  /** The steps that a sync of `directory` makes durable when it begins now. */
  stepsOf(directory: DirectoryNode): readonly NameChange[] {
    const names = new Map<DirectoryNode, Set<string>>()
    // Newest first: what a needed step builds on is needed too.
    const needed = this.pending.toReversed().filter((step) => {
      const isNeeded = step.some(
        (c) => c.directory === directory || names.get(c.directory)?.has(c.name) === true,
      )
      if (isNeeded) for (const c of step) note(names, c)
      return isNeeded
    })
    return needed.reverse()
  }

  commit(steps: readonly NameChange[]): void {
    const done = new Set(steps)
    this.pending = this.pending.filter((step) => {
      if (!done.has(step)) return true
      applyDurably(step)
      return false
    })
  }

  /**
   * Power is lost. Of the steps that were not synced some survive: half of the time a prefix, as behind a journal, half
   * of the time any subset in which no step of a name survives without the earlier steps of that name.
   */
  crash(random: FakeRandom, crashFile: (file: FileNode) => void): void {
    const steps = this.pending
    this.pending = []
    if (random.chance(0.5)) {
      for (const step of steps.slice(0, random.below(steps.length + 1))) applyDurably(step)
    } else {
      const lost = new Map<DirectoryNode, Set<string>>()
      for (const step of steps) {
        const isBroken = step.some((c) => lost.get(c.directory)?.has(c.name) === true)
        if (!isBroken && random.chance(0.5)) applyDurably(step)
        else for (const c of step) note(lost, c)
      }
    }
    this.restore(this.root, new Set(), crashFile)
    this.recount()
  }

  /** Everything below `path` is gone for good: somebody put an empty disk in. */
  wipe(path: string): void {
    const { node } = this.place(path)
    if (node?.kind !== 'directory') return
    node.entries.clear()
    node.durable.clear()
    this.pending = this.pending.filter((step) => step.every((c) => c.directory !== node))
    this.recount()
  }

  /** Counts used space anew: after a death, when no file is open. */
  recount(): void {
    this.used = 0
    for (const file of this.files()) this.used += file.allocatedBytes
  }

  *files(directory: DirectoryNode = this.root): IterableIterator<FileNode> {
    for (const node of directory.entries.values()) {
      if (node.kind === 'file') yield node
      else yield* this.files(node)
    }
  }

  private restore(directory: DirectoryNode, seen: Set<FileNode>, crashFile: (file: FileNode) => void): void {
    directory.entries.clear()
    for (const [name, node] of directory.durable) {
      directory.entries.set(name, node)
      if (node.kind === 'directory') {
        this.restore(node, seen, crashFile)
      } else if (!seen.has(node)) {
        seen.add(node)
        node.nameCount = 1
        crashFile(node)
      } else {
        node.nameCount++
      }
    }
  }
}

/** The names on the way to `path`. There is no current directory: `a/b` means `/a/b`. */
function namesOf(path: string): string[] {
  const names: string[] = []
  for (const name of path.split('/')) {
    if (name === '' || name === '.') continue
    if (name === '..') names.pop()
    else names.push(name)
  }
  return names
}

function apply(entries: Map<string, Node>, name: string, node: Node | null): void {
  if (node === null) entries.delete(name)
  else entries.set(name, node)
}

function applyDurably(step: NameChange): void {
  for (const { directory, name, node } of step) apply(directory.durable, name, node)
}

function note(names: Map<DirectoryNode, Set<string>>, change: EntryChange): void {
  const known = names.get(change.directory)
  if (known === undefined) names.set(change.directory, new Set([change.name]))
  else known.add(change.name)
}
