/** How the records of a batch are packed. The names are those of the topic config `compression.type`. */
export type CompressionType = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

/** A payload that is not what its attributes say it is, or that would grow beyond the limit. */
export class CompressionError extends Error {
  override readonly name = 'CompressionError'
  /** Whether the payload was refused for its size and not for its content. */
  readonly tooLarge: boolean

  constructor(message: string, options?: ErrorOptions & { readonly tooLarge?: boolean }) {
    super(message, options)
    this.tooLarge = options?.tooLarge ?? false
  }
}

/** One way of packing bytes. Both calls are synchronous and deterministic; neither keeps a reference to its input. */
export interface Codec {
  /** Packs all of `source`. `level` means what the topic config of the codec says; null is the codec's default. */
  compress(source: Buffer, level: number | null): Buffer
  /**
   * Unpacks `source[start, end)`. Throws CompressionError when it is malformed or holds more than `maxBytes`, which is
   * checked before the memory is taken, from what the format says about itself.
   */
  decompress(source: Buffer, start: number, end: number, maxBytes: number): Buffer
}

/** What a codec throws for a payload whose size is beyond the caller's limit. */
export function tooLarge(codec: CompressionType, maxBytes: number): CompressionError {
  return new CompressionError(`${codec}: more than ${maxBytes} bytes when decompressed`, { tooLarge: true })
}
