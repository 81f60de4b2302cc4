import type { Disk } from '../platform/disk.ts'
import { replaceFile } from './checkpoints.ts'
import type { Folder } from './open-files.ts'

/** Files that are replaced at the same time. */
const MAX_CONCURRENT = 4

interface Job {
  readonly folder: Folder
  readonly name: string
  /** Asked when the file is written, so that many changes become one write. */
  readonly content: () => string
}

/**
 * Replaces small files in the background: a broker that becomes leader of ten thousand partitions has as many epoch
 * files to write, each with two waits for the device. At most one write per file waits. What fails goes to
 * `onFailure`, and nothing more is written.
 */
export class SmallFileWriter {
  private readonly disk: Disk
  private readonly onFailure: (error: unknown) => void
  private readonly waiting = new Map<string, Job>()
  private readonly running = new Map<string, Promise<void>>()
  private readonly writing = new Set<Job>()
  /** Folders whose files go: what fails there is no failure. */
  private readonly forgotten = new WeakSet<Folder>()
  private hasFailed = false

  constructor(options: { disk: Disk; onFailure: (error: unknown) => void }) {
    this.disk = options.disk
    this.onFailure = options.onFailure
  }

  /** Files that are not durable yet. */
  get pending(): number {
    return this.waiting.size + this.running.size
  }

  save(folder: Folder, name: string, content: () => string): void {
    if (this.hasFailed) return
    this.waiting.set(`${folder.path}/${name}`, { folder, name, content })
    this.startMore()
  }

  /** Resolves when nothing of `folder` waits or is under way. */
  async settle(folder: Folder): Promise<void> {
    while (this.isPending(folder)) await Promise.race(this.running.values())
  }

  /** Whether something of `folder` waits or is under way. */
  isPending(folder: Folder): boolean {
    for (const job of this.writing) if (job.folder === folder) return true
    for (const job of this.waiting.values()) if (job.folder === folder) return true
    return false
  }

  /** Drops what waits for `folder` and resolves when nothing of it is under way: its files are about to go. */
  async forget(folder: Folder): Promise<void> {
    this.forgotten.add(folder)
    for (const [path, job] of this.waiting) if (job.folder === folder) this.waiting.delete(path)
    await this.settle(folder)
  }

  /** Resolves when nothing waits or is under way. */
  async idle(): Promise<void> {
    while (this.running.size > 0) await Promise.all(this.running.values())
  }

  private startMore(): void {
    for (const [path, job] of this.waiting) {
      if (this.running.size >= MAX_CONCURRENT) return
      if (this.running.has(path)) continue
      this.waiting.delete(path)
      this.running.set(path, this.write(path, job))
    }
  }

  private async write(path: string, job: Job): Promise<void> {
    this.writing.add(job)
    try {
      await replaceFile(this.disk, job.folder.path, job.name, job.content())
    } catch (error) {
      if (!this.hasFailed && !this.forgotten.has(job.folder)) {
        this.hasFailed = true
        this.waiting.clear()
        this.onFailure(error)
      }
    } finally {
      this.writing.delete(job)
      this.running.delete(path)
      this.startMore()
    }
  }
}
