/** Bytes per chunk. A file's last chunk may be shorter; a missing chunk is a hole of zeros. */
const CHUNK_BYTES = 16 * 1024
const SMALLEST_CHUNK_BYTES = 256

interface Chunk {
  bytes: Buffer
  /** The only content that may change it; null when several share it. */
  owner: FileContent | null
}

/**
 * The bytes of a simulated file: sparse, growing in place, and copied on write, so that the durable image of a file
 * costs nothing as long as it equals the current one.
 */
export class FileContent {
  private length = 0
  private chunks: (Chunk | undefined)[] = []
  private chunkCount = 0

  get sizeBytes(): number {
    return this.length
  }

  /** What it takes of the device: the size without its holes. */
  get allocatedBytes(): number {
    if (this.chunkCount === 0) return 0
    const last = this.chunks.length - 1
    const missing = this.chunks[last] === undefined ? 0 : (last + 1) * CHUNK_BYTES - this.length
    return this.chunkCount * CHUNK_BYTES - Math.max(0, missing)
  }

  /** Another content with the same bytes, shared until either changes. */
  snapshot(): FileContent {
    const copy = new FileContent()
    copy.length = this.length
    copy.chunks = this.chunks.slice()
    copy.chunkCount = this.chunkCount
    for (const chunk of this.chunks) if (chunk !== undefined) chunk.owner = null
    return copy
  }

  /** Becomes equal to `other`, of which only what lies from `position` on may differ. */
  shareFrom(other: FileContent, position: number): void {
    const first = Math.floor(position / CHUNK_BYTES)
    this.resize(Math.min(this.length, first * CHUNK_BYTES))
    while (this.chunks.length < first) this.chunks.push(undefined)
    for (let i = first; i < other.chunks.length; i++) {
      const chunk = other.chunks[i]
      this.chunks.push(chunk)
      if (chunk === undefined) continue
      chunk.owner = null
      this.chunkCount++
    }
    this.length = other.length
  }

  /** Copies up to `length` bytes from `position` to `target`; says how many there were. */
  read(target: Uint8Array, start: number, length: number, position: number): number {
    const count = Math.max(0, Math.min(length, this.length - position))
    let done = 0
    while (done < count) {
      const at = position + done
      const within = at % CHUNK_BYTES
      const step = Math.min(count - done, CHUNK_BYTES - within)
      const bytes = this.chunks[Math.floor(at / CHUNK_BYTES)]?.bytes
      const copied = bytes === undefined || within >= bytes.length ? 0 : Math.min(step, bytes.length - within)
      if (bytes !== undefined && copied > 0) bytes.copy(target, start + done, within, within + copied)
      if (copied < step) target.fill(0, start + done + copied, start + done + step)
      done += step
    }
    return count
  }

  /** The bytes of a range, which may reach past the end. */
  slice(position: number, length: number): Buffer {
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, this.length - position)))
    this.read(bytes, 0, bytes.length, position)
    return bytes
  }

  write(source: Uint8Array, start: number, length: number, position: number): void {
    if (position + length > this.length) this.length = position + length
    let done = 0
    while (done < length) {
      const at = position + done
      const within = at % CHUNK_BYTES
      const step = Math.min(length - done, CHUNK_BYTES - within)
      const bytes = this.writable(Math.floor(at / CHUNK_BYTES), within + step)
      bytes.set(source.subarray(start + done, start + done + step), within)
      done += step
    }
  }

  /** Cuts, or extends with a hole. */
  resize(sizeBytes: number): void {
    if (sizeBytes < this.length) {
      const count = Math.ceil(sizeBytes / CHUNK_BYTES)
      for (let i = count; i < this.chunks.length; i++) if (this.chunks[i] !== undefined) this.chunkCount--
      this.chunks.length = Math.min(this.chunks.length, count)
      const last = this.chunks[count - 1]
      const kept = sizeBytes - (count - 1) * CHUNK_BYTES
      // What is cut off must read as zeros when the file grows again.
      if (last !== undefined && last.bytes.length > kept) {
        this.chunks[count - 1] = { bytes: Buffer.from(last.bytes.subarray(0, kept)), owner: this }
      }
    }
    this.length = sizeBytes
  }

  /** The chunk at `index`, ours alone and at least `needed` bytes long. */
  private writable(index: number, needed: number): Buffer {
    const chunk = this.chunks[index]
    if (chunk !== undefined && chunk.owner === this && chunk.bytes.length >= needed) return chunk.bytes
    const had = chunk?.bytes
    let capacity = Math.max(SMALLEST_CHUNK_BYTES, had?.length ?? 0)
    while (capacity < needed) capacity *= 2
    const bytes = Buffer.alloc(Math.min(capacity, CHUNK_BYTES))
    if (had !== undefined) had.copy(bytes)
    else this.chunkCount++
    // Filling the gap keeps the array dense, which V8 likes better.
    while (this.chunks.length < index) this.chunks.push(undefined)
    this.chunks[index] = { bytes, owner: this }
    return bytes
  }
}
