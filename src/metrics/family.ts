import type { MetricDefinition } from './define.ts'
import { hasLabel, type LabelArguments, renderLabels } from './labels.ts'

/** In place of every label's value, where the series beyond the limit are summed up. */
const OVERFLOW_LABEL_VALUE = '_other'

/** Hands one sample of a collected metric to the scrape. */
export type Emit<Labels extends readonly string[], WithTotal extends boolean> = (
  value: number,
  ...labels: LabelArguments<Labels, WithTotal>
) => void

/** The samples of a scrape that are not kept as series: what a `collect` callback emitted. */
export interface Collected {
  /** By rendered labels, in the order in which they were emitted. */
  readonly samples: ReadonlyMap<string, number>
  /** Samples left out: beyond the limit, or a label set that was there already. */
  readonly dropped: number
  /** What the callbacks threw; a callback that throws loses only what it had not emitted yet. */
  readonly errors: readonly unknown[]
}

/**
 * All series of one metric in one broker, by their labels.
 *
 * Bounded: beyond `limit` label sets, new ones of a metric whose values can be added up share one series, whose labels
 * all say `_other`, so that sums stay right; gauges get a handle that nobody sees. Each is counted as dropped.
 */
export class Family<
  Series,
  Labels extends readonly string[] = readonly string[],
  WithTotal extends boolean = boolean,
> {
  readonly name: string
  readonly definition: MetricDefinition
  private readonly limit: number
  private readonly create: () => Series
  private readonly onDrop: (count: number) => void
  private readonly byLabels = new Map<string, Series>()
  private readonly sources = new Set<(emit: Emit<Labels, WithTotal>) => void>()
  private overflow: Series | null = null

  constructor(options: {
    name: string
    definition: MetricDefinition
    limit: number
    create: () => Series
    /** Told how many label sets were turned away. */
    onDrop: (count: number) => void
  }) {
    this.name = options.name
    this.definition = options.definition
    this.limit = options.limit
    this.create = options.create
    this.onDrop = options.onDrop
  }

  /** How many series are kept. */
  get size(): number {
    return this.byLabels.size + (this.overflow === null ? 0 : 1)
  }

  /** The series of these labels, made if it is new. Look it up once and keep it: this is not for hot paths. */
  with(...labels: LabelArguments<Labels, WithTotal>): Series {
    const rendered = this.render(labels)
    const known = this.byLabels.get(rendered)
    if (known !== undefined) return known
    if (this.byLabels.size >= this.limit) return this.turnedAway()
    const series = this.create()
    this.byLabels.set(rendered, series)
    return series
  }

  /** Forgets a series; a handle that somebody still has leads nowhere. Returns whether there was one. */
  remove(...labels: LabelArguments<Labels, WithTotal>): boolean {
    return this.byLabels.delete(this.render(labels))
  }

  /** Forgets the series that have all of these rendered labels; returns how many. */
  removeLabelled(rendered: readonly string[]): number {
    let removed = 0
    for (const labels of this.byLabels.keys()) {
      if (!rendered.every((label) => hasLabel(labels, label))) continue
      this.byLabels.delete(labels)
      removed++
    }
    return removed
  }

  /** The series as they are now, by rendered labels. Later changes do not show. */
  series(): [labels: string, series: Series][] {
    const all = [...this.byLabels]
    if (this.overflow !== null) all.push([this.renderOverflow(), this.overflow])
    return all
  }

  addSource(source: (emit: Emit<Labels, WithTotal>) => void): () => void {
    this.sources.add(source)
    return () => {
      this.sources.delete(source)
    }
  }

  /** Asks the sources, all in one turn, so that what they walk over cannot change under them. */
  collect(): Collected {
    const samples = new Map<string, number>()
    const errors: unknown[] = []
    let dropped = 0
    const emit: Emit<Labels, WithTotal> = (value, ...labels) => {
      const rendered = this.render(labels)
      if (samples.size >= this.limit || samples.has(rendered) || this.byLabels.has(rendered)) dropped++
      else samples.set(rendered, value)
    }
    for (const source of this.sources) {
      try {
        source(emit)
      } catch (error) {
        errors.push(error)
      }
    }
    if (dropped > 0) this.onDrop(dropped)
    return { samples, dropped, errors }
  }

  private render([labels]: readonly [labels?: Readonly<Record<string, string | number>>]): string {
    return labels === undefined ? '' : renderLabels(this.definition.labels, labels)
  }

  private renderOverflow(): string {
    const { labels } = this.definition
    return renderLabels(labels, Object.fromEntries(labels.map((label) => [label, OVERFLOW_LABEL_VALUE])))
  }

  private turnedAway(): Series {
    this.onDrop(1)
    if (this.definition.kind === 'gauge') return this.create()
    this.overflow ??= this.create()
    return this.overflow
  }
}
