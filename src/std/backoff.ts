/** A source of fractions in [0, 1). The platform's `Random` is one. */
export interface Fractions {
  fraction(): number
}

/** Waiting longer each time: `initialMs`, doubled per failure up to `maxMs`, each with full jitter above a floor of half. */
export class Backoff {
  private failures = 0
  private readonly initialMs: number
  private readonly maxMs: number
  private readonly random: Fractions

  constructor(options: { initialMs: number; maxMs: number; random: Fractions }) {
    this.initialMs = options.initialMs
    this.maxMs = options.maxMs
    this.random = options.random
  }

  /** How long to wait before the next attempt, in milliseconds. */
  nextMs(): number {
    const ceiling = Math.min(this.maxMs, this.initialMs * 2 ** this.failures++)
    return Math.round(ceiling / 2 + (this.random.fraction() * ceiling) / 2)
  }

  reset(): void {
    this.failures = 0
  }
}
