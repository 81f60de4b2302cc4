import type { DiskErrorCode } from '../disk.ts'
import { DiskError } from '../disk.ts'

/** The system's words, and what each is to us. Whatever is missing is OTHER. */
const CODES: Readonly<Record<string, DiskErrorCode>> = {
  EIO: 'EIO',
  ENOSPC: 'ENOSPC',
  // A quota is a smaller disk.
  EDQUOT: 'ENOSPC',
  ENOENT: 'ENOENT',
  EEXIST: 'EEXIST',
  EACCES: 'EACCES',
  EPERM: 'EACCES',
  EROFS: 'EROFS',
  EMFILE: 'EMFILE',
  ENFILE: 'EMFILE',
  ENOTDIR: 'ENOTDIR',
  EISDIR: 'EISDIR',
  ENOTEMPTY: 'ENOTEMPTY',
}

/** Whatever a call of node:fs threw, as the port's error. The system's own word stays in the message. */
export function toDiskError(error: unknown, path: string): DiskError {
  if (error instanceof DiskError) return error
  const code = systemCode(error)
  const words = error instanceof Error ? error.message : String(error)
  return new DiskError((code === null ? undefined : CODES[code]) ?? 'OTHER', path, `${path}: ${words}`, {
    cause: error,
  })
}

/** The word by which the system names an error, or null when it is no error of the system. */
export function systemCode(error: unknown): string | null {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : null
  return typeof code === 'string' ? code : null
}
