import type { Disk, DiskFile, DiskLock, FileStatus, OpenOptions } from '../../src/platform/disk.ts'
import { DiskError, SMALL_FILE_BYTES } from '../../src/platform/disk.ts'
import { assert } from '../../src/std/assert.ts'
import type { FakeClock } from './clock.ts'
import type { DiskCall, DiskFault, InjectedFault } from './disk-faults.ts'
import { DiskFaults, refusal } from './disk-faults.ts'
import type { Node, Place } from './disk-image.ts'
import { DirectoryNode, DiskImage } from './disk-image.ts'
import { DiskLife, FakeDiskFile } from './disk-file.ts'
import type { CrashOutcome } from './file-node.ts'
import { FileNode } from './file-node.ts'
import { FakeRandom } from './random.ts'

export interface FakeDiskOptions {
  /** What is on the disk already: the image of the process before. Default: nothing. */
  readonly image?: DiskImage
  /** Dates files, lets asynchronous calls take time and slow synchronous ones block their process. */
  readonly clock?: FakeClock
  readonly random?: FakeRandom
  /** Default 1 TiB. */
  readonly capacityBytes?: number
  /** Open files allowed at a time, EMFILE above. Default 100,000. */
  readonly maxOpenFiles?: number
  /** How long a call takes when nothing is wrong. Default 0: asynchronous calls settle in the same turn. */
  readonly latencyMs?: (call: DiskCall) => number
  /** Who says "held by" when a lock is refused. */
  readonly owner?: string
}

/**
 * A disk in memory that forgets what was not synced. Readers see every write at once; `crash` is a power cut and keeps
 * the durable state and a random part of the rest; `kill` is the death of the process alone, and loses nothing but
 * open files and locks. After either the same object serves the next process; `retire` is for worlds in which the
 * code of the dead process may still run and must not touch the disk of its successor.
 */
export class FakeDisk implements Disk {
  readonly image: DiskImage
  private readonly random: FakeRandom
  private readonly faults: DiskFaults
  private readonly clock: FakeClock | null
  private readonly capacityBytes: number
  private readonly maxOpenFiles: number
  private readonly latencyMs: (call: DiskCall) => number
  private readonly owner: string
  private life: DiskLife
  private isRetired = false

  constructor(options: FakeDiskOptions = {}) {
    this.image = options.image ?? new DiskImage()
    this.random = (options.random ?? new FakeRandom()).fork('disk')
    this.faults = new DiskFaults(this.random.fork('faults'))
    this.clock = options.clock ?? null
    this.capacityBytes = options.capacityBytes ?? 2 ** 40
    this.maxOpenFiles = options.maxOpenFiles ?? 100_000
    this.latencyMs = options.latencyMs ?? (() => 0)
    this.owner = options.owner ?? 'process 1'
    this.life = new DiskLife()
  }

  // ── the machine's side: what a test does to the disk ──────────────────────────────────────────────────────────

  /** Files that are open now: 0 when nothing leaks. */
  get openFiles(): number {
    return this.life.files.size
  }

  /** Lets calls go wrong. */
  inject(fault: DiskFault): InjectedFault {
    return this.faults.inject(fault)
  }

  /** From now on nothing goes wrong. */
  clearFaults(): void {
    this.faults.clear()
  }

  /** The process dies, the machine lives. What it had handed to the thread pool may or may not have been done. */
  kill(): void {
    this.life.end(this.random)
    this.life = new DiskLife()
    this.image.recount()
  }

  /** The machine loses power. `outcome` fixes what becomes of unsynced content; by default each file has its own luck. */
  crash(outcome?: CrashOutcome): void {
    this.kill()
    this.image.crash(this.random, (file) => file.crash(this.random, outcome))
  }

  /** As `kill`, and this object never touches the image again. */
  retire(): void {
    this.kill()
    this.life.isOver = true
    this.isRetired = true
  }

  /** Everything below `path` is gone, as after putting a new disk in. */
  wipe(path: string): void {
    this.image.wipe(path)
  }

  /** Turns one bit of a file over, on the device too. */
  flipBit(path: string, position: number, bit = 0): void {
    this.fileAt(path).flipBit(position, bit)
  }

