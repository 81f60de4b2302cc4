import {
  closeSync,
  constants,
  fstatSync,
  fsync,
  close as closeFd,
  mkdirSync,
  open as openFd,
  openSync,
  readSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  statfsSync,
  unlinkSync,
} from 'node:fs'
import type { Disk, DiskFile, DiskLock, FileStatus, OpenOptions } from '../disk.ts'
import { DiskError, SMALL_FILE_BYTES } from '../disk.ts'
import { toDiskError } from './disk-error.ts'
import { takeFileLock } from './file-lock.ts'
import { NodeFile } from './node-file.ts'

const FLAGS: Readonly<Record<OpenOptions['mode'], number>> = {
  read: constants.O_RDONLY,
  write: constants.O_RDWR | constants.O_CREAT,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
}

/** The machine's files, through node:fs. */
export class NodeDisk implements Disk {
  list(path: string): string[] {
    return attempt(path, () => readdirSync(path))
  }

  status(path: string): FileStatus | null {
    try {
      const stats = statSync(path, { throwIfNoEntry: false })
      if (stats === undefined) return null
      const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'other'
      return { kind, sizeBytes: stats.size, modifiedMs: Math.floor(stats.mtimeMs) }
    } catch (error) {
      const refused = toDiskError(error, path)
      if (refused.code === 'ENOTDIR') return null
      throw refused
    }
  }

  makeDirectory(path: string): void {
    attempt(path, () => mkdirSync(path, { recursive: true }))
  }

  open(path: string, options: OpenOptions): DiskFile {
    return attempt(path, () => {
      const fd = openSync(path, FLAGS[options.mode])
      // The system opens directories for reading, and refuses the first read.
      if (options.mode === 'read' && fstatSync(fd).isDirectory()) {
        closeSync(fd)
        throw new DiskError('EISDIR', path, `${path}: is a directory`)
      }
      return new NodeFile(path, fd, options.mode !== 'read')
    })
  }

  readSmallFile(path: string, maxBytes = SMALL_FILE_BYTES): Buffer {
    return attempt(path, () => {
      const fd = openSync(path, 'r')
      try {
        const stats = fstatSync(fd)
        if (stats.isDirectory()) throw new DiskError('EISDIR', path, `${path}: is a directory`)
        if (stats.size > maxBytes) {
          throw new DiskError(
            'OTHER',
            path,
            `${path}: ${stats.size} bytes, more than the ${maxBytes} expected`,
          )
        }
        return readWhole(fd, stats.size)
      } finally {
        closeSync(fd)
      }
    })
  }

  rename(from: string, to: string): void {
    attempt(from, () => renameSync(from, to))
  }

  remove(path: string): void {
    attemptOnExisting(path, () => unlinkSync(path))
  }

  removeTree(path: string): void {
    attempt(path, () => {
      const { kind } = this.status(path) ?? { kind: null }
      if (kind === null) return
      if (kind !== 'directory') throw new DiskError('ENOTDIR', path, `${path}: not a directory`)
      rmSync(path, { recursive: true, force: true })
    })
  }

  syncDirectory(path: string): Promise<void> {
    // Windows has no such thing: there a directory cannot be opened.
    if (process.platform === 'win32') return Promise.resolve()
    return new Promise((resolve, reject) => {
      openFd(path, 'r', (openError, fd) => {
        if (openError !== null) return reject(toDiskError(openError, path))
        fsync(fd, (syncError) => {
          closeFd(fd, (closeError) => {
            const error = syncError ?? closeError
            if (error) reject(toDiskError(error, path))
            else resolve()
          })
        })
      })
    })
  }

  space(path: string): { readonly totalBytes: number; readonly usableBytes: number } {
    return attempt(path, () => {
      const device = statfsSync(path)
      return { totalBytes: device.blocks * device.bsize, usableBytes: device.bavail * device.bsize }
    })
  }

  lock(path: string): DiskLock | { readonly heldBy: string } {
    return attempt(path, () => takeFileLock(path))
  }
}

function attempt<T>(path: string, call: () => T): T {
  try {
    return call()
  } catch (error) {
    throw toDiskError(error, path)
  }
}

/** As `attempt`; fine when there is nothing at `path`. */
function attemptOnExisting(path: string, call: () => void): void {
  try {
    call()
  } catch (error) {
    const refused = toDiskError(error, path)
    if (refused.code !== 'ENOENT' && refused.code !== 'ENOTDIR') throw refused
  }
}

/** Reads a file of `sizeBytes`, or what is left of it when it has shrunk since. */
function readWhole(fd: number, sizeBytes: number): Buffer {
  const bytes = Buffer.allocUnsafe(sizeBytes)
  let done = 0
  while (done < sizeBytes) {
    const count = readSync(fd, bytes, done, sizeBytes - done, done)
    if (count === 0) break
    done += count
  }
  return bytes.subarray(0, done)
}
