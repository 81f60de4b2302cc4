import type { Disk } from '../platform/disk.ts'
import { DiskError } from '../platform/disk.ts'
import { CliError } from './cli-error.ts'

const MAX_BYTES = 64 * 1024 * 1024

/** Puts a text in place of a file in one step. Throws DiskError. */
export async function writeTextFile(disk: Disk, path: string, text: string): Promise<void> {
  const file = disk.open(`${path}.tmp`, { mode: 'write' })
  try {
    file.truncate(0)
    file.write([Buffer.from(text)], 0)
    await file.sync()
  } finally {
    file.close()
  }
  disk.rename(`${path}.tmp`, path)
}

/** The text of a file that the command line names. Throws CliError (exit code 2) when it cannot be read. */
export function readTextFile(disk: Disk, path: string): string {
  try {
    return disk.readSmallFile(path, MAX_BYTES).toString('utf8')
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
    const why = error.code === 'ENOENT' ? 'there is no such file' : error.message
    throw new CliError(`${path} cannot be read: ${why}`, { exitCode: 2, cause: error })
  }
}
