import { expect } from 'chai'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Disk, DiskErrorCode, DiskFile } from '../../src/platform/disk.ts'
import { DiskError } from '../../src/platform/disk.ts'
import { NodeDisk } from '../../src/platform/node/node-disk.ts'
import { FakeDisk } from '../fakes/disk.ts'

/** A disk, and an empty directory on it. */
export interface DiskSubject {
  readonly disk: Disk
  readonly root: string
  readonly close: () => void
}

export function fakeDisk(): DiskSubject {
  const disk = new FakeDisk()
  disk.makeDirectory('/data')
  return { disk, root: '/data', close: () => undefined }
}

export function realDisk(): DiskSubject {
  const root = mkdtempSync(path.join(tmpdir(), 'zurau-disk-'))
  return { disk: new NodeDisk(), root, close: () => rmSync(root, { recursive: true, force: true }) }
}

/** Expects a DiskError with `code`, of `path` when given. */
export function expectRefusal(act: () => unknown, code: DiskErrorCode, of?: string): void {
  let thrown: unknown = null
  try {
    act()
  } catch (error) {
    thrown = error
  }
  expectDiskError(thrown, code, of)
}

export async function expectRejection(
  promise: Promise<unknown>,
  code: DiskErrorCode,
  of?: string,
): Promise<void> {
  expectDiskError(
    await promise.then(
      () => null,
      (error: unknown) => error,
    ),
    code,
    of,
  )
}

function expectDiskError(thrown: unknown, code: DiskErrorCode, of?: string): void {
  expect(thrown).to.be.instanceOf(DiskError)
  const { code: word, path: where, message } = thrown as DiskError
  expect(word).to.equal(code)
  if (of !== undefined) expect(where).to.equal(of)
  expect(message).to.contain(where)
}

export function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

/** The disk under test, in a fresh directory for every test; what `openFile` opened is closed after it. */
export class DiskBench {
  disk!: Disk
  root = ''
  private close: () => void = () => undefined
  private open: DiskFile[] = []

  constructor(make: () => DiskSubject) {
    beforeEach(() => {
      const { disk, root, close } = make()
      this.disk = disk
      this.root = root
      this.close = close
    })
    afterEach(() => {
      for (const file of this.open.splice(0)) file.close()
      this.close()
    })
  }

  at(...names: string[]): string {
    return path.posix.join(this.root, ...names)
  }

  openFile(file: string, mode: 'read' | 'write' | 'create' = 'write'): DiskFile {
    const opened = this.disk.open(file, { mode })
    this.open.push(opened)
    return opened
  }

  put(file: string, text: string): void {
    const opened = this.disk.open(file, { mode: 'write' })
    opened.truncate(0)
    opened.write([bytes(text)], 0)
    opened.close()
  }

  content(file: string): string {
    return this.disk.readSmallFile(file).toString('latin1')
  }
}
