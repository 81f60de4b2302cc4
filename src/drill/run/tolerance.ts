import type { Tolerance } from '../experiment/experiment.ts'
import type { CommandValue } from './stage.ts'

/** Whether a probe's value is what the experiment wants. */
export function isTolerated(value: CommandValue | null, tolerance: Tolerance | undefined): boolean {
  if (tolerance === undefined) return true
  if (typeof tolerance !== 'object') return value === tolerance
  if (Array.isArray(tolerance)) {
    const list = tolerance as readonly (number | string)[]
    const [least, most] = list
    if (list.length === 2 && typeof least === 'number' && typeof most === 'number')
      return typeof value === 'number' && value >= least && value <= most
    return list.includes(value as number | string)
  }
  const rule = tolerance as Exclude<Tolerance, readonly unknown[] | number | string | boolean>
  if (rule.type === 'regex') return new RegExp(rule.pattern).test(String(value))
  return typeof value === 'number' && value >= rule.range[0] && value <= rule.range[1]
}
