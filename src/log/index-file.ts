import { DiskError, type DiskFile } from '../platform/disk.ts'
import { assert } from '../std/assert.ts'
import { FileRef, type Folder, type OpenFiles } from './open-files.ts'

/** Entries wait in memory until there are so many bytes of them. */
const FRESH_BYTES = 4096
/** What is read at once when an entry on disk is looked for. */
const PAGE_BYTES = 4096

/**
 * An index file: entries of one size, sorted, only ever added at the end. The newest ones are kept in memory and go to
 * the file a page at a time: unlike Kafka, which maps the whole file, because a broker has thousands of them. Those in
 * memory are lost with the process; recovery makes the index of the active segment again, as Kafka does.
 *
 * The file on disk is not read before it is asked for.
 */
export class IndexFile {
  private readonly ref: FileRef
  private readonly files: OpenFiles
  private readonly entryBytes: number
  /** Entries in the file. */
  private persisted: number
  /** Entries that are not in the file yet. */
  private fresh: Buffer | null = null
  private freshCount = 0
  /** The page of the file that was read last. */
  private page: Buffer | null = null
  private pageStart = -1

  constructor(options: {
    folder: Folder
    name: string
    files: OpenFiles
    entryBytes: number
    entries: number
  }) {
    this.ref = new FileRef(options.folder, options.name, true)
    this.files = options.files
    this.entryBytes = options.entryBytes
    this.persisted = options.entries
  }

  get count(): number {
    return this.persisted + this.freshCount
  }

  /** Where a new entry is to be written, before `added`. */
  slot(): Buffer {
    const at = this.freshCount * this.entryBytes
    if (at + this.entryBytes > FRESH_BYTES) this.flush()
    const wanted = (this.freshCount + 1) * this.entryBytes
    if (this.fresh === null || this.fresh.length < wanted) this.grow(wanted)
    const start = this.freshCount * this.entryBytes
    return (this.fresh as Buffer).subarray(start, start + this.entryBytes)
  }

  added(): void {
    this.freshCount++
  }

  /** The bytes of entry `i`: valid until the next call. */
  entry(i: number): Buffer {
    assert(i >= 0 && i < this.count, `entry ${i} of ${this.count}`)
    if (i >= this.persisted) {
      const at = (i - this.persisted) * this.entryBytes
      return (this.fresh as Buffer).subarray(at, at + this.entryBytes)
    }
    const perPage = Math.floor(PAGE_BYTES / this.entryBytes)
    const pageStart = i - (i % perPage)
    if (this.page === null || this.pageStart !== pageStart) this.readPage(pageStart, perPage)
    const at = (i - pageStart) * this.entryBytes
    return (this.page as Buffer).subarray(at, at + this.entryBytes)
  }

  /** Forgets the entries from `count` on. */
  truncate(count: number): void {
    if (count >= this.count) return
    this.page = null
    this.pageStart = -1
    if (count >= this.persisted) {
      this.freshCount = count - this.persisted
      return
    }
    this.freshCount = 0
    this.persisted = count
    this.file().truncate(count * this.entryBytes)
  }

  /** Hands the entries in memory to the operating system. */
  flush(): void {
    if (this.freshCount === 0) return
    const bytes = (this.fresh as Buffer).subarray(0, this.freshCount * this.entryBytes)
    this.file().write([bytes], this.persisted * this.entryBytes)
    this.persisted += this.freshCount
    this.freshCount = 0
    this.page = null
    this.pageStart = -1
  }

  /** As `flush`, and the file exists and ends with the last entry: what a closed segment must look like. */
  finish(): void {
    this.flush()
    this.file().truncate(this.persisted * this.entryBytes)
    this.discard()
  }

  /** Writes out what waits in memory, and gives that back. */
  rest(): void {
    this.flush()
    this.discard()
  }

  /** Gives back memory and handle. What was not written out is lost: the index is not used any more, or made again. */
  discard(): void {
    this.freshCount = 0
    this.fresh = null
    this.page = null
    this.pageStart = -1
    this.files.close(this.ref)
  }

  /** Makes the file durable. */
  async sync(): Promise<void> {
    const file = this.file()
    this.files.pin(this.ref)
    try {
      await file.sync()
    } finally {
      this.files.unpin(this.ref)
    }
  }

  private file(): DiskFile {
    return this.files.use(this.ref)
  }

  private readPage(start: number, perPage: number): void {
    this.page ??= Buffer.allocUnsafe(PAGE_BYTES)
    this.pageStart = -1
    const bytes = Math.min(perPage, this.persisted - start) * this.entryBytes
    const got = this.file().read(this.page, 0, bytes, start * this.entryBytes)
    if (got < bytes)
      throw new DiskError('OTHER', this.ref.path, `${this.ref.path} is shorter than its entries`)
    this.pageStart = start
  }

  private grow(wanted: number): void {
    const size = Math.min(FRESH_BYTES, Math.max(wanted, (this.fresh?.length ?? 0) * 2, 8 * this.entryBytes))
    const larger = Buffer.allocUnsafe(Math.max(size, wanted))
    this.fresh?.copy(larger, 0, 0, this.freshCount * this.entryBytes)
    this.fresh = larger
  }
}
