/** `p(99)<250`, `count==0`, `max<8000`: one number of a metric held against another. */
export interface Threshold {
  readonly aggregate:
    { readonly kind: 'count' | 'rate' | 'value' | 'min' | 'max' | 'avg' | 'med' } | Percentile
  readonly operator: '<' | '<=' | '>' | '>=' | '==' | '!='
  readonly limit: number
}

interface Percentile {
  readonly kind: 'p'
  readonly percent: number
}

const GRAMMAR =
  /^\s*(count|rate|value|min|max|avg|med|p\(\s*([0-9]+(?:\.[0-9]+)?)\s*\))\s*(<=|>=|==|!=|<|>)\s*(-?[0-9]+(?:\.[0-9]+)?(?:e[0-9]+)?)\s*$/

/** Null when the text is not a threshold. */
export function parseThreshold(text: string): Threshold | null {
  const match = GRAMMAR.exec(text)
  if (match === null) return null
  const [, word, percent, operator, limit] = match
  if (percent !== undefined && Number(percent) > 100) return null
  return {
    aggregate:
      percent === undefined
        ? ({ kind: word } as Threshold['aggregate'])
        : { kind: 'p', percent: Number(percent) },
    operator: operator as Threshold['operator'],
    limit: Number(limit),
  }
}

/** A metric's numbers: events with values, or one value. */
export type MetricValue =
  | { readonly kind: 'trend'; readonly values: readonly number[] }
  | { readonly kind: 'number'; readonly value: number }

/** What the aggregate comes to; NaN for a trend without values. */
export function aggregateOf(metric: MetricValue, { aggregate }: Threshold): number {
  if (metric.kind === 'number') return metric.value
  const { values } = metric
  if (aggregate.kind === 'count') return values.length
  if (values.length === 0) return NaN
  const sorted = [...values].sort((one, other) => one - other)
  switch (aggregate.kind) {
    case 'min':
      return sorted[0] as number
    case 'max':
    case 'value':
      return sorted[sorted.length - 1] as number
    case 'avg':
    case 'rate':
      return values.reduce((sum, each) => sum + each, 0) / values.length
    case 'med':
      return percentile(sorted, 50)
    case 'p':
      return percentile(sorted, aggregate.percent)
  }
}

export function percentile(sorted: readonly number[], percent: number): number {
  if (sorted.length === 0) return NaN
  const index = Math.min(sorted.length - 1, Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1))
  return sorted[index] as number
}

/** A NaN holds nothing: what was never measured was not proved. */
export function holds(value: number, { operator, limit }: Threshold): boolean {
  if (Number.isNaN(value)) return false
  switch (operator) {
    case '<':
      return value < limit
    case '<=':
      return value <= limit
    case '>':
      return value > limit
    case '>=':
      return value >= limit
    case '==':
      return value === limit
    case '!=':
      return value !== limit
  }
}

/** `offline_partitions>0 for 30s`: what ends a drill at once. */
export interface StopCondition {
  readonly gauge: string
  readonly operator: Threshold['operator']
  readonly limit: number
  readonly forMs: number
}

const STOP_GRAMMAR =
  /^\s*([a-z][a-z0-9_]*)\s*(<=|>=|==|!=|<|>)\s*(-?[0-9]+(?:\.[0-9]+)?)(?:\s+for\s+([0-9]+)s)?\s*$/

export function parseStopCondition(text: string): StopCondition | null {
  const match = STOP_GRAMMAR.exec(text)
  if (match === null) return null
  const [, gauge, operator, limit, seconds] = match
  return {
    gauge: gauge as string,
    operator: operator as Threshold['operator'],
    limit: Number(limit),
    forMs: Number(seconds ?? 0) * 1000,
  }
}
