/** Times of many commits, in milliseconds. */
export class Latencies {
  private readonly values: number[] = []
  private isSorted = true

  add(ms: number): void {
    this.values.push(ms)
    this.isSorted = false
  }

  addAll(other: Latencies): void {
    for (const value of other.values) this.add(value)
  }

  get count(): number {
    return this.values.length
  }

  /** The value below which `percent` of all are; NaN when there are none. */
  percentile(percent: number): number {
    if (!this.isSorted) {
      this.values.sort((one, other) => one - other)
      this.isSorted = true
    }
    const index = Math.min(this.values.length - 1, Math.ceil((percent / 100) * this.values.length) - 1)
    return this.values[Math.max(0, index)] ?? NaN
  }

  /** Points of the cumulative distribution, denser towards the slow end. */
  curve(): [ms: number, percent: number][] {
    return this.values.length === 0 ? [] : CURVE.map((percent) => [this.percentile(percent), percent])
  }
}

const CURVE = [0, 1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 85, 90, 93, 95, 97, 98, 99, 99.5, 99.9, 100]
