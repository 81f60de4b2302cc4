import { FileContent } from './file-content.ts'
import type { FakeRandom } from './random.ts'

/** Sizes at which a device tears a write: a sector, a page. */
const TEAR_BYTES = [512, 4096] as const

/** Above this many unsynced changes the oldest count as one, so that a file that is never synced stays cheap. */
const MAX_PENDING = 1024

/**
 * A change that is not durable yet. `bytes` is null while the file's current content still holds them in place, which
 * is so for everything appended and not overwritten.
 */
type Change =
  | {
      readonly kind: 'write'
      ordinal: number
      readonly position: number
      length: number
      bytes: Buffer | null
    }
  | { readonly kind: 'resize'; ordinal: number; readonly sizeBytes: number }

/** What became of a file's unsynced changes in a power cut. */
export type CrashOutcome = 'lost' | 'kept' | 'prefix' | 'torn' | 'zeroed' | 'holes'

export const CRASH_OUTCOMES: readonly CrashOutcome[] = ['lost', 'kept', 'prefix', 'torn', 'zeroed', 'holes']

/** A file without its name: what the processes see, and what the device holds. */
export class FileNode {
  readonly kind = 'file'
  modifiedMs = 0
  /** Names that lead here now, and handles that are open. */
  nameCount = 0
  openCount = 0
  /** Who holds the lock on it. */
  lockedBy: string | null = null
  private content = new FileContent()
  private durable = new FileContent()
  private changes: Change[] = []
  private lastOrdinal = 0
  /** Bytes before which nothing is unsynced, and past which no unsynced write reaches. */
  private pendingStart = Infinity
  private pendingEnd = 0
  /** A failed sync threw changes away: the device no longer follows from the content, only from what came later. */
  private hasLostChanges = false

  get sizeBytes(): number {
    return this.content.sizeBytes
  }

  /** What it takes of the device: nothing once no name leads here and nobody has it open. */
  get allocatedBytes(): number {
    return this.nameCount + this.openCount === 0 ? 0 : this.content.allocatedBytes
  }

  /** The number of the newest change: a sync that begins now covers all up to it. */
  get newestChange(): number {
    return this.lastOrdinal
  }

  /** Whether a power cut could undo something. */
  get isDurable(): boolean {
    return this.changes.length === 0 && !this.hasLostChanges
  }

  read(target: Uint8Array, start: number, length: number, position: number): number {
    return this.content.read(target, start, length, position)
  }

  write(source: Uint8Array, start: number, length: number, position: number): void {
    if (length === 0) return
    if (position < this.pendingEnd) this.keepBytes(position, position + length)
    this.content.write(source, start, length, position)
    this.changes.push({ kind: 'write', ordinal: ++this.lastOrdinal, position, length, bytes: null })
    this.pendingStart = Math.min(this.pendingStart, position, this.durable.sizeBytes)
    this.pendingEnd = Math.max(this.pendingEnd, position + length)
    if (this.changes.length > MAX_PENDING) this.joinOldest()
  }

  resize(sizeBytes: number): void {
    if (sizeBytes < this.pendingEnd) this.keepBytes(sizeBytes, Infinity)
    this.content.resize(sizeBytes)
    this.changes.push({ kind: 'resize', ordinal: ++this.lastOrdinal, sizeBytes })
    this.pendingStart = Math.min(this.pendingStart, sizeBytes, this.durable.sizeBytes)
  }

  /** Makes the changes up to number `newest` durable: those made before a sync began. */
  sync(newest = this.lastOrdinal): void {
    if (newest === this.lastOrdinal && !this.hasLostChanges) {
      this.durable.shareFrom(this.content, Math.min(this.pendingStart, this.durable.sizeBytes))
      this.changes = []
    } else {
      const after = this.changes.findIndex((change) => change.ordinal > newest)
      this.applyOldest(after < 0 ? this.changes.length : after)
    }
    if (this.changes.length === 0) this.forgetPending()
  }

  /** A sync failed and the kernel marked the pages clean: readers still see them, the device never will. */
  dropPages(): void {
    this.changes = []
    this.forgetPending()
    this.hasLostChanges = true
  }

