import { isMap, isNode, isScalar, LineCounter, parseDocument, stringify, type Document } from 'yaml'
import { isMetric } from '../run/judge.ts'
import { parseCommand } from '../run/commands.ts'
import { GAUGES } from '../run/stop-conditions.ts'
import type { Experiment } from './experiment.ts'
import { parseStopCondition, parseThreshold } from './thresholds.ts'

/** Something wrong in a drill file, and where: both numbers begin at 1. */
export interface FileProblem {
  readonly line: number
  readonly column: number
  readonly message: string
}

type Path = readonly (string | number)[]

/** Files are written by hand: what is larger is no drill. */
export const MAX_FILE_BYTES = 1024 * 1024

/** Reads a drill file, YAML or JSON. All that is wrong with it is told at once, in the order of the file. */
export function parseExperiment(
  text: string,
):
  | { readonly experiment: Experiment; readonly problems: readonly [] }
  | { readonly problems: readonly FileProblem[] } {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, uniqueKeys: true })
  const at = (offset: number, message: string): FileProblem => {
    const { line, col } = lineCounter.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col), message }
  }
  if (document.errors.length > 0)
    return { problems: document.errors.map((error) => at(error.pos[0], firstLine(error.message))) }
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    return { problems: [at(0, error instanceof Error ? error.message : String(error))] }
  }
  const check = new Checker()
  check.experiment(value)
  const problems = check.problems
    .map(({ path, message, isOfKey }) =>
      at((isOfKey ? keyOffset(document, path) : null) ?? offsetOf(document, path), message),
    )
    .sort((one, other) => one.line - other.line || one.column - other.column)
  return problems.length > 0 ? { problems } : { experiment: value as Experiment, problems: [] }
}

/** A drill as a file to copy and to edit. */
export function experimentText(experiment: Experiment): string {
  return stringify(experiment, { lineWidth: 110 })
}

/** Where the nearest thing to a path stands. */
function offsetOf(document: Document, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range !== null && node.range !== undefined) return node.range[0]
  }
  return isNode(document.contents) ? (document.contents.range?.[0] ?? 0) : 0
}

/** Where the name of a field stands, rather than its value. */
function keyOffset(document: Document, path: Path): number | null {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true)
  if (!isMap(parent)) return null
  const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(path.at(-1)))
  return isScalar(pair?.key) ? (pair.key.range?.[0] ?? null) : null
}

function firstLine(text: string): string {
  return text.split('\n')[0]?.replace(/ at line .*$/, '') ?? text
}

interface PathProblem {
  readonly path: Path
  readonly message: string
  /** Whether the field's name is wrong, not its value. */
  readonly isOfKey: boolean
}

type Fields = Readonly<Record<string, unknown>>

const ROOT_KEYS = [
  'version',
  'title',
  'description',
  'tags',
  'contributions',
  'configuration',
  'secrets',
  'controls',
  'runtime',
]
const MORE_ROOT_KEYS = ['steady-state-hypothesis', 'method', 'rollbacks', 'extensions', 'contributors']
const ACTIVITY_KEYS = ['type', 'name', 'provider', 'tolerance', 'pauses', 'background', 'controls', 'ref']
const EXTENSION_KEYS = [
  'name',
  'number',
  'level',
  'sandbox',
  'needs',
  'workload',
  'thresholds',
  'stop-conditions',
  'coach',
  'mutation',
]
const WORKLOAD_KEYS = [
  'rate',
  'size',
  'partitions',
  'replication',
  'acks',
  'deliveryTimeout',
  'topicConfig',
  'assignment',
]
const SANDBOX_KEYS = ['brokers', 'zookeeper', 'racks', 'config', 'sessionTimeout', 'embedded', 'topics']

/** Walks over a file's content and notes what does not fit. */
class Checker {
  readonly problems: PathProblem[] = []

