import { CONTENDER_TITLES, type ContenderName } from './contender.ts'
import { commitsPerSecond } from './reader-load.ts'
import type { CompareResult, ContenderResult } from './result.ts'

export type Advice = 'stay' | 'move when convenient' | 'move'

export interface Judgement {
  readonly advice: Advice
  /** What part of the store's limit the reader's load takes, 0 to 1 and beyond. */
  readonly utilisation: ReadonlyMap<ContenderName, number>
  /** One sentence with the reader's own numbers. */
  readonly sentence: string
  /** Each with its number. */
  readonly reasons: readonly string[]
}

/** Beyond these parts of what a store can do at most, queues begin to build in bursts, and then always. */
const COMFORTABLE = 0.2
const BUSY = 0.6
/** The harm to others that counts: their slowest percent takes so many times as long as on a quiet ensemble, */
const HARM_FACTOR = 5
/** and at least so long: microseconds more hurt nobody. */
const HARM_MS = 20
const SLOW_FACTOR = 5
const SLOW_MS = 50

/** Follows from the figures alone. "Legacy is fine for you" is a possible answer. */
export function judge(result: CompareResult): Judgement {
  const needed = commitsPerSecond(result.load)
  const utilisation = new Map(
    result.contenders.map(({ contender, saturation }) => [contender, needed / saturation.median]),
  )
  const legacy = find(result, 'zookeeper') ?? find(result, 'zookeeper-faithful')
  const topic = find(result, 'kafka')
  if (legacy === null || topic === null) {
    return {
      advice: 'stay',
      utilisation,
      sentence: 'Only one store was measured: there is nothing to choose.',
      reasons: [],
    }
  }
  const used = utilisation.get(legacy.contender) ?? 0
  const reasons = [
    `${perSecond(needed)} commits/s are ${percent(used)} of what ${CONTENDER_TITLES[legacy.contender]} did at most ` +
      `(${perSecond(legacy.saturation.median)}), and ${percent(utilisation.get('kafka') ?? 0)} of what ` +
      `${CONTENDER_TITLES.kafka} did (${perSecond(topic.saturation.median)})`,
    `at that rate the slowest percent of commits took ${ms(legacy.p99.median)} against ${ms(topic.p99.median)}`,
    `other users of the ensemble waited ${ms(legacy.othersP99.median)} (their slowest percent) while it was saturated, ` +
      `against ${ms(result.quietP99)} when it was quiet`,
  ]
  const hurtsOthers =
    legacy.othersP99.median > HARM_FACTOR * result.quietP99 &&
    legacy.othersP99.median > HARM_MS &&
    used > COMFORTABLE
  const isSlow = legacy.p99.median > SLOW_FACTOR * topic.p99.median && legacy.p99.median > SLOW_MS
  const advice: Advice =
    used > BUSY || (hurtsOthers && isSlow)
      ? 'move'
      : used > COMFORTABLE || isSlow
        ? 'move when convenient'
        : 'stay'
  return { advice, utilisation, sentence: sentenceFor(advice, result, used, legacy), reasons }
}

function sentenceFor(advice: Advice, { load }: CompareResult, used: number, legacy: ContenderResult): string {
  const who = `${load.groups} groups × ${load.partitions} partitions, a commit every ${load.everyMs / 1000} s`
  const part = `${percent(used)} of what ${CONTENDER_TITLES[legacy.contender]} can do here`
  switch (advice) {
    case 'stay':
      return `Legacy is fine for you: ${who}, are ${part}. Reasons to move are fencing and tools, not load.`
    case 'move when convenient':
      return `Move when convenient: ${who}, are ${part}. There is room, but not for a burst.`
    case 'move':
      return `Move: ${who}, are ${part}, and everybody on the ensemble feels it.`
  }
}

function find({ contenders }: CompareResult, name: ContenderName): ContenderResult | null {
  return contenders.find(({ contender }) => contender === name) ?? null
}

export function percent(part: number): string {
  const value = part * 100
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} %`
}

export function perSecond(value: number): string {
  return value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString('en')
}

export function ms(value: number): string {
  if (Number.isNaN(value)) return '–'
  return value < 10
    ? `${value.toFixed(2)} ms`
    : value < 1000
      ? `${value.toFixed(0)} ms`
      : `${(value / 1000).toFixed(1)} s`
}
