/**
 * Chance. The real one draws from the operating system; the simulated one from a seed. Never used where an attacker
 * gains from guessing, except `bytes`, which is cryptographic in the real one.
 */
export interface Random {
  /** `count` unpredictable bytes. */
  bytes(count: number): Buffer
  /** A whole number in [0, limit). */
  below(limit: number): number
  /** A number in [0, 1). */
  fraction(): number
}
