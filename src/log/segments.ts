import { assert, present } from '../std/assert.ts'
import type { Segment } from './segment.ts'

/** The segments of a log in the order of their base offsets, never none once the log is loaded. */
export class Segments {
  private readonly list: Segment[]

  /** In any order. */
  constructor(segments: readonly Segment[] = []) {
    this.list = [...segments].sort((a, b) => a.baseOffset - b.baseOffset)
  }

  get count(): number {
    return this.list.length
  }

  get all(): readonly Segment[] {
    return this.list
  }

  get first(): Segment {
    return present(this.list[0], 'first segment')
  }

  /** The one that is appended to. */
  get active(): Segment {
    return present(this.list.at(-1), 'active segment')
  }

  /** The segment in which `offset` would lie: the last that does not begin behind it. */
  floor(offset: number): Segment | null {
    const i = this.floorIndex(offset)
    return i < 0 ? null : (this.list[i] as Segment)
  }

  /** The first segment that begins behind `offset`. */
  higher(offset: number): Segment | null {
    return this.list[this.floorIndex(offset) + 1] ?? null
  }

  /** From the one in which `offset` would lie, or the first, to the last. */
  from(offset: number): readonly Segment[] {
    return this.list.slice(Math.max(0, this.floorIndex(offset)))
  }

  add(segment: Segment): void {
    const last = this.list.at(-1)
    assert(
      last === undefined || last.baseOffset < segment.baseOffset,
      `segment ${segment.baseOffset} is not the last`,
    )
    this.list.push(segment)
  }

  /** Takes the oldest `count` out and returns them. */
  removeFirst(count: number): Segment[] {
    return this.list.splice(0, count)
  }

  /** Takes those that begin at `offset` or behind it out and returns them. */
  removeFrom(offset: number): Segment[] {
    return this.list.splice(this.floorIndex(offset - 1) + 1)
  }

  /** Puts `segment` in the place of neighbours, of which the first begins where it does. */
  replace(replaced: readonly Segment[], segment: Segment): void {
    const i = this.list.indexOf(present(replaced[0], 'a replaced segment'))
    assert(
      i >= 0 &&
        segment.baseOffset === this.list[i]?.baseOffset &&
        replaced.at(-1) === this.list[i + replaced.length - 1],
      `segment ${segment.baseOffset} replaces its neighbours`,
    )
    this.list.splice(i, replaced.length, segment)
  }

  private floorIndex(offset: number): number {
    let low = 0
    let high = this.list.length - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      if ((this.list[middle] as Segment).baseOffset <= offset) low = middle + 1
      else high = middle - 1
    }
    return high
  }
}
