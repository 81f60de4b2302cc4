import type { Zxid } from '../zookeeper.ts'
import { JuteWriter } from './jute.ts'

/** Frames up to `endBytes` may be sent when everything up to `zxid` is durable. */
interface Mark {
  endBytes: number
  readonly zxid: Zxid
  readonly sinceMs: number
  replies: number
}

/** Replies that were let go together: how many, and how long the oldest of them had waited. */
export interface Released {
  readonly bytes: Buffer
  readonly replies: number
  readonly waitedMs: number
}

/**
 * A connection's frames in order, each held back until what it may show is durable: no client ever sees what a crash
 * could undo.
 */
export class Outbox {
  private readonly writer = new JuteWriter(0)
  private marks: Mark[] = []
  private frameStart = 0

  /** Bytes that are held. */
  get length(): number {
    return this.writer.length
  }

  /** Replies, without the notifications between them, that are held. */
  get heldReplies(): number {
    return this.marks.reduce((sum, { replies }) => sum + replies, 0)
  }

  begin(): JuteWriter {
    this.frameStart = this.writer.beginFrame()
    return this.writer
  }

  end(zxid: Zxid, isReply: boolean, nowMs: number): void {
    this.writer.endFrame(this.frameStart)
    let mark = this.marks.at(-1)
    if (mark === undefined || mark.zxid !== zxid) {
      mark = { endBytes: 0, zxid, sinceMs: nowMs, replies: 0 }
      this.marks.push(mark)
    }
    mark.endBytes = this.writer.length
    if (isReply) mark.replies++
  }

  /** Takes out all frames that show nothing beyond `durableZxid`; null when there is none. */
  release(durableZxid: number, nowMs: number): Released | null {
    const count = this.marks.findIndex(({ zxid }) => zxid > durableZxid)
    const free = count === -1 ? this.marks : this.marks.slice(0, count)
    const [oldest] = free
    const newest = free.at(-1)
    if (oldest === undefined || newest === undefined) return null
    this.marks = count === -1 ? [] : this.marks.slice(count)
    for (const mark of this.marks) mark.endBytes -= newest.endBytes
    const bytes =
      newest.endBytes === this.writer.length ? this.writer.take() : this.writer.takeFirst(newest.endBytes)
    return {
      bytes,
      replies: free.reduce((sum, { replies }) => sum + replies, 0),
      waitedMs: nowMs - oldest.sinceMs,
    }
  }
}
