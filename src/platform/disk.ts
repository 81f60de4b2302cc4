/** Why the disk refused: the system's own word. `OTHER` keeps what we have no plan for. */
export type DiskErrorCode =
  | 'EIO'
  | 'ENOSPC'
  | 'ENOENT'
  | 'EEXIST'
  | 'EACCES'
  | 'EROFS'
  | 'EMFILE'
  | 'ENOTDIR'
  | 'EISDIR'
  | 'ENOTEMPTY'
  | 'OTHER'

/** What `readSmallFile` accepts unless told otherwise: checkpoints, snapshots and properties stay far below. */
export const SMALL_FILE_BYTES = 16 * 1024 * 1024

/** A failed call to the disk. What the failure means for the log directory is decided in `log/`. */
export class DiskError extends Error {
  override readonly name = 'DiskError'
  readonly code: DiskErrorCode
  readonly path: string

  constructor(code: DiskErrorCode, path: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.path = path
  }
}

export interface FileStatus {
  readonly kind: 'file' | 'directory' | 'other'
  readonly sizeBytes: number
  readonly modifiedMs: number
}

export interface OpenOptions {
  /** `read`: must exist. `write`: read and write, created when missing. `create`: as write, but must not exist. */
  readonly mode: 'read' | 'write' | 'create'
}

/** Held until released or until the process ends, however it ends. */
export interface DiskLock {
  release(): void
}

/**
 * Files and directories. Most calls are synchronous: on a warm page cache they cost 1–10 µs, a hop through a thread
 * pool 25–40 µs. The calls that may wait for the device have an asynchronous form.
 *
 * Guarantees, which the contract suite checks of the real and the simulated one: every failure is a DiskError;
 * positions and sizes are bytes; paths use `/`. Durability: bytes survive a power cut after `sync`, a new or renamed
 * name after `syncDirectory` of its directory; a process that dies alone loses nothing that was written.
 */
export interface Disk {
  /** The names in a directory, in no order. */
  list(path: string): string[]
  /** Null when there is nothing at `path`. */
  status(path: string): FileStatus | null
  /** Makes the directory and its missing parents. Fine when it exists. */
  makeDirectory(path: string): void
  open(path: string, options: OpenOptions): DiskFile
  /** The whole content of a small file (at most `maxBytes`, a DiskError OTHER above). */
  readSmallFile(path: string, maxBytes?: number): Buffer
  /** Replaces `to` in one step when it exists. */
  rename(from: string, to: string): void
  /** Removes a file. Fine when it is missing. */
  remove(path: string): void
  /** Removes a directory and all below it. Fine when it is missing. */
  removeTree(path: string): void
  /** Makes the names in a directory durable. */
  syncDirectory(path: string): Promise<void>
  /** The directory's device. */
  space(path: string): { readonly totalBytes: number; readonly usableBytes: number }
  /**
   * Takes the lock file at `path`, or says who holds it: another process of ours, or a Kafka. (Kafka in turn does not see
   * our lock: it asks the kernel, which Node cannot.)
   */
  lock(path: string): DiskLock | { readonly heldBy: string }
}

/** An open file. Closing twice is an error of ours. */
export interface DiskFile {
  readonly path: string
  sizeBytes(): number
  /** Reads up to `length` bytes at `position` into `target` at `start`. Fewer only at the end of the file. */
  read(target: Buffer, start: number, length: number, position: number): number
  /** As `read`, off the event loop: for data that is probably not cached. */
  readAsync(target: Buffer, start: number, length: number, position: number): Promise<number>
  /** Writes all of `buffers`, one after the other, at `position`. Whole, or a DiskError (and then any part of it). */
  write(buffers: readonly Buffer[], position: number): void
  /** As `write`, off the event loop. The buffers must not change until it settles. */
  writeAsync(buffers: readonly Buffer[], position: number): Promise<void>
  /** Cuts or extends (with zeros) to `sizeBytes`. */
  truncate(sizeBytes: number): void
  /** Makes the content durable (fdatasync). */
  sync(): Promise<void>
  close(): void
}