  // ── the port ──────────────────────────────────────────────────────────────────────────────────────────────────

  list(path: string): string[] {
    this.enter('list', path)
    return [...this.directoryAt(path).entries.keys()]
  }

  status(path: string): FileStatus | null {
    this.enter('status', path)
    const node = this.find(path)
    if (node === undefined) return null
    return {
      kind: node.kind,
      sizeBytes: node.kind === 'file' ? node.sizeBytes : 4096,
      modifiedMs: node.modifiedMs,
    }
  }

  makeDirectory(path: string): void {
    this.enter('makeDirectory', path)
    const names = path.split('/').filter((name) => name !== '' && name !== '.')
    names.forEach((_, last) => {
      const place = this.image.place(names.slice(0, last + 1).join('/'))
      if (place.node === undefined) this.setEntry(place, new DirectoryNode())
      else if (place.node.kind === 'file') throw refusal(last + 1 < names.length ? 'ENOTDIR' : 'EEXIST', path)
    })
  }

  open(path: string, options: OpenOptions): DiskFile {
    this.enter('open', path)
    if (this.openFiles >= this.maxOpenFiles) throw refusal('EMFILE', path)
    const place = this.image.place(path)
    if (place.node !== undefined && options.mode === 'create') throw refusal('EEXIST', path)
    if (place.node?.kind === 'directory') throw refusal('EISDIR', path)
    let file = place.node
    if (file === undefined) {
      if (options.mode === 'read') throw refusal('ENOENT', path)
      file = new FileNode()
      file.modifiedMs = this.nowMs()
      this.setEntry(place, file)
    }
    return new FakeDiskFile({ path, file, isWritable: options.mode !== 'read', life: this.life, disk: this })
  }

  readSmallFile(path: string, maxBytes = SMALL_FILE_BYTES): Buffer {
    const fault = this.enter('readSmallFile', path)
    const file = this.fileAt(path)
    if (file.sizeBytes > maxBytes) {
      throw new DiskError(
        'OTHER',
        path,
        `${path}: ${file.sizeBytes} bytes, more than the ${maxBytes} expected`,
      )
    }
    const bytes = Buffer.alloc(file.sizeBytes)
    file.read(bytes, 0, bytes.length, 0)
    if (fault?.flipsBit === true) this.flipOneBit(bytes, 0, bytes.length)
    return bytes
  }

  rename(from: string, to: string): void {
    this.enter('rename', from)
    const source = this.image.place(from)
    const { node } = source
    if (node === undefined) throw refusal('ENOENT', from)
    const target = this.image.place(to)
    if (target.node === node) return
    if (target.node !== undefined) {
      if (node.kind === 'file' && target.node.kind === 'directory') throw refusal('EISDIR', to)
      if (node.kind === 'directory' && target.node.kind === 'file') throw refusal('ENOTDIR', to)
      if (target.node.kind === 'directory' && target.node.entries.size > 0) throw refusal('ENOTEMPTY', to)
    }
    if (node.kind === 'directory' && `${to}/`.startsWith(`${from}/`)) throw refusal('OTHER', to)
    this.image.change(
      [
        { directory: source.directory, name: source.name, node: null },
        { directory: target.directory, name: target.name, node },
      ],
      this.nowMs(),
    )
  }

  remove(path: string): void {
    this.enter('remove', path)
    const place = this.findPlace(path)
    if (place?.node === undefined) return
    if (place.node.kind === 'directory') throw refusal('EISDIR', path)
    this.setEntry(place, null)
  }

  removeTree(path: string): void {
    this.enter('removeTree', path)
    const place = this.findPlace(path)
    if (place?.node === undefined) return
    if (place.node.kind === 'file') throw refusal('ENOTDIR', path)
    this.empty(place.node)
    this.setEntry(place, null)
  }

  syncDirectory(path: string): Promise<void> {
    return this.later('syncDirectory', path, () => {
      const steps = this.image.stepsOf(this.directoryAt(path))
      return () => this.image.commit(steps)
    })
  }

  space(path: string): { readonly totalBytes: number; readonly usableBytes: number } {
    this.enter('space', path)
    this.directoryAt(path)
    return { totalBytes: this.capacityBytes, usableBytes: this.usableBytes() }
  }

