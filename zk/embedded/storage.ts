import type { Clock } from '../../src/platform/clock.ts'
import type { Disk, DiskLock } from '../../src/platform/disk.ts'
import type { Logger } from '../../src/platform/logger.ts'
import type { Zxid } from '../zookeeper.ts'
import { Database } from './database.ts'
import type { DatabaseStart } from './database.ts'
import { DataTree } from './data-tree.ts'
import { DamagedFileError } from './framed-file.ts'
import { SessionTable } from './sessions.ts'
import { capture, readSnapshot, writeSnapshot } from './snapshot.ts'
import { listStorageFiles, lockPath, logPath, snapshotPath } from './storage-files.ts'
import { cutLog, readLog, TxnLog } from './txn-log.ts'

export interface StorageOptions {
  readonly clock: Clock
  readonly disk: Disk
  readonly logger: Logger
  readonly directory: string
  readonly tickTimeMs: number
  /** After this many transactions a snapshot is written, and what it makes unnecessary is removed. */
  readonly snapshotEveryTransactions: number
  /** `durableZxid` has grown. */
  readonly onDurable: () => void
  /** The disk refused a transaction: what is in memory is ahead of it for ever, and must not be shown. */
  readonly onFailure: (error: unknown) => void
}

/** So many log files are put together into a snapshot at start: each start leaves one. */
const LOG_FILES_AT_START = 16

/**
 * A database and the directory that keeps it. Everything up to `durableZxid` survives a power cut; whoever lets
 * clients see more than that shows them what may never have been.
 */
export class Storage {
  readonly database: Database
  private readonly options: StorageOptions
  private readonly lock: DiskLock
  private readonly log: TxnLog
  private readonly stopping = new AbortController()
  private transactionsSinceSnapshot: number
  private snapshotUnderWay: Promise<void> | null = null

  /**
   * Takes the directory and reads what is in it, with a full timeout for each session. The torn end of the newest log
   * is cut off; any other damage throws DamagedFileError and changes nothing.
   */
  static async open(options: StorageOptions): Promise<Storage> {
    const { disk, directory } = options
    await makeDurableDirectory(disk, directory)
    const lock = disk.lock(lockPath(directory))
    if ('heldBy' in lock) throw new Error(`${directory} is used by another ZooKeeper server (${lock.heldBy})`)
    try {
      return new Storage(options, lock, await load(options))
    } catch (error) {
      lock.release()
      throw error
    }
  }

  private constructor(options: StorageOptions, lock: DiskLock, loaded: Loaded) {
    this.options = options
    this.lock = lock
    this.database = new Database(loaded.start, (transaction) => {
      this.transactionsSinceSnapshot++
      this.log.append(transaction)
    })
    this.log = new TxnLog({ ...options, zxid: this.database.zxid })
    this.transactionsSinceSnapshot = loaded.replayed
    if (loaded.logFiles > LOG_FILES_AT_START) this.beginSnapshot()
  }

  get durableZxid(): Zxid {
    return this.log.durableZxid
  }

  /** Bytes of transactions that wait for their sync. */
  get pendingBytes(): number {
    return this.log.pendingBytes
  }

  /** Begins to make durable what was done. */
  commit(): void {
    this.log.commit()
    if (this.transactionsSinceSnapshot >= this.options.snapshotEveryTransactions) this.beginSnapshot()
  }

  /** The bytes of all snapshots, and of all logs. */
  sizes(): { readonly snapshotBytes: number; readonly logBytes: number } {
    const { disk, directory } = this.options
    const files = listStorageFiles(disk, directory)
    const total = (paths: readonly string[]) =>
      paths.reduce((sum, path) => sum + (disk.status(path)?.sizeBytes ?? 0), 0)
    return {
      snapshotBytes: total(files.snapshots.map((zxid) => snapshotPath(directory, zxid))),
      logBytes: total(files.logs.map((zxid) => logPath(directory, zxid))),
    }
  }

