/** A broken invariant of ours: never an expected condition, never caused by a client. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

/**
 * Stops the program's current work when an invariant does not hold. Assertions stay on in production: a broker that
 * is wrong must stop, its replicas take over.
 */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}

/** The value, which must be there. */
export function present<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new AssertionError(`missing: ${what}`)
  return value
}
