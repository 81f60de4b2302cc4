/** One line of Prometheus text that is a sample. */
export interface ParsedSample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface ParsedMetric {
  readonly type: string
  readonly help: string
  readonly samples: readonly ParsedSample[]
}

/**
 * Reads Prometheus text (format 0.0.4) and is stricter than Prometheus: every sample must stand under the HELP and
 * TYPE of its metric, each metric must appear once, each label set once, and the text must end in a line feed.
 * Throws an Error that names the line.
 */
export function parseExposition(text: string): Map<string, ParsedMetric> {
  const metrics = new Map<string, { type: string; help: string; samples: ParsedSample[] }>()
  const seen = new Set<string>()
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line does not end')
  const lines = text.split('\n').slice(0, -1)
  let current = ''
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    const refuse = (why: string): never => {
      throw new Error(`line ${at + 1}: ${why}: ${line}`)
    }
    const help = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/.exec(line)
    if (help !== null) {
      current = help[1] ?? ''
      if (metrics.has(current)) refuse('the metric appears twice')
      const type = new RegExp(`^# TYPE ${current} (counter|gauge|summary|histogram|untyped)$`).exec(
        lines[++at] ?? '',
      )
      if (type === null) refuse('no TYPE after HELP')
      metrics.set(current, { type: type?.[1] ?? '', help: help[2] ?? '', samples: [] })
      continue
    }
    const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/.exec(line)
    if (sample === null) return refuse('neither HELP nor a sample')
    const [, name = '', labels = '', value = ''] = sample
    const metric = metrics.get(current)
    const suffixes = metric?.type === 'summary' ? ['', '_sum', '_count'] : ['']
    if (metric === undefined || !suffixes.includes(name.slice(current.length)) || !name.startsWith(current)) {
      return refuse('not under its own HELP')
    }
    const key = `${name}{${labels}}`
    if (seen.has(key)) refuse('the same series twice')
    seen.add(key)
    metric.samples.push({ name, labels: parseLabels(labels, refuse), value: parseValue(value, refuse) })
  }
  for (const [name, { samples }] of metrics)
    if (samples.length === 0) throw new Error(`${name} has no samples`)
  return metrics
}

function parseLabels(text: string, refuse: (why: string) => never): Record<string, string> {
  const labels: Record<string, string> = {}
  let rest = text
  while (rest !== '') {
    const match = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(?:,(?=.)|$)/.exec(rest)
    if (match === null) return refuse('malformed labels')
    const [whole, name = '', value = ''] = match
    if (name in labels) refuse(`label ${name} twice`)
    labels[name] = value.replace(/\\(["\\n])/g, (_, escaped) => (escaped === 'n' ? '\n' : String(escaped)))
    rest = rest.slice(whole.length)
  }
  return labels
}

function parseValue(text: string, refuse: (why: string) => never): number {
  if (text === 'NaN') return NaN
  if (text === '+Inf') return Infinity
  if (text === '-Inf') return -Infinity
  return /^-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?$/.test(text) ? Number(text) : refuse('malformed value')
}
