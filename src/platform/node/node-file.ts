import {
  closeSync,
  fdatasync,
  fstatSync,
  ftruncateSync,
  read as readFd,
  readSync,
  writeSync,
  writev as writevFd,
  writevSync,
} from 'node:fs'
import { assert } from '../../std/assert.ts'
import type { DiskFile } from '../disk.ts'
import { DiskError } from '../disk.ts'
import { toDiskError } from './disk-error.ts'

/** An open file. Every read and write names its position, so that nothing depends on where the last one ended. */
export class NodeFile implements DiskFile {
  readonly path: string
  private readonly fd: number
  private readonly isWritable: boolean
  private isClosed = false
  /** Calls in the thread pool. The descriptor stays open for them: its number would serve another file at once. */
  private inFlight = 0

  constructor(path: string, fd: number, isWritable: boolean) {
    this.path = path
    this.fd = fd
    this.isWritable = isWritable
  }

  sizeBytes(): number {
    this.checkOpen()
    try {
      return fstatSync(this.fd).size
    } catch (error) {
      throw toDiskError(error, this.path)
    }
  }

  read(target: Buffer, start: number, length: number, position: number): number {
    this.checkRange(target, start, length, position)
    let done = 0
    try {
      while (done < length) {
        const count = readSync(this.fd, target, start + done, length - done, position + done)
        if (count === 0) break
        done += count
      }
    } catch (error) {
      throw toDiskError(error, this.path)
    }
    return done
  }

  readAsync(target: Buffer, start: number, length: number, position: number): Promise<number> {
    this.checkRange(target, start, length, position)
    return this.inPool<number>((resolve, reject) => {
      const step = (done: number): void => {
        if (done === length) return resolve(done)
        readFd(this.fd, target, start + done, length - done, position + done, (error, count) => {
          if (error !== null) reject(error)
          else if (count === 0) resolve(done)
          else step(done + count)
        })
      }
      step(0)
    })
  }

  write(buffers: readonly Buffer[], position: number): void {
    this.checkWritable(position)
    try {
      const only = buffers.length === 1 ? buffers[0] : undefined
      if (only === undefined) this.writeMany(buffers, position)
      else this.writeOne(only, position)
    } catch (error) {
      throw toDiskError(error, this.path)
    }
  }

  writeAsync(buffers: readonly Buffer[], position: number): Promise<void> {
    this.checkWritable(position)
    return this.inPool<void>((resolve, reject) => {
      const step = (rest: readonly Buffer[], at: number): void => {
        const left = totalLength(rest)
        if (left === 0) return resolve()
        writevFd(this.fd, rest as Buffer[], at, (error, count) => {
          if (error !== null) reject(error)
          else if (count === 0) reject(this.noProgress())
          else if (count === left) resolve()
          else step(withoutStart(rest, count), at + count)
        })
      }
      step(buffers, position)
    })
  }

  truncate(sizeBytes: number): void {
    this.checkWritable(sizeBytes)
    try {
      ftruncateSync(this.fd, sizeBytes)
    } catch (error) {
      throw toDiskError(error, this.path)
    }
  }

  sync(): Promise<void> {
    this.checkOpen()
    return this.inPool<void>((resolve, reject) => {
      fdatasync(this.fd, (error) => (error === null ? resolve() : reject(error)))
    })
  }

  close(): void {
    assert(!this.isClosed, `${this.path}: closed twice`)
    this.isClosed = true
    if (this.inFlight > 0) return
    try {
      closeSync(this.fd)
    } catch (error) {
      throw toDiskError(error, this.path)
    }
  }

  private writeOne(buffer: Buffer, position: number): void {
    let done = 0
    while (done < buffer.length) {
      const count = writeSync(this.fd, buffer, done, buffer.length - done, position + done)
      if (count === 0) throw this.noProgress()
      done += count
    }
  }

  private writeMany(buffers: readonly Buffer[], position: number): void {
    let rest = buffers
    let at = position
    for (let left = totalLength(buffers); left > 0;) {
      const count = writevSync(this.fd, rest, at)
      if (count === 0) throw this.noProgress()
      left -= count
      at += count
      if (left > 0) rest = withoutStart(rest, count)
    }
  }

  private inPool<T>(
    call: (resolve: (value: T) => void, reject: (error: unknown) => void) => void,
  ): Promise<T> {
    this.inFlight++
    return new Promise<T>((resolve, reject) => {
      call(
        (value) => {
          this.land()
          resolve(value)
        },
        (error) => {
          this.land()
          reject(toDiskError(error, this.path))
        },
      )
    })
  }

  private land(): void {
    this.inFlight--
    if (!this.isClosed || this.inFlight > 0) return
    try {
      closeSync(this.fd)
    } catch {
      // Nobody waits for this close, and what it could tell of the data a sync has told or will never tell.
    }
  }

  private checkOpen(): void {
    assert(!this.isClosed, `${this.path}: used after close`)
  }

  private checkWritable(position: number): void {
    assert(!this.isClosed, `${this.path}: used after close`)
    assert(Number.isSafeInteger(position) && position >= 0, 'a position is a whole number, 0 or more')
    if (!this.isWritable) throw new DiskError('OTHER', this.path, `${this.path}: opened for reading`)
  }

  private checkRange(target: Buffer, start: number, length: number, position: number): void {
    assert(!this.isClosed, `${this.path}: used after close`)
    assert(Number.isSafeInteger(position) && position >= 0, 'a position is a whole number, 0 or more')
    assert(start >= 0 && length >= 0 && start + length <= target.length, 'what is read fits the target')
  }

  private noProgress(): DiskError {
    return new DiskError('OTHER', this.path, `${this.path}: the system accepts no bytes and gives no reason`)
  }
}

function totalLength(buffers: readonly Buffer[]): number {
  let sum = 0
  for (const buffer of buffers) sum += buffer.length
  return sum
}

/** The buffers without their first `count` bytes: what a short write left over. */
function withoutStart(buffers: readonly Buffer[], count: number): Buffer[] {
  const rest: Buffer[] = []
  let skip = count
  for (const buffer of buffers) {
    if (skip >= buffer.length) skip -= buffer.length
    else {
      rest.push(skip === 0 ? buffer : buffer.subarray(skip))
      skip = 0
    }
  }
  return rest
}
