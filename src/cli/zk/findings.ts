/** Something that a tree's owner should know. */
export interface Finding {
  /** `error`: it is broken. `warning`: it will be, or hurts. `note`: it is unusual. */
  readonly level: 'error' | 'warning' | 'note'
  readonly path: string
  readonly what: string
  readonly advice: string
}

export function error(path: string, what: string, advice: string): Finding {
  return { level: 'error', path, what, advice }
}

export function warning(path: string, what: string, advice: string): Finding {
  return { level: 'warning', path, what, advice }
}

export function note(path: string, what: string, advice: string): Finding {
  return { level: 'note', path, what, advice }
}
