import type { Disk } from '../../platform/disk.ts'

/** Replaces a file in one step: whoever reads it sees the old text or the new one. */
export function writeText(disk: Disk, path: string, text: string): void {
  const bytes = Buffer.from(text)
  const draft = `${path}.new`
  disk.remove(draft)
  const file = disk.open(draft, { mode: 'create' })
  try {
    if (bytes.length > 0) file.write([bytes], 0)
  } finally {
    file.close()
  }
  disk.rename(draft, path)
}
