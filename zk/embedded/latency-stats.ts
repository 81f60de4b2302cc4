/** How long requests took, in milliseconds. */
export class LatencyStats {
  private count = 0
  private sumMs = 0
  private least = Infinity
  private most = 0
  private newest = 0

  /** `count` requests of which the slowest took `ms`. */
  record(ms: number, count: number): void {
    if (count === 0) return
    this.count += count
    this.sumMs += ms * count
    this.least = Math.min(this.least, ms)
    this.most = Math.max(this.most, ms)
    this.newest = ms
  }

  reset(): void {
    this.count = 0
    this.sumMs = 0
    this.least = Infinity
    this.most = 0
  }

  get minMs(): number {
    return this.count === 0 ? 0 : Math.floor(this.least)
  }

  get maxMs(): number {
    return Math.ceil(this.most)
  }

  get averageMs(): number {
    return this.count === 0 ? 0 : this.sumMs / this.count
  }

  get lastMs(): number {
    return Math.round(this.newest)
  }
}
