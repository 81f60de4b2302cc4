import type { Disk, FileStatus } from '../platform/disk.ts'
import {
  DELETED_SUFFIX,
  fileNameOf,
  INDEX_SUFFIXES,
  LOG_SUFFIX,
  OFFSET_INDEX_SUFFIX,
  TIME_INDEX_SUFFIX,
  TRANSACTION_INDEX_SUFFIX,
} from './file-names.ts'
import type { LogConfig } from './log-config.ts'
import { OFFSET_INDEX_ENTRY_BYTES, OffsetIndex } from './offset-index.ts'
import { FileRef, type Folder, type OpenFiles } from './open-files.ts'
import { TIME_INDEX_ENTRY_BYTES, TimeIndex } from './time-index.ts'
import { TransactionIndex } from './transaction-index.ts'

const ALL_SUFFIXES: readonly string[] = [LOG_SUFFIX, ...INDEX_SUFFIXES]

/** What the segments of one log share. */
export interface LogFolder extends Folder {
  readonly disk: Disk
  readonly files: OpenFiles
  config: LogConfig
}

/** The names under which the files of one segment lie; a second suffix says that they are on their way in or out. */
export class SegmentFiles {
  private readonly folder: LogFolder
  private readonly baseOffset: number
  private stage: string

  constructor(folder: LogFolder, baseOffset: number, stage = '') {
    this.folder = folder
    this.baseOffset = baseOffset
    this.stage = stage
  }

  logStatus(): FileStatus | null {
    return this.status(LOG_SUFFIX)
  }

  /** Bytes in an index file; null when there is none. */
  offsetIndexBytes(): number | null {
    return this.status(OFFSET_INDEX_SUFFIX)?.sizeBytes ?? null
  }

  timeIndexBytes(): number | null {
    return this.status(TIME_INDEX_SUFFIX)?.sizeBytes ?? null
  }

  get logPath(): string {
    return this.pathOf(LOG_SUFFIX)
  }

  logRef(isWritable: boolean): FileRef {
    return new FileRef(this.folder, this.nameOf(LOG_SUFFIX), isWritable)
  }

  /** `isNew`: nothing of it is on disk. */
  offsetIndex(isNew: boolean): OffsetIndex {
    const entries = isNew ? 0 : Math.floor((this.offsetIndexBytes() ?? 0) / OFFSET_INDEX_ENTRY_BYTES)
    return new OffsetIndex({ ...this.indexOptions(OFFSET_INDEX_SUFFIX), entries })
  }

  timeIndex(isNew: boolean): TimeIndex {
    const entries = isNew ? 0 : Math.floor((this.timeIndexBytes() ?? 0) / TIME_INDEX_ENTRY_BYTES)
    return new TimeIndex({ ...this.indexOptions(TIME_INDEX_SUFFIX), entries })
  }

  transactionIndex(): TransactionIndex {
    const { folder } = this
    const name = this.nameOf(TRANSACTION_INDEX_SUFFIX)
    return new TransactionIndex({ folder, name, disk: folder.disk, files: folder.files, isNew: false })
  }

  /** Renames all that are there. Open handles stay what they are. */
  moveTo(stage: string): void {
    for (const suffix of ALL_SUFFIXES) {
      const from = this.pathOf(suffix)
      if (this.folder.disk.status(from) === null) continue
      this.folder.disk.rename(from, `${this.folder.path}/${fileNameOf(this.baseOffset, suffix)}${stage}`)
    }
    this.stage = stage
  }

  /** Renames all that are there so that a restart removes them, and returns their new paths. */
  markDeleted(): string[] {
    this.moveTo(DELETED_SUFFIX)
    return ALL_SUFFIXES.map((suffix) => this.pathOf(suffix)).filter(
      (path) => this.folder.disk.status(path) !== null,
    )
  }

  /** Removes all that are there. */
  remove(): void {
    for (const suffix of ALL_SUFFIXES) this.folder.disk.remove(this.pathOf(suffix))
  }

  private status(suffix: string): FileStatus | null {
    return this.folder.disk.status(this.pathOf(suffix))
  }

  private nameOf(suffix: string): string {
    return fileNameOf(this.baseOffset, suffix) + this.stage
  }

  private pathOf(suffix: string): string {
    return `${this.folder.path}/${this.nameOf(suffix)}`
  }

  private indexOptions(suffix: string) {
    const { folder, baseOffset } = this
    const maxBytes = folder.config['segment.index.bytes']
    return { folder, name: this.nameOf(suffix), files: folder.files, baseOffset, maxBytes }
  }
}