  lock(path: string): DiskLock | { readonly heldBy: string } {
    this.enter('lock', path)
    const place = this.image.place(path)
    if (place.node?.kind === 'directory') throw refusal('EISDIR', path)
    let file = place.node
    if (file === undefined) {
      file = new FileNode()
      this.setEntry(place, file)
    }
    if (file.lockedBy !== null) return { heldBy: file.lockedBy }
    file.lockedBy = this.owner
    const { life } = this
    const locked = file
    let isHeld = true
    life.locks.add(locked)
    return {
      release: () => {
        if (isHeld && life.locks.delete(locked)) locked.lockedBy = null
        isHeld = false
      },
    }
  }

  // ── for the open files ────────────────────────────────────────────────────────────────────────────────────────

  /** Begins a synchronous call: lets it take its time and meet its fault. Throws when that is an error. */
  enter(call: DiskCall, path: string): DiskFault | null {
    if (this.isRetired) throw new DiskError('OTHER', path, `${path}: the process is dead`)
    const fault = this.faults.meet(call, path)
    const delayMs = this.latencyMs(call) + (fault?.delayMs ?? 0)
    if (delayMs > 0) this.clock?.process?.block(delayMs)
    if (fault?.error !== undefined && call !== 'write' && call !== 'sync') throw refusal(fault.error, path)
    return fault
  }

  /**
   * An asynchronous call: `begin` runs now and returns what is to be done when the device is ready. What either
   * throws is the promise's.
   */
  later<T>(call: DiskCall, path: string, begin: (fault: DiskFault | null) => () => T): Promise<T> {
    if (this.isRetired) return new Promise(() => undefined)
    const fault = this.faults.meet(call, path)
    const delayMs = this.latencyMs(call) + (fault?.delayMs ?? 0)
    const { life } = this
    return new Promise<T>((resolve, reject) => {
      const act = begin(fault)
      const finish = (): void => {
        // The dead learn nothing.
        if (life.isOver) return
        try {
          if (fault?.error !== undefined && call !== 'write' && call !== 'sync')
            throw refusal(fault.error, path)
          resolve(act())
        } catch (error) {
          reject(error)
        }
      }
      if (delayMs > 0 && this.clock !== null) {
        const { scheduler, process } = this.clock
        scheduler.at((process?.nowMs ?? scheduler.nowMs) + delayMs, finish, process)
      } else {
        void Promise.resolve().then(finish)
      }
    })
  }

  nowMs(): number {
    return this.clock?.nowMs() ?? 0
  }

  usableBytes(): number {
    return Math.max(0, this.capacityBytes - this.image.usedBytes)
  }

  measured(file: FileNode, act: () => void): void {
    this.image.measured(file, act)
  }

  flipOneBit(bytes: Buffer, start: number, length: number): void {
    if (length === 0) return
    const index = start + this.random.below(length)
    bytes[index] = (bytes[index] ?? 0) ^ (1 << this.random.below(8))
  }

  private setEntry({ directory, name }: Place, node: Node | null): void {
    assert(name !== '', 'the root stays')
    if (node !== null) node.modifiedMs = this.nowMs()
    this.image.change([{ directory, name, node }], this.nowMs())
  }

  private empty(directory: DirectoryNode): void {
    for (const [name, node] of [...directory.entries]) {
      if (node.kind === 'directory') this.empty(node)
      this.setEntry({ directory, name, node }, null)
    }
  }

  /** What is at `path`, or undefined, also where the way there breaks off. */
  private find(path: string): Node | undefined {
    return this.findPlace(path)?.node
  }

  private findPlace(path: string): Place | undefined {
    try {
      return this.image.place(path)
    } catch (error) {
      if (error instanceof DiskError && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
        return undefined
      throw error
    }
  }

  private directoryAt(path: string): DirectoryNode {
    const { node } = this.image.place(path)
    if (node === undefined) throw refusal('ENOENT', path)
    if (node.kind !== 'directory') throw refusal('ENOTDIR', path)
    return node
  }

  private fileAt(path: string): FileNode {
    const { node } = this.image.place(path)
    if (node === undefined) throw refusal('ENOENT', path)
    if (node.kind !== 'file') throw refusal('EISDIR', path)
    return node
  }
}
