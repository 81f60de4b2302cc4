import { DiskError, type Disk, type DiskFile } from '../platform/disk.ts'
import { assert, present } from '../std/assert.ts'

/** Where a log's files lie. The path changes when the log's directory is renamed; open files stay open. */
export interface Folder {
  path: string
  /** A file in it could not be closed: what was written to it may be lost. Without this the error is thrown. */
  onCloseFailure?(error: DiskError): void
}

/**
 * A file that may be open or not. Thousands of segments know their files; only those in use hold a handle, see
 * `OpenFiles`.
 */
export class FileRef {
  readonly folder: Folder
  name: string
  /** Whether it is opened for writing, and made when it is missing. A file to be read only must exist. */
  readonly isWritable: boolean
  /** Internal to OpenFiles. */
  file: DiskFile | null = null
  wasUsed = false
  slot = -1
  pins = 0

  constructor(folder: Folder, name: string, isWritable: boolean) {
    this.folder = folder
    this.name = name
    this.isWritable = isWritable
  }

  get path(): string {
    return `${this.folder.path}/${this.name}`
  }
}

/**
 * The open files of all logs: at most `limit` at a time. One that was not used since the hand last passed gives way
 * (the "clock" approximation of least recently used, because marking a use must cost nothing). A pinned file, one with
 * a call in the thread pool, stays; if all were pinned the limit would be passed rather than a call fail.
 *
 * A file that cannot be closed is its own folder's misfortune, not that of whoever needed the handle.
 */
export class OpenFiles {
  private readonly disk: Disk
  private readonly limit: number
  private readonly slots: (FileRef | null)[] = []
  private readonly freeSlots: number[] = []
  private hand = 0
  private count = 0

  constructor(options: { disk: Disk; limit?: number }) {
    this.disk = options.disk
    this.limit = options.limit ?? 2000
  }

  get openCount(): number {
    return this.count
  }

  /** The open file. Throws DiskError, ENOENT when it is missing and not writable. */
  use(ref: FileRef): DiskFile {
    if (ref.file === null) return this.open(ref)
    ref.wasUsed = true
    return ref.file
  }

  /** Keeps the handle open until `unpin`. */
  pin(ref: FileRef): void {
    ref.pins++
  }

  unpin(ref: FileRef): void {
    assert(ref.pins > 0, `${ref.path} is not pinned`)
    ref.pins--
    if (ref.pins === 0 && ref.slot < 0 && ref.file !== null) closeFile(ref)
  }

  /** Closes the handle if there is one; a pinned one when its last call has come back. */
  close(ref: FileRef): void {
    if (ref.slot < 0) return
    this.slots[ref.slot] = null
    this.freeSlots.push(ref.slot)
    ref.slot = -1
    this.count--
    if (ref.pins === 0) closeFile(ref)
  }

  private open(ref: FileRef): DiskFile {
    if (this.count >= this.limit) this.closeOne()
    const file = this.disk.open(ref.path, { mode: ref.isWritable ? 'write' : 'read' })
    const slot = this.freeSlots.pop() ?? this.slots.length
    this.slots[slot] = ref
    this.count++
    ref.slot = slot
    ref.file = file
    ref.wasUsed = false // Only who comes back is worth keeping.
    return file
  }

  private closeOne(): void {
    // Two rounds: the first may only take marks away.
    for (let step = 0; step < 2 * this.slots.length; step++) {
      const ref = this.slots[this.hand] ?? null
      this.hand = (this.hand + 1) % this.slots.length
      if (ref === null || ref.pins > 0) continue
      if (ref.wasUsed) ref.wasUsed = false
      else return this.close(ref)
    }
  }
}

function closeFile(ref: FileRef): void {
  const file = present(ref.file, 'an open file')
  ref.file = null
  try {
    file.close()
  } catch (error) {
    if (!(error instanceof DiskError) || ref.folder.onCloseFailure === undefined) throw error
    ref.folder.onCloseFailure(error)
  }
}
