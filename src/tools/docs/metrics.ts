import { metricAreas } from '../../metrics/catalogue.ts'
import { isPerPartition, type MetricDefinition } from '../../metrics/define.ts'
import { QUANTILES } from '../../metrics/histogram.ts'

/** docs/metrics.md: every metric, from the table. */
export function metricsMarkdown(): string {
  const chapters = metricAreas.map(({ title, metrics }) => {
    const rows = Object.entries<MetricDefinition>(metrics).map(([name, definition]) =>
      rowOf(name, definition),
    )
    return [`## ${title}`, '', ...HEADER, ...rows].join('\n')
  })
  return `${[INTRODUCTION, ...chapters].join('\n\n')}\n`
}

const INTRODUCTION = `# Metrics

Served as Prometheus text at \`GET /metrics\` of the HTTP side. Names that begin with \`kafka_\` are those that the JMX
exporter's rules make of Kafka's MBeans, so that dashboards and alerts written for Kafka work unchanged. This page is
printed from the metric table; do not edit it.

- **counter**: a sum that only grows. **gauge**: a state. **rate**: events per second over the last minute, shown as a
  gauge.
- **histogram**: gauges with a label \`quantile\` (${QUANTILES.map((quantile) => quantile.toFixed(quantile === 0.999 ? 3 : 2)).join(', ')}) over the last four to five minutes, and a counter
  \`…_count\`. A quantile is off by at most 3.125 % of its value; it is NaN when nothing happened in that time.
- **summary**: the same as Prometheus itself does it, with \`…_sum\` and \`…_count\`.
- A label in brackets may be missing: the series without labels is the total, and outlives the others.
- *partition*: one series per partition; switched by \`metrics.partition.enable\`.
- *cluster*: says the same on every broker. Shown by the controller, and by any broker at \`/metrics?cluster=1\`.
- A metric takes a bounded number of label sets. Beyond it, what can be added up goes to one series whose labels are
  all \`_other\`; gauges are left out. \`zurau_metrics_dropped_series_total\` counts both.`

const HEADER = ['| name | kind | labels | unit | meaning |', '|---|---|---|---|---|']

function rowOf(name: string, definition: MetricDefinition): string {
  const { kind, labels, withTotal, scope, unit, doc } = definition
  const shownLabels = labels.map((label) => (withTotal ? `[${label}]` : label)).join(', ')
  const marks = [isPerPartition(definition) ? 'partition' : null, scope === 'cluster' ? 'cluster' : null]
    .filter((mark) => mark !== null)
    .map((mark) => `*${mark}*`)
  const cells = [`\`${name}\``, [kind, ...marks].join(' '), shownLabels, unit, doc]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}
