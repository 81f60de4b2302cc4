import type { MetricDefinition } from './define.ts'
import { Histogram, QUANTILES } from './histogram.ts'
import type { AnyFamily } from './registry.ts'

/** What the text has to be served as. */
export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** What the text is made from: a registry. */
export interface MetricsSource {
  nowMs(): number
  families(): Iterable<AnyFamily>
  readFailed(metric: string, error: unknown): void
}

export interface ExpositionOptions {
  /** Which metrics are shown; default: all. Switches the series per partition, for example. */
  readonly includes?: (definition: MetricDefinition, name: string) => boolean
  /** A piece of text is yielded when it has reached this length. */
  readonly pieceChars?: number
}

/** About a millisecond of work, so that a scrape of many series can be cut into turns. */
const PIECE_CHARS = 32 * 1024

/**
 * All metrics as Prometheus's text format 0.0.4, in pieces, so that a hundred thousand series neither stand in memory
 * as one text nor hold the event loop. Metrics come in the order of the table, series in the order in which they were
 * made; each metric's labels are taken in one turn, the values as they are when their line is written. A callback
 * that throws loses its line and nothing else.
 */
export function* exposition(
  source: MetricsSource,
  options: ExpositionOptions = {},
): Generator<string, void, void> {
  const includes = options.includes ?? (() => true)
  const pieceChars = options.pieceChars ?? PIECE_CHARS
  const nowMs = source.nowMs()
  let piece = ''
  for (const family of source.families()) {
    if (!includes(family.definition, family.name)) continue
    for (const block of blocksOf(family, source, nowMs)) {
      let isFirst = true
      for (const line of block.lines) {
        if (isFirst) piece += block.heading
        isFirst = false
        piece += line
        if (piece.length < pieceChars) continue
        yield piece
        piece = ''
      }
    }
  }
  if (piece !== '') yield piece
}

/** Lines under one HELP and TYPE. A block without lines is not shown. */
interface Block {
  readonly heading: string
  readonly lines: Iterable<string>
}

function blocksOf(family: AnyFamily, source: MetricsSource, nowMs: number): Block[] {
  const { name, definition } = family
  switch (definition.kind) {
    case 'counter':
      return [{ heading: heading(name, 'counter', definition), lines: numberLines(family, source, nowMs) }]
    case 'gauge':
    case 'rate':
      return [{ heading: heading(name, 'gauge', definition), lines: numberLines(family, source, nowMs) }]
    case 'histogram': {
      // As the JMX exporter does it. Not a `summary`: Prometheus 3 would rewrite the label 0.50 of a summary to 0.5,
      // and dashboards made for Kafka ask for 0.50.
      const all = distributions(family)
      return [
        {
          heading: heading(name, 'gauge', definition),
          lines: quantileLines(name, all, KAFKA_QUANTILES, nowMs),
        },
        { heading: heading(`${name}_count`, 'counter', definition), lines: countLines(name, all) },
      ]
    }
    case 'summary': {
      return [{ heading: heading(name, 'summary', definition), lines: summaryLines(name, family, nowMs) }]
    }
  }
}

const KAFKA_QUANTILES = QUANTILES.map((quantile) => `quantile="${quantile.toString().padEnd(4, '0')}"`)
const SUMMARY_QUANTILES = QUANTILES.map((quantile) => `quantile="${quantile}"`)

function* numberLines(
  family: AnyFamily,
  source: MetricsSource,
  nowMs: number,
): Generator<string, void, void> {
  for (const [labels, series] of family.series()) {
    if (series instanceof Histogram) continue
    let value: number
    try {
      value = series.read(nowMs)
    } catch (error) {
      source.readFailed(family.name, error)
      continue
    }
    yield line(family.name, labels, value)
  }
  const { samples, errors } = family.collect()
  for (const error of errors) source.readFailed(family.name, error)
  for (const [labels, value] of samples) yield line(family.name, labels, value)
}

type Distribution = readonly [labels: string, histogram: Histogram]

function distributions(family: AnyFamily): Distribution[] {
  const found: Distribution[] = []
  for (const [labels, series] of family.series())
    if (series instanceof Histogram) found.push([labels, series])
  return found
}

function* quantileLines(
  name: string,
  all: readonly Distribution[],
  quantileLabels: readonly string[],
  nowMs: number,
): Generator<string, void, void> {
  for (const [labels, histogram] of all) {
    const prefix = labels === '' ? '' : `${labels},`
    const values = histogram.quantiles(nowMs)
    for (const [at, label] of quantileLabels.entries()) yield line(name, prefix + label, values[at] ?? NaN)
  }
}

function* countLines(name: string, all: readonly Distribution[]): Generator<string, void, void> {
  for (const [labels, histogram] of all) yield line(`${name}_count`, labels, histogram.count)
}

function* summaryLines(name: string, family: AnyFamily, nowMs: number): Generator<string, void, void> {
  for (const one of distributions(family)) {
    yield* quantileLines(name, [one], SUMMARY_QUANTILES, nowMs)
    const [labels, histogram] = one
    yield line(`${name}_sum`, labels, histogram.sum)
    yield line(`${name}_count`, labels, histogram.count)
  }
}

function line(name: string, labels: string, value: number): string {
  return labels === '' ? `${name} ${format(value)}\n` : `${name}{${labels}} ${format(value)}\n`
}

function format(value: number): string {
  if (Number.isFinite(value)) return String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}

function heading(name: string, type: string, definition: MetricDefinition): string {
  const help = definition.doc.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`
}
