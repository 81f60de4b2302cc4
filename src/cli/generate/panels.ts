import { isPerPartition, type MetricDefinition } from '../../metrics/define.ts'

/** How many of the series that a metric has per topic, partition or client are drawn. */
const SHOWN_SERIES = 10

/** What a panel draws, and how its legend calls each line. */
export interface Query {
  readonly expression: string
  readonly legend: string
}

/** A graph of one metric, as its entry in the table suggests: counters as rates, distributions as percentiles. */
export function queriesOf(name: string, definition: MetricDefinition): Query[] {
  const selector = 'job=~"$job", instance=~"$instance"'
  const { kind, labels, withTotal, scope } = definition
  switch (kind) {
    case 'histogram':
    case 'summary':
      return ['0.5', '0.99'].map((quantile) => ({
        expression: `${name}{${selector}, quantile="${quantile}"}`,
        legend: `${legendOf(labels)} p${Number(quantile) * 100}`,
      }))
    case 'counter': {
      const total = withTotal ? labels.map((label) => `, ${label}=""`).join('') : ''
      return [
        most(`rate(${name}{${selector}${total}}[$__rate_interval])`, withTotal ? [] : labels, definition),
      ]
    }
    case 'gauge':
    case 'rate':
      // Where one broker speaks for the cluster, which one it is does not matter.
      if (scope === 'cluster') {
        const by = labels.length === 0 ? '' : ` by (${labels.join(', ')})`
        return [most(`max${by} (${name}{${selector}})`, labels, definition)]
      }
      return [most(`${name}{${selector}}`, labels, definition)]
  }
}

function most(expression: string, labels: readonly string[], definition: MetricDefinition): Query {
  const isMany = isPerPartition(definition) || labels.length > 0
  const legend =
    definition.scope === 'cluster' ? labels.map((label) => `{{${label}}}`).join(' ') : legendOf(labels)
  return { expression: isMany ? `topk(${SHOWN_SERIES}, ${expression})` : expression, legend }
}

function legendOf(labels: readonly string[]): string {
  return ['instance', ...labels].map((label) => `{{${label}}}`).join(' ')
}

const GRAFANA_UNITS: Readonly<Record<string, string>> = {
  bytes: 'bytes',
  ms: 'ms',
  s: 's',
  percent: 'percent',
  fraction: 'percentunit',
}

/** Grafana's name for a metric's unit, as `queriesOf` shows it. */
export function grafanaUnit({ kind, unit }: MetricDefinition): string {
  if (kind === 'counter') return unit === 'bytes' ? 'Bps' : unit === 's' ? 'percentunit' : 'ops'
  return GRAFANA_UNITS[unit] ?? 'short'
}
