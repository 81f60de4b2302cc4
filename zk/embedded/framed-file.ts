import { crc32 } from 'node:zlib'

import type { DiskFile } from '../../src/platform/disk.ts'
import { JuteError, JuteReader } from './jute.ts'
import type { JuteWriter } from './jute.ts'

/*
 * A file of frames, each with a checksum that goes on from the one before: a frame is good only behind the same
 * frames that were before it when it was written, so that what an earlier life of the file left behind is never
 * taken for its continuation. Numbers are big-endian.
 *
 *   0   magic     8 bytes   what the frames are
 *   8   version   int32     1
 *   12  crc       int32     CRC-32 of bytes 0-11
 *   16  frames, each:
 *       length    int32     of the body, 1 to 64 MiB
 *       crc       int32     CRC-32 of the body, begun with the crc before it
 *       body
 */
const VERSION = 1
const HEADER_BYTES = 16
const FRAME_HEADER_BYTES = 8
const MAX_BODY_BYTES = 64 * 1024 * 1024
const READ_BYTES = 1024 * 1024

/** Eight characters that say what a file holds. */
export type Magic = 'zurau-zl' | 'zurau-zs'

/** Turns bodies into frames. Holds no file: the bytes are the caller's to write, in order. */
export class FrameEncoder {
  private readonly magic: Magic
  private crc = 0

  constructor(magic: Magic) {
    this.magic = magic
  }

  /** Begins a file. */
  header(writer: JuteWriter): void {
    const start = writer.length
    writer.bytesOf(this.magic).int(VERSION)
    this.crc = crc32(writer.since(start))
    writer.int(this.crc | 0)
  }

  frame(writer: JuteWriter, writeBody: (writer: JuteWriter) => void): void {
    const start = writer.length
    writer.int(0).int(0)
    writeBody(writer)
    const body = writer.since(start + FRAME_HEADER_BYTES)
    this.crc = crc32(body, this.crc)
    writer.overwriteInt(start, body.length)
    writer.overwriteInt(start + 4, this.crc | 0)
  }
}

/** How far a file is good. */
export interface GoodPart {
  /** Where the last good frame ends; 0 when not even the header is good. */
  readonly endBytes: number
  /** Whether that is the end of the file. */
  readonly isWhole: boolean
}

/**
 * Hands over the good frames' bodies in order, and stops at the first bad byte. The reader is valid only during the
 * call. Throws DamagedFileError when a body with the right checksum is not what it should be.
 */
export async function readFrames(
  file: DiskFile,
  magic: Magic,
  onBody: (body: JuteReader) => void,
): Promise<GoodPart> {
  const size = file.sizeBytes()
  let window = Buffer.allocUnsafe(Math.min(READ_BYTES, Math.max(size, HEADER_BYTES)))
  let windowStart = 0
  let filled = 0
  /** Whether bytes [position, position + count) of the file are in the window, after reading on as far as needed. */
  const have = async (position: number, count: number): Promise<boolean> => {
    if (position + count > size) return false
    if (position + count <= windowStart + filled) return true
    const kept = window.subarray(position - windowStart, filled)
    const next = count > window.length ? Buffer.allocUnsafe(count) : window
    kept.copy(next)
    window = next
    windowStart = position
    filled = kept.length
    filled += await file.readAsync(window, filled, window.length - filled, position + filled)
    return count <= filled
  }

  const deliver = (body: JuteReader): void => {
    try {
      onBody(body)
    } catch (error) {
      if (!(error instanceof JuteError)) throw error
      throw new DamagedFileError(`${file.path}: ${error.message}`, { cause: error })
    }
  }

  if (!(await have(0, HEADER_BYTES))) return { endBytes: 0, isWhole: false }
  let crc = crc32(window.subarray(0, 12))
  const isHeaderGood =
    window.toString('latin1', 0, 8) === magic &&
    window.readInt32BE(8) === VERSION &&
    window.readUInt32BE(12) === crc
  if (!isHeaderGood) return { endBytes: 0, isWhole: false }

  let position = HEADER_BYTES
  while (await have(position, FRAME_HEADER_BYTES)) {
    const length = window.readInt32BE(position - windowStart)
    const expected = window.readUInt32BE(position - windowStart + 4)
    if (length < 1 || length > MAX_BODY_BYTES || !(await have(position, FRAME_HEADER_BYTES + length))) break
    const start = position - windowStart + FRAME_HEADER_BYTES
    const actual = crc32(window.subarray(start, start + length), crc)
    if (actual !== expected) break
    crc = actual
    deliver(new JuteReader(window, start, start + length))
    position += FRAME_HEADER_BYTES + length
  }
  return { endBytes: position, isWhole: position === size }
}

/** A file that should be whole and is not, or files that do not follow each other. Nothing was changed. */
export class DamagedFileError extends Error {
  override readonly name = 'DamagedFileError'
}
