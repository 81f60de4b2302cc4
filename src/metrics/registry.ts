import { present } from '../std/assert.ts'
import { catalogue, type Catalogue } from './catalogue.ts'
import type { Definitions, MetricDefinition, MetricKind } from './define.ts'
import { type Emit, Family } from './family.ts'
import { Histogram } from './histogram.ts'
import { type LabelArguments, renderLabel } from './labels.ts'
import { Counter, Gauge, Rate } from './series.ts'

/** The names in a table whose metrics are of a kind. */
export type NameOfKind<D extends Definitions, Kind extends MetricKind> = {
  [Name in keyof D & string]: D[Name]['kind'] extends Kind ? Name : never
}[keyof D & string]

type Labels<Definition> = Definition extends MetricDefinition<MetricKind, infer L> ? L : never
type WithTotal<Definition> =
  Definition extends MetricDefinition<MetricKind, readonly string[], infer T> ? T : never
type FamilyOf<Series, Definition> = Family<Series, Labels<Definition>, WithTotal<Definition>>
type ArgumentsOf<Definition> = LabelArguments<Labels<Definition>, WithTotal<Definition>>

/** A family of numbers, or of distributions, whatever its labels. */
export type AnyFamily = Family<Counter | Gauge | Rate | Histogram>

/** Something that a scrape, or a new series, could not do. Nothing fails because of it. */
export type MetricsProblem =
  | { readonly kind: 'too many series'; readonly metric: string; readonly limit: number }
  | { readonly kind: 'callback failed'; readonly metric: string; readonly error: unknown }

export interface RegistryOptions {
  /** The platform's clock is one. */
  readonly clock: { monotonicMs(): number }
  /** The most label sets that one metric may have. */
  readonly maxSeriesPerMetric?: number
  /** Told of the first problem of each kind with each metric, once. */
  readonly onProblem?: (problem: MetricsProblem) => void
}

const MAX_SERIES_PER_METRIC = 20_000

/** The metrics of a broker: what components record into. */
export type Metrics = Registry<Catalogue>

/** Empty metrics for one broker. */
export function createMetrics(options: RegistryOptions): Metrics {
  return new Registry(catalogue, options)
}

/**
 * The live values of one broker. A component asks for its series when it is built, `counter(name).with(labels)`, and
 * keeps them; names, kinds and labels are checked by the compiler against the table. Asking again gives the same
 * series. A metric that nobody has asked for is not shown.
 */
export class Registry<D extends Definitions> {
  private readonly definitions: D
  private readonly clock: { monotonicMs(): number }
  private readonly maxSeriesPerMetric: number
  private readonly onProblem: (problem: MetricsProblem) => void
  private readonly byName = new Map<string, AnyFamily>()
  private readonly reported = new Set<string>()
  private dropped = 0
  private failed = 0

  constructor(definitions: D, options: RegistryOptions) {
    this.definitions = definitions
    this.clock = options.clock
    this.maxSeriesPerMetric = options.maxSeriesPerMetric ?? MAX_SERIES_PER_METRIC
    this.onProblem = options.onProblem ?? (() => undefined)
  }

  counter<N extends NameOfKind<D, 'counter'>>(name: N): FamilyOf<Counter, D[N]> {
    return this.family(name, () => new Counter()) as unknown as FamilyOf<Counter, D[N]>
  }

  gauge<N extends NameOfKind<D, 'gauge'>>(name: N): FamilyOf<Gauge, D[N]> {
    return this.family(name, () => new Gauge()) as unknown as FamilyOf<Gauge, D[N]>
  }

  rate<N extends NameOfKind<D, 'rate'>>(name: N): FamilyOf<Rate, D[N]> {
    return this.family(name, () => new Rate(this.clock)) as unknown as FamilyOf<Rate, D[N]>
  }

  histogram<N extends NameOfKind<D, 'histogram' | 'summary'>>(name: N): FamilyOf<Histogram, D[N]> {
    return this.family(name, () => new Histogram(this.clock)) as unknown as FamilyOf<Histogram, D[N]>
  }

  /**
   * Has `source` emit a metric's samples at each scrape: for what exists once per partition, topic or group, where a
   * kept series each would only copy what its owner knows. It runs on the event loop, in one go. Returns the function
   * that ends it.
   */
  collect<N extends NameOfKind<D, 'counter' | 'gauge'>>(
    name: N,
    source: (emit: Emit<Labels<D[N]>, WithTotal<D[N]>>) => void,
  ): () => void {
    const family =
      this.definition(name).kind === 'counter'
        ? this.family(name, () => new Counter())
        : this.family(name, () => new Gauge())
    return (family as unknown as FamilyOf<Counter | Gauge, D[N]>).addSource(source)
  }

  /** Forgets one series. Returns whether there was one. */
  remove<N extends keyof D & string>(name: N, ...labels: ArgumentsOf<D[N]>): boolean {
    const family = this.byName.get(name) as unknown as FamilyOf<unknown, D[N]> | undefined
    return family?.remove(...labels) ?? false
  }

  /** Forgets every series, of any metric, that has all of these labels: a topic is gone. Returns how many there were. */
  removeWhere(labels: Readonly<Record<string, string | number>>): number {
    const wanted = Object.entries(labels).map(([name, value]) => renderLabel(name, value))
    const names = Object.keys(labels)
    let removed = 0
    for (const family of this.byName.values()) {
      if (names.every((name) => family.definition.labels.includes(name))) {
        removed += family.removeLabelled(wanted)
      }
    }
    return removed
  }

  /** The metrics in use, in the order of the table. */
  *families(): Generator<AnyFamily, void, void> {
    for (const name of Object.keys(this.definitions)) {
      const family = this.byName.get(name)
      if (family !== undefined) yield family
    }
  }

  /** How many series are kept, without those that are collected at each scrape. */
  get seriesCount(): number {
    let count = 0
    for (const family of this.byName.values()) count += family.size
    return count
  }

  /** How many label sets were turned away since the start. */
  get droppedCount(): number {
    return this.dropped
  }

  /** How many callbacks have thrown since the start. */
  get failedReadCount(): number {
    return this.failed
  }

  nowMs(): number {
    return this.clock.monotonicMs()
  }

  /** A callback of this metric has thrown during a scrape. */
  readFailed(metric: string, error: unknown): void {
    this.failed++
    this.report({ kind: 'callback failed', metric, error })
  }

  private definition(name: string): MetricDefinition {
    return present(this.definitions[name], `metric ${name} in the table`)
  }

  private family(name: string, create: () => Counter | Gauge | Rate | Histogram): AnyFamily {
    const known = this.byName.get(name)
    if (known !== undefined) return known
    const definition = this.definition(name)
    const limit = Math.min(definition.maxSeries ?? this.maxSeriesPerMetric, this.maxSeriesPerMetric)
    const onDrop = (count: number): void => {
      this.dropped += count
      this.report({ kind: 'too many series', metric: name, limit })
    }
    const family: AnyFamily = new Family({ name, definition, limit, create, onDrop })
    this.byName.set(name, family)
    return family
  }

  private report(problem: MetricsProblem): void {
    const key = `${problem.kind} ${problem.metric}`
    if (this.reported.has(key)) return
    this.reported.add(key)
    this.onProblem(problem)
  }
}
