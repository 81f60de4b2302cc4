/** What a reader may see: everything replicated, or only what no open or aborted transaction wrote. */
export type IsolationLevel = 'read_uncommitted' | 'read_committed'

/** The level of a wire value; null when there is no such level. */
export function isolationLevelOf(value: number): IsolationLevel | null {
  if (value === 0) return 'read_uncommitted'
  if (value === 1) return 'read_committed'
  return null
}