  /** The machine loses power: from now on the file is what the device held, and what of the rest made it by luck. */
  crash(random: FakeRandom, outcome: CrashOutcome = random.pick(CRASH_OUTCOMES)): void {
    if (this.changes.length > 0 && outcome !== 'lost') this.survive(random, outcome)
    this.changes = []
    this.forgetPending()
    this.hasLostChanges = false
    this.content = this.durable.snapshot()
    this.lockedBy = null
    this.openCount = 0
  }

  /** Turns one bit over, on the device as well: what a broken one does. */
  flipBit(position: number, bit: number): void {
    for (const content of [this.content, this.durable]) {
      const byte = content.slice(position, 1)
      if (byte.length === 0) continue
      byte[0] = (byte[0] ?? 0) ^ (1 << bit)
      content.write(byte, 0, 1, position)
    }
  }

  private forgetPending(): void {
    this.pendingStart = Infinity
    this.pendingEnd = 0
  }

  private survive(random: FakeRandom, outcome: Exclude<CrashOutcome, 'lost'>): void {
    if (outcome === 'holes') return this.surviveByPage(random)
    const whole = outcome === 'kept' ? this.changes.length : random.below(this.changes.length)
    const next = this.changes[whole]
    this.applyOldest(whole)
    if (next?.kind !== 'write') return
    if (outcome === 'torn') {
      const tear = random.pick(TEAR_BYTES)
      // The device writes whole sectors, so the cut lies on a sector's edge of the file, not of the write.
      const cut = Math.floor((next.position + random.below(next.length + 1)) / tear) * tear
      const length = Math.max(0, cut - next.position)
      this.durable.write(this.bytesOf(next), 0, length, next.position)
    } else if (outcome === 'zeroed') {
      // The size was written before the data: the file has grown, and what it grew by is empty.
      this.durable.resize(Math.max(this.durable.sizeBytes, next.position + random.below(next.length) + 1))
    }
  }

  /** The kernel wrote pages back in its own order, the device their sectors: of those touched some never reached it. */
  private surviveByPage(random: FakeRandom): void {
    const before = this.durable.snapshot()
    const pageBytes = random.pick(TEAR_BYTES)
    const touched = new Set<number>()
    for (const change of this.changes) {
      if (change.kind !== 'write') continue
      const lastPage = Math.floor((change.position + change.length - 1) / pageBytes)
      for (let page = Math.floor(change.position / pageBytes); page <= lastPage; page++) touched.add(page)
    }
    this.applyOldest(this.changes.length)
    for (const page of touched) {
      const start = page * pageBytes
      const length = Math.min(pageBytes, this.durable.sizeBytes - start)
      if (length <= 0 || !random.chance(0.3)) continue
      const old = Buffer.alloc(length)
      before.read(old, 0, length, start)
      this.durable.write(old, 0, length, start)
    }
  }

  private applyOldest(count: number): void {
    for (const change of this.changes.slice(0, count)) {
      if (change.kind === 'resize') this.durable.resize(change.sizeBytes)
      else this.durable.write(this.bytesOf(change), 0, change.length, change.position)
    }
    this.changes = this.changes.slice(count)
  }

  private bytesOf(change: Extract<Change, { kind: 'write' }>): Buffer {
    return change.bytes ?? this.content.slice(change.position, change.length)
  }

  /** Before the bytes of a range change: unsynced writes that still live there keep copies of theirs. */
  private keepBytes(from: number, to: number): void {
    for (const change of this.changes) {
      if (change.kind !== 'write' || change.bytes !== null) continue
      if (change.position < to && change.position + change.length > from) change.bytes = this.bytesOf(change)
    }
  }

  private joinOldest(): void {
    const half = this.changes.splice(0, MAX_PENDING / 2)
    const joined: Change[] = []
    for (const change of half) {
      const last = joined.at(-1)
      const follows =
        last?.kind === 'write' &&
        change.kind === 'write' &&
        last.bytes === null &&
        change.bytes === null &&
        last.position + last.length === change.position
      if (follows) {
        last.length += change.length
        last.ordinal = change.ordinal
      } else {
        joined.push(change)
      }
    }
    this.changes = [...joined, ...this.changes]
    // Scattered changes do not join: the kernel's own writeback has long made the oldest durable.
    if (this.changes.length > MAX_PENDING) this.applyOldest(MAX_PENDING / 2)
  }
}
