import { DiskError, type Disk } from '../platform/disk.ts'
import { readInt16, readInt64, writeInt16, writeInt64 } from '../records/bytes.ts'
import { FileRef, type Folder, type OpenFiles } from './open-files.ts'

/**
 * `.txnindex`: the aborted transactions whose markers lie in the segment, in the order of the markers. The file is
 * there only when there are any.
 *
 *     version          int16   0
 *     producerId       int64
 *     firstOffset      int64   of the transaction
 *     lastOffset       int64   the abort marker's
 *     lastStableOffset int64   what it became with this marker
 */
export const TRANSACTION_INDEX_ENTRY_BYTES = 34
const VERSION = 0
/** 1.9 million aborts in one segment: more than a segment of 2^31 bytes can hold in practice. */
const MAX_FILE_BYTES = 64 * 1024 * 1024

export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
  readonly lastOffset: number
  readonly lastStableOffset: number
}

/** So many transactions of a segment stay in memory once they were read. */
const MAX_KEPT = 1000

/** The aborted transactions of one segment. */
export class TransactionIndex {
  private readonly ref: FileRef
  private readonly disk: Disk
  private readonly files: OpenFiles
  private loaded: AbortedTransaction[] | null = null

  constructor(options: { folder: Folder; name: string; disk: Disk; files: OpenFiles; isNew: boolean }) {
    this.ref = new FileRef(options.folder, options.name, true)
    this.disk = options.disk
    this.files = options.files
    if (options.isNew) this.loaded = []
  }

  /** In the order of their markers. Throws DiskError, also for what is not whole entries. */
  get transactions(): readonly AbortedTransaction[] {
    if (this.loaded !== null) return this.loaded
    const transactions = readTransactionIndex(this.disk, this.ref.path)
    if (transactions.length <= MAX_KEPT) this.loaded = transactions
    return transactions
  }

  /** Whether the file holds whole entries of transactions that ended at `baseOffset` or later. */
  isSane(baseOffset: number): boolean {
    try {
      return this.transactions.every(({ firstOffset, lastOffset }) => {
        return lastOffset >= baseOffset && firstOffset >= 0 && firstOffset <= lastOffset
      })
    } catch (error) {
      if (error instanceof DiskError && error.code === 'OTHER') return false
      throw error
    }
  }

  append(transaction: AbortedTransaction): void {
    const transactions = this.load()
    this.files.use(this.ref).write([encode(transaction)], transactions.length * TRANSACTION_INDEX_ENTRY_BYTES)
    transactions.push(transaction)
  }

  /** Forgets the transactions whose marker lies at `offset` or beyond. */
  truncateTo(offset: number): void {
    const transactions = this.load()
    let count = transactions.length
    while (count > 0 && (transactions[count - 1] as AbortedTransaction).lastOffset >= offset) count--
    if (count === transactions.length) return
    transactions.length = count
    this.files.use(this.ref).truncate(count * TRANSACTION_INDEX_ENTRY_BYTES)
  }

  /** Forgets everything, on disk too. */
  reset(): void {
    this.loaded = []
    this.files.close(this.ref)
    this.disk.remove(this.ref.path)
  }

  release(): void {
    this.files.close(this.ref)
  }

  async sync(): Promise<void> {
    if (this.load().length === 0) return
    const file = this.files.use(this.ref)
    this.files.pin(this.ref)
    try {
      await file.sync()
    } finally {
      this.files.unpin(this.ref)
    }
  }

  private load(): AbortedTransaction[] {
    return (this.loaded ??= readTransactionIndex(this.disk, this.ref.path))
  }
}

function readTransactionIndex(disk: Disk, path: string): AbortedTransaction[] {
  if (disk.status(path) === null) return []
  const bytes = disk.readSmallFile(path, MAX_FILE_BYTES)
  if (bytes.length % TRANSACTION_INDEX_ENTRY_BYTES !== 0) {
    throw new DiskError('OTHER', path, `${path} has ${bytes.length} bytes`)
  }
  const transactions: AbortedTransaction[] = []
  for (let at = 0; at < bytes.length; at += TRANSACTION_INDEX_ENTRY_BYTES)
    transactions.push(decode(bytes, at, path))
  return transactions
}

function decode(bytes: Buffer, at: number, path: string): AbortedTransaction {
  const version = readInt16(bytes, at)
  if (version > VERSION) throw new DiskError('OTHER', path, `${path}: entry of version ${version}`)
  return {
    producerId: readInt64(bytes, at + 2),
    firstOffset: readInt64(bytes, at + 10),
    lastOffset: readInt64(bytes, at + 18),
    lastStableOffset: readInt64(bytes, at + 26),
  }
}

function encode(transaction: AbortedTransaction): Buffer {
  const bytes = Buffer.allocUnsafe(TRANSACTION_INDEX_ENTRY_BYTES)
  writeInt16(bytes, 0, VERSION)
  writeInt64(bytes, 2, transaction.producerId)
  writeInt64(bytes, 10, transaction.firstOffset)
  writeInt64(bytes, 18, transaction.lastOffset)
  writeInt64(bytes, 26, transaction.lastStableOffset)
  return bytes
}
