import type { Disk, DiskFile } from '../../src/platform/disk.ts'
import type { Zxid } from '../zookeeper.ts'
import { FrameEncoder, readFrames } from './framed-file.ts'
import type { GoodPart } from './framed-file.ts'
import { JuteWriter } from './jute.ts'
import { logPath } from './storage-files.ts'
import { readTransaction, writeTransaction } from './transaction.ts'
import type { Transaction } from './transaction.ts'

/*
 * The transaction log: files `log.<first zxid, 16 hexadecimal digits>` of frames (framed-file.ts, magic "zurau-zl"),
 * one transaction each (transaction.ts), zxids one by one. A file is begun at every start and after every snapshot.
 */
const MAGIC = 'zurau-zl'
/** Groups up to this size are written in the same turn: that is cheaper than the hop that would avoid it. */
const SYNCHRONOUS_BYTES = 128 * 1024

/** Transactions that become durable together: with one write and one sync. */
interface Group {
  readonly writer: JuteWriter
  /** The file that begins with this group, if one does. */
  readonly startsFile: string | null
  lastZxid: Zxid
}

export interface TxnLogOptions {
  readonly disk: Disk
  readonly directory: string
  /** Everything up to here is durable already. */
  readonly zxid: Zxid
  /** `durableZxid` has grown. */
  readonly onDurable: () => void
  /** The disk refused: nothing more will become durable. Called once. */
  readonly onFailure: (error: unknown) => void
}

/**
 * Makes transactions durable in groups: while one group is being synced, the next one gathers. Transactions are
 * handed to `append` in order; `commit` begins to write what has gathered.
 */
export class TxnLog {
  private readonly options: TxnLogOptions
  private readonly encoder = new FrameEncoder(MAGIC)
  private readonly groups: Group[] = []
  private file: DiskFile | null = null
  private isRolling = true
  private running: Promise<void> | null = null
  private durable: Zxid
  private hasFailed = false

  constructor(options: TxnLogOptions) {
    this.options = options
    this.durable = options.zxid
  }

  get durableZxid(): Zxid {
    return this.durable
  }

  /** Bytes that wait for a sync, but for those that are being synced. */
  get pendingBytes(): number {
    return this.groups.reduce((sum, { writer }) => sum + writer.length, 0)
  }

  append(transaction: Transaction): void {
    if (this.hasFailed) return
    const group = this.groupFor(transaction.zxid)
    this.encoder.frame(group.writer, (writer) => writeTransaction(writer, transaction))
    group.lastZxid = transaction.zxid
  }

  /** What is appended from now on goes into a new file. */
  roll(): void {
    this.isRolling = true
  }

  /** Begins to make durable what was appended, or goes on with it when the sync under way has ended. */
  commit(): void {
    if (this.running === null && this.groups.length > 0 && !this.hasFailed) {
      this.running = this.run()
    }
  }

  /** Makes everything that was appended durable, then closes the file. */
  async close(): Promise<void> {
    this.commit()
    await this.running
    this.file?.close()
    this.file = null
  }

  private groupFor(zxid: Zxid): Group {
    const last = this.groups.at(-1)
    if (last !== undefined && !this.isRolling) return last
    const startsFile = this.isRolling ? logPath(this.options.directory, zxid) : null
    const group: Group = { writer: new JuteWriter(4096), startsFile, lastZxid: zxid }
    if (this.isRolling) this.encoder.header(group.writer)
    this.isRolling = false
    this.groups.push(group)
    return group
  }

  private async run(): Promise<void> {
    try {
      for (let group = this.groups.shift(); group !== undefined; group = this.groups.shift()) {
        await this.write(group)
        this.durable = group.lastZxid
        this.options.onDurable()
      }
    } catch (error) {
      this.hasFailed = true
      this.groups.length = 0
      this.options.onFailure(error)
    } finally {
      this.running = null
    }
  }

  private async write({ writer, startsFile }: Group): Promise<void> {
    const { disk, directory } = this.options
    if (startsFile !== null) {
      this.file?.close()
      this.file = disk.open(startsFile, { mode: 'write' })
      this.file.truncate(0)
    }
    const file = this.file
    if (file === null) throw new Error('a group without a file')
    const bytes = writer.take()
    const position = file.sizeBytes()
    if (bytes.length <= SYNCHRONOUS_BYTES) file.write([bytes], position)
    else await file.writeAsync([bytes], position)
    await file.sync()
    if (startsFile !== null) await disk.syncDirectory(directory)
  }
}

/** Hands over a log file's transactions in order, up to the first bad byte. */
export async function readLog(
  disk: Disk,
  path: string,
  onTransaction: (transaction: Transaction) => void,
): Promise<GoodPart> {
  const file = disk.open(path, { mode: 'read' })
  try {
    return await readFrames(file, MAGIC, (body) => onTransaction(readTransaction(body)))
  } finally {
    file.close()
  }
}

/** Removes everything behind the good part of a log file, durably: later frames must never meet what was there. */
export async function cutLog(disk: Disk, path: string, endBytes: number): Promise<void> {
  const file = disk.open(path, { mode: 'write' })
  try {
    file.truncate(endBytes)
    await file.sync()
  } finally {
    file.close()
  }
}