  /** Makes everything durable, gives a snapshot under way up, and lets go of the directory. */
  async close(): Promise<void> {
    this.stopping.abort()
    await this.snapshotUnderWay
    await this.log.close()
    this.lock.release()
  }

  private beginSnapshot(): void {
    if (this.snapshotUnderWay !== null || this.stopping.signal.aborted) return
    this.transactionsSinceSnapshot = 0
    this.log.roll()
    this.snapshotUnderWay = this.snapshot().finally(() => {
      this.snapshotUnderWay = null
    })
  }

  /** A snapshot that fails costs time at the next start, nothing else: the logs before it stay. */
  private async snapshot(): Promise<void> {
    const { disk, directory, logger } = this.options
    const captured = capture(this.database)
    try {
      await writeSnapshot(disk, directory, captured, this.stopping.signal)
      removeCovered(disk, directory, captured.zxid)
    } catch (error) {
      if (!this.stopping.signal.aborted)
        logger.error('ZooKeeper snapshot failed', { error, zxid: captured.zxid })
    }
  }
}

interface Loaded {
  readonly start: DatabaseStart
  readonly replayed: number
  readonly logFiles: number
}

async function load(options: StorageOptions): Promise<Loaded> {
  const { clock, disk, directory, logger, tickTimeMs } = options
  const files = listStorageFiles(disk, directory)
  for (const path of files.unfinished) disk.remove(path)
  const newest = files.snapshots.at(-1)
  const start: DatabaseStart =
    newest === undefined
      ? { tree: DataTree.atBirth(), sessions: new SessionTable({ tickTimeMs }), zxid: 0 as Zxid }
      : await readSnapshot(disk, directory, newest, { tickTimeMs, nowMs: clock.monotonicMs() })
  const database = new Database(start, () => undefined)
  let replayed = 0
  for (const [index, firstZxid] of files.logs.entries()) {
    const path = logPath(directory, firstZxid)
    const following = files.logs[index + 1]
    if (following !== undefined && following <= start.zxid + 1) continue
    if (firstZxid > database.zxid + 1) {
      throw new DamagedFileError(`${path}: transactions ${database.zxid + 1} to ${firstZxid - 1} are missing`)
    }
    const { endBytes, isWhole } = await readLog(disk, path, (transaction) => {
      if (transaction.zxid <= start.zxid) return
      if (transaction.zxid !== database.zxid + 1) {
        throw new DamagedFileError(`${path}: transaction ${transaction.zxid} follows ${database.zxid}`)
      }
      database.replay(transaction, clock.monotonicMs())
      replayed++
    })
    if (isWhole) continue
    if (following !== undefined)
      throw new DamagedFileError(`${path}: damaged at byte ${endBytes}, and others follow`)
    logger.warn('cutting the torn end of a ZooKeeper log', { path, endBytes, zxid: database.zxid })
    await cutLog(disk, path, endBytes)
  }
  return { start: { ...start, zxid: database.zxid }, replayed, logFiles: files.logs.length }
}

/** Makes the directory and its missing parents, and the names of those that it made durable. */
async function makeDurableDirectory(disk: Disk, directory: string): Promise<void> {
  const parents: string[] = []
  for (let path = directory; path !== '' && disk.status(path) === null;) {
    const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')))
    parents.push(parent === '' ? (path.startsWith('/') ? '/' : '.') : parent)
    path = parent
  }
  disk.makeDirectory(directory)
  for (const parent of parents.reverse()) await disk.syncDirectory(parent)
}

/** Removes older snapshots, and the logs from before the one at `zxid`: with it a new file was begun. */
function removeCovered(disk: Disk, directory: string, zxid: Zxid): void {
  const { snapshots, logs } = listStorageFiles(disk, directory)
  for (const older of snapshots) if (older < zxid) disk.remove(snapshotPath(directory, older))
  for (const first of logs) if (first <= zxid) disk.remove(logPath(directory, first))
}
