/** One thing that was looked at. */
export interface Check {
  /** `error`: it cannot work. `warning`: it will hurt. `note`: worth knowing. `ok`: as it should be. */
  readonly level: 'ok' | 'note' | 'warning' | 'error'
  /** What it is about. */
  readonly about: string
  readonly what: string
  readonly advice: string | null
}

export function ok(about: string, what: string): Check {
  return { level: 'ok', about, what, advice: null }
}

export function check(
  level: 'note' | 'warning' | 'error',
  about: string,
  what: string,
  advice: string,
): Check {
  return { level, about, what, advice }
}
