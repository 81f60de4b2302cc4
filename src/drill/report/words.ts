import type { Verdict } from '../run/drill-result.ts'
import type { Times } from '../run/judge.ts'

export const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  held: 'held',
  breached: 'a threshold was breached',
  deviated: 'did not go as it should',
  'not-steady': 'not run: the cluster was not well before',
  aborted: 'aborted',
  failed: 'could not be run',
}

export function seconds(ms: number | null): string {
  return ms === null ? '–' : `${(ms / 1000).toFixed(1)} s`
}

/** detect · serve again · fully replicated */
export function timesInWords({ detectMs, serveAgainMs, replicatedMs }: Times): string {
  return `detect ${seconds(detectMs)} · serve again ${seconds(serveAgainMs)} · fully replicated ${seconds(replicatedMs)}`
}

export function figure(value: number): string {
  if (Number.isNaN(value)) return 'not measured'
  return Number.isInteger(value) ? String(value) : value.toFixed(2)
}
