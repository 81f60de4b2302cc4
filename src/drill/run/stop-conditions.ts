import { sleep, type Clock } from '../../platform/clock.ts'
import { holds, parseStopCondition, type StopCondition } from '../experiment/thresholds.ts'
import type { Sample } from './recorder.ts'

/** What stop conditions may look at. */
export const GAUGES = ['offline_partitions', 'under_replicated', 'under_min_isr', 'lag'] as const

function gaugeOf(name: string, sample: Sample): number {
  switch (name) {
    case 'offline_partitions':
      return sample.offline
    case 'under_replicated':
      return sample.underReplicated
    case 'under_min_isr':
      return sample.underMinInSync
    default:
      return sample.lag
  }
}

const LOOK_MS = 250

/**
 * Watches until `isOver`, and calls `onMet` once with the reason when a condition has been true for as long as it says.
 */
export async function watchStopConditions(options: {
  readonly clock: Clock
  readonly texts: readonly string[]
  readonly latest: () => Sample | null
  readonly isOver: () => boolean
  readonly onMet: (reason: string) => void
}): Promise<void> {
  const { clock, texts, latest, isOver, onMet } = options
  const conditions = texts.map(parseStopCondition).filter((each): each is StopCondition => each !== null)
  const since = new Map<StopCondition, number>()
  while (conditions.length > 0 && !isOver()) {
    const sample = latest()
    for (const condition of conditions) {
      const { gauge, operator, limit, forMs } = condition
      const value = sample === null ? 0 : gaugeOf(gauge, sample)
      if (!holds(value, { aggregate: { kind: 'value' }, operator, limit })) {
        since.delete(condition)
        continue
      }
      const fromMs = since.get(condition) ?? clock.monotonicMs()
      since.set(condition, fromMs)
      if (clock.monotonicMs() - fromMs >= forMs) return onMet(`stop condition: ${gauge} is ${value}`)
    }
    await sleep(clock, LOOK_MS)
  }
}
