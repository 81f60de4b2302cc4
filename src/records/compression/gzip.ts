import { constants, gunzipSync, gzipSync } from 'node:zlib'
import { CompressionError, tooLarge, type Codec } from './codec.ts'

/** RFC 1952 over node:zlib. Levels 1–9; -1 and null are zlib's default (6). */
export const gzip: Codec = {
  compress(source, level) {
    return gzipSync(source, { level: level ?? constants.Z_DEFAULT_COMPRESSION })
  },

  decompress(source, start, end, maxBytes) {
    try {
      return gunzipSync(source.subarray(start, end), { maxOutputLength: Math.max(1, maxBytes) })
    } catch (cause) {
      if (cause instanceof RangeError) throw tooLarge('gzip', maxBytes)
      throw new CompressionError('gzip: not a valid stream', { cause })
    }
  },
}
