import type { DiskFile } from '../../src/platform/disk.ts'
import { DiskError } from '../../src/platform/disk.ts'
import { assert } from '../../src/std/assert.ts'
import type { DiskCall, DiskFault } from './disk-faults.ts'
import { refusal } from './disk-faults.ts'
import type { FileNode } from './file-node.ts'
import type { FakeRandom } from './random.ts'

/** What one process has of a disk: it ends with the process. */
export class DiskLife {
  isOver = false
  readonly files = new Set<FakeDiskFile>()
  readonly locks = new Set<FileNode>()
  /** Writes on their way to the file. */
  readonly writes = new Set<WriteInFlight>()

  end(random: FakeRandom): void {
    this.isOver = true
    for (const write of this.writes) {
      const { bytes, file, position } = write
      const length = random.pick([0, bytes.length, random.below(bytes.length + 1)])
      file.write(bytes, 0, length, position)
    }
    for (const file of this.files) file.node.openCount--
    for (const lock of this.locks) lock.lockedBy = null
    this.writes.clear()
    this.files.clear()
    this.locks.clear()
  }
}

interface WriteInFlight {
  readonly file: FileNode
  readonly bytes: Buffer
  readonly position: number
}

/** What an open file needs of its disk. */
interface Device {
  enter(call: DiskCall, path: string): DiskFault | null
  later<T>(call: DiskCall, path: string, begin: (fault: DiskFault | null) => () => T): Promise<T>
  nowMs(): number
  usableBytes(): number
  /** Does something to a file and keeps the count of used space. */
  measured(file: FileNode, act: () => void): void
  flipOneBit(bytes: Buffer, start: number, length: number): void
}

/** An open file of the simulated disk. */
export class FakeDiskFile implements DiskFile {
  readonly path: string
  readonly node: FileNode
  private readonly isWritable: boolean
  private readonly life: DiskLife
  private readonly disk: Device
  private isClosed = false

  constructor(options: { path: string; file: FileNode; isWritable: boolean; life: DiskLife; disk: Device }) {
    this.path = options.path
    this.node = options.file
    this.isWritable = options.isWritable
    this.life = options.life
    this.disk = options.disk
    this.node.openCount++
    this.life.files.add(this)
  }

  sizeBytes(): number {
    this.check()
    this.disk.enter('sizeBytes', this.path)
    return this.node.sizeBytes
  }

  read(target: Buffer, start: number, length: number, position: number): number {
    this.check()
    this.checkRange(target, start, length, position)
    const fault = this.disk.enter('read', this.path)
    return this.readNow(fault, target, start, length, position)
  }

  readAsync(target: Buffer, start: number, length: number, position: number): Promise<number> {
    this.check()
    this.checkRange(target, start, length, position)
    return this.disk.later(
      'read',
      this.path,
      (fault) => () => this.readNow(fault, target, start, length, position),
    )
  }

  write(buffers: readonly Buffer[], position: number): void {
    this.checkWritable(position)
    const fault = this.disk.enter('write', this.path)
    this.writeNow(fault, Buffer.concat(buffers), position)
  }

  writeAsync(buffers: readonly Buffer[], position: number): Promise<void> {
    this.checkWritable(position)
    return this.disk.later('write', this.path, (fault) => {
      const bytes = Buffer.concat(buffers)
      const write = { file: this.node, bytes, position }
      this.life.writes.add(write)
      return () => {
        this.life.writes.delete(write)
        assert(
          Buffer.concat(buffers).equals(bytes),
          `${this.path}: a buffer changed before its write had settled`,
        )
        this.writeNow(fault, bytes, position)
      }
    })
  }

  truncate(sizeBytes: number): void {
    this.checkWritable(sizeBytes)
    this.disk.enter('truncate', this.path)
    this.disk.measured(this.node, () => this.node.resize(sizeBytes))
    this.node.modifiedMs = this.disk.nowMs()
  }

  sync(): Promise<void> {
    this.check()
    return this.disk.later('sync', this.path, (fault) => {
      const newest = this.node.newestChange
      return () => {
        if (fault?.error === undefined) return this.node.sync(newest)
        if (fault.dropsPages === true) this.node.dropPages()
        throw refusal(fault.error, this.path)
      }
    })
  }

  close(): void {
    assert(!this.isClosed, `${this.path}: closed twice`)
    this.isClosed = true
    if (this.life.files.delete(this)) this.disk.measured(this.node, () => this.node.openCount--)
    if (!this.life.isOver) this.disk.enter('close', this.path)
  }

  private readNow(
    fault: DiskFault | null,
    target: Buffer,
    start: number,
    length: number,
    position: number,
  ): number {
    const count = this.node.read(target, start, length, position)
    if (fault?.flipsBit === true) this.disk.flipOneBit(target, start, count)
    return count
  }

  private writeNow(fault: DiskFault | null, bytes: Buffer, position: number): void {
    if (fault?.flipsBit === true) this.disk.flipOneBit(bytes, 0, bytes.length)
    let fits = bytes.length
    let code = fault?.error ?? null
    if (code !== null) fits = Math.min(fault?.afterBytes ?? 0, bytes.length)
    const growth = position + bytes.length - this.node.sizeBytes
    if (growth > 0) {
      const usable = this.disk.usableBytes()
      if (growth > usable) {
        fits = Math.min(fits, bytes.length - growth + usable)
        code ??= 'ENOSPC'
      }
    }
    this.disk.measured(this.node, () => this.node.write(bytes, 0, Math.max(0, fits), position))
    this.node.modifiedMs = this.disk.nowMs()
    if (code !== null) throw refusal(code, this.path)
  }

  private check(): void {
    assert(!this.isClosed, `${this.path}: used after close`)
    if (this.life.isOver) throw new DiskError('OTHER', this.path, `${this.path}: the process is dead`)
  }

  private checkWritable(position: number): void {
    this.check()
    assert(Number.isSafeInteger(position) && position >= 0, 'a position is a whole number, 0 or more')
    if (!this.isWritable) throw new DiskError('OTHER', this.path, `${this.path}: opened for reading`)
  }

  private checkRange(target: Buffer, start: number, length: number, position: number): void {
    assert(Number.isSafeInteger(position) && position >= 0, 'a position is a whole number, 0 or more')
    assert(start >= 0 && length >= 0 && start + length <= target.length, 'what is read fits the target')
  }
}
