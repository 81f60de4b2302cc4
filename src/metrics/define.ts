/**
 * How its values behave, which decides what may be done with it and how Prometheus sees it:
 * - `counter`: a sum that only grows;
 * - `gauge`: a state that goes up and down;
 * - `rate`: events per second over the last minute, shown as a gauge;
 * - `histogram`: a distribution in Kafka's dialect: gauges by `quantile`, a counter `…_count`, no sum;
 * - `summary`: a distribution as Prometheus itself would have it: quantiles, `…_sum` and `…_count`.
 */
export type MetricKind = 'counter' | 'gauge' | 'rate' | 'histogram' | 'summary'

/**
 * What a value speaks of. `cluster` series say the same on every broker, so that sums over brokers would count them
 * several times: one broker alone, the controller, shows them, unless another one is asked to.
 */
type MetricScope = 'broker' | 'cluster'

/** One entry of THE metric table (catalogue.ts). */
export interface MetricDefinition<
  Kind extends MetricKind = MetricKind,
  Labels extends readonly string[] = readonly string[],
  WithTotal extends boolean = boolean,
> {
  readonly kind: Kind
  /** Names of the labels, in the order in which they are printed. */
  readonly labels: Labels
  /** Whether one series without any label stands beside the labelled ones: the sum that outlives them. */
  readonly withTotal: WithTotal
  readonly scope: MetricScope
  /** What is counted or measured, in the plural: bytes, ms, requests. */
  readonly unit: string
  readonly doc: string
  /** A bound below the registry's own, for labels whose values clients choose. */
  readonly maxSeries?: number
}

/** Whether there is one series per partition: these are many, and can be switched off. */
export function isPerPartition(definition: MetricDefinition): boolean {
  return definition.labels.includes('partition')
}

/** A table of metrics by their Prometheus names. */
export type Definitions = Readonly<Record<string, MetricDefinition>>

interface Words<Labels extends readonly string[], WithTotal extends boolean> {
  /** Default: none. */
  readonly labels?: Labels
  /** Default: false. */
  readonly withTotal?: WithTotal
  /** Default: broker. */
  readonly scope?: MetricScope
  readonly unit: string
  readonly doc: string
  readonly maxSeries?: number
}

type Define<Kind extends MetricKind> = <
  const Labels extends readonly string[] = readonly [],
  const WithTotal extends boolean = false,
>(
  words: Words<Labels, WithTotal>,
) => MetricDefinition<Kind, Labels, WithTotal>

function kind<Kind extends MetricKind>(kind: Kind): Define<Kind> {
  return <Labels extends readonly string[], WithTotal extends boolean>(words: Words<Labels, WithTotal>) => ({
    kind,
    labels: words.labels ?? ([] as readonly string[] as Labels),
    withTotal: words.withTotal ?? (false as WithTotal),
    scope: words.scope ?? 'broker',
    unit: words.unit,
    doc: words.doc,
    ...(words.maxSeries === undefined ? {} : { maxSeries: words.maxSeries }),
  })
}

export const counter = kind('counter')
export const gauge = kind('gauge')
export const rate = kind('rate')
export const histogram = kind('histogram')
export const summary = kind('summary')

/** One chapter of the table: metrics that belong together, as the documentation groups them. */
export interface MetricArea {
  readonly title: string
  readonly metrics: Definitions
}

/**
 * A chapter. The type of `metrics` is left open on purpose: a bound would flow into the entries' type arguments and
 * blur them; catalogue.ts checks that every chapter is a MetricArea.
 */
export function area<const Metrics>(
  title: string,
  metrics: Metrics,
): { readonly title: string; readonly metrics: Metrics } {
  return { title, metrics }
}