  experiment(value: unknown): void {
    const root = this.fields([], value, 'a drill')
    if (root === null) return
    this.knownKeys([], root, [...ROOT_KEYS, ...MORE_ROOT_KEYS])
    for (const key of ['version', 'title', 'description']) this.text([key], root[key])
    this.list(['tags'], root['tags'], (path, tag) => this.text(path, tag), true)
    const steady = root['steady-state-hypothesis']
    if (steady !== undefined) {
      const fields = this.fields(['steady-state-hypothesis'], steady, 'a hypothesis')
      this.text(['steady-state-hypothesis', 'title'], fields?.['title'])
      this.list(['steady-state-hypothesis', 'probes'], fields?.['probes'], (path, each) =>
        this.activity(path, each, true),
      )
    }
    const names = new Set<string>()
    this.list(['method'], root['method'], (path, each) => names.add(this.activity(path, each, false)))
    if (root['rollbacks'] !== undefined)
      this.list(['rollbacks'], root['rollbacks'], (path, each) => void this.activity(path, each, false), true)
    this.extensions(root['extensions'], names)
  }

  private extensions(value: unknown, names: ReadonlySet<string>): void {
    if (!Array.isArray(value))
      return this.add(['extensions'], 'extensions must be a list with one of name zurau')
    const index = value.findIndex((each) => (each as Fields | null)?.['name'] === 'zurau')
    if (index !== 0) return this.add(['extensions'], 'the first extension must be the one of name zurau')
    const path = ['extensions', 0]
    const fields = this.fields(path, value[0], 'an extension')
    if (fields === null) return
    this.knownKeys(path, fields, EXTENSION_KEYS)
    this.whole([...path, 'level'], fields['level'], 1, 3)
    const sandbox = this.fields([...path, 'sandbox'], fields['sandbox'], 'the sandbox')
    if (sandbox !== null) {
      this.knownKeys([...path, 'sandbox'], sandbox, SANDBOX_KEYS)
      this.whole([...path, 'sandbox', 'brokers'], sandbox['brokers'], 1, 9)
      this.whole([...path, 'sandbox', 'zookeeper'], sandbox['zookeeper'], 1, 3)
      this.texts([...path, 'sandbox', 'config'], sandbox['config'])
    }
    if (fields['workload'] !== undefined) this.workload([...path, 'workload'], fields['workload'])
    this.thresholds([...path, 'thresholds'], fields['thresholds'])
    if (fields['stop-conditions'] !== undefined)
      this.list(
        [...path, 'stop-conditions'],
        fields['stop-conditions'],
        (at, each) => this.stopCondition(at, each),
        true,
      )
    this.coach([...path, 'coach'], fields['coach'])
    this.mutation([...path, 'mutation'], fields['mutation'], names)
  }

  private workload(path: Path, value: unknown): void {
    const fields = this.fields(path, value, 'the workload')
    if (fields === null) return
    this.knownKeys(path, fields, WORKLOAD_KEYS)
    const limits: Record<string, number> = {
      rate: 50_000,
      size: 1_000_000,
      partitions: 100,
      replication: 9,
      deliveryTimeout: 3600,
    }
    for (const [key, most] of Object.entries(limits))
      if (fields[key] !== undefined) this.whole([...path, key], fields[key], 1, most)
    if (fields['acks'] !== undefined)
      this.list([...path, 'acks'], fields['acks'], (at, each) => {
        if (each !== 'all' && each !== '1') this.add(at, 'acks are "all" or "1" (in quotation marks)')
      })
    this.texts([...path, 'topicConfig'], fields['topicConfig'])
  }

  private thresholds(path: Path, value: unknown): void {
    const fields = this.fields(path, value, 'thresholds')
    if (fields === null) return
    for (const [metric, rules] of Object.entries(fields)) {
      if (!isMetric(metric)) this.add([...path, metric], `there is no metric ${metric}`, true)
      this.list([...path, metric], rules, (at, rule) => {
        const text = typeof rule === 'string' ? rule : (rule as Fields | null)?.['threshold']
        if (typeof text !== 'string' || parseThreshold(text) === null)
          this.add(at, `${JSON.stringify(text)} is not a threshold such as p(99)<250`)
      })
    }
  }

  private stopCondition(path: Path, value: unknown): void {
    const parsed = typeof value === 'string' ? parseStopCondition(value) : null
    if (parsed === null) this.add(path, 'a stop condition is like: offline_partitions>0 for 30s')
    else if (!(GAUGES as readonly string[]).includes(parsed.gauge))
      this.add(path, `there is no gauge ${parsed.gauge}: ${GAUGES.join(', ')}`)
  }

  private coach(path: Path, value: unknown): void {
    const fields = this.fields(path, value, 'the coach')
    if (fields === null) return
    this.text([...path, 'symptom'], fields['symptom'])
    this.text([...path, 'good'], fields['good'])
    this.list([...path, 'hints'], fields['hints'], (at, hint) => this.text(at, hint), true)
    this.list([...path, 'steps'], fields['steps'], (at, step) => {
      const each = this.fields(at, step, 'a step')
      if (each !== null) this.text([...at, 'say'], each['say'])
    })
  }

  private mutation(path: Path, value: unknown, names: ReadonlySet<string>): void {
    const fields = this.fields(path, value, 'the mutation')
    if (fields === null) return
    this.text([...path, 'title'], fields['title'])
    const known = (at: Path, name: unknown): void => {
      if (!names.has(String(name))) this.add(at, `the method has no step "${String(name)}"`)
    }
    if (fields['skip'] !== undefined) this.list([...path, 'skip'], fields['skip'], known, true)
    const replace =
      fields['replace'] === undefined
        ? {}
        : (this.fields([...path, 'replace'], fields['replace'], 'replace') ?? {})
    for (const [name, line] of Object.entries(replace)) {
      known([...path, 'replace', name], name)
      this.line([...path, 'replace', name], line)
    }
    if (fields['insert'] === undefined) return
    this.list([...path, 'insert'], fields['insert'], (at, each) => {
      const insert = this.fields(at, each, 'an insertion')
      if (insert === null) return
      if (insert['after'] !== null) known([...at, 'after'], insert['after'])
      this.list([...at, 'steps'], insert['steps'], (where, line) => this.line(where, line))
    })
  }

  private activity(path: Path, value: unknown, mustTolerate: boolean): string {
    const fields = this.fields(path, value, 'an activity')
    if (fields === null) return ''
    this.knownKeys(path, fields, ACTIVITY_KEYS)
    if (fields['type'] !== 'action' && fields['type'] !== 'probe')
      this.add([...path, 'type'], 'type is action or probe')
    this.text([...path, 'name'], fields['name'])
    if (mustTolerate && fields['tolerance'] === undefined)
      this.add(path, 'a probe of the steady state needs a tolerance')
    const provider = this.fields([...path, 'provider'], fields['provider'], 'a provider')
    if (provider !== null) {
      if (provider['type'] !== 'process' || provider['path'] !== 'zurau')
        this.add([...path, 'provider', 'path'], 'only providers of type process with the path zurau run here')
      else this.line([...path, 'provider', 'arguments'], provider['arguments'])
    }
    return String(fields['name'])
  }

  private line(path: Path, value: unknown): void {
    if (typeof value !== 'string') return this.add(path, 'a drill command is a text')
    const parsed = parseCommand(value)
    if ('problem' in parsed) this.add(path, parsed.problem)
  }

  private fields(path: Path, value: unknown, what: string): Fields | null {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
    this.add(path, value === undefined ? `${what} is missing` : `${what} must have named fields`)
    return null
  }

  private knownKeys(path: Path, fields: Fields, known: readonly string[]): void {
    for (const key of Object.keys(fields))
      if (!known.includes(key)) this.add([...path, key], `${key} is not known here`, true)
  }

  private text(path: Path, value: unknown): void {
    if (typeof value !== 'string' || value.trim() === '')
      this.add(path, `${String(path.at(-1))} must be a text`)
  }

  private texts(path: Path, value: unknown): void {
    if (value === undefined) return
    const fields = this.fields(path, value, String(path.at(-1)))
    for (const [key, each] of Object.entries(fields ?? {}))
      if (typeof each !== 'string')
        this.add([...path, key], `${key} must be a text: put it in quotation marks`)
  }

  private whole(path: Path, value: unknown, least: number, most: number): void {
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return
    this.add(path, `${String(path.at(-1))} must be a whole number from ${least} to ${most}`)
  }

  private list(
    path: Path,
    value: unknown,
    check: (path: Path, each: unknown) => void,
    mayBeEmpty = false,
  ): void {
    if (!Array.isArray(value)) return this.add(path, `${String(path.at(-1))} must be a list`)
    if (value.length === 0 && !mayBeEmpty) return this.add(path, `${String(path.at(-1))} must not be empty`)
    for (const [index, each] of value.entries()) check([...path, index], each)
  }

  private add(path: Path, message: string, isOfKey = false): void {
    this.problems.push({ path, message, isOfKey })
  }
}
