import type { Justification } from './justifications.ts'
import type { SentStep, Step, Transcript } from './transcript.ts'

/** One place in one answer where two transcripts are not the same. */
export interface Difference {
  readonly caseName: string
  /** Counted from 1. */
  readonly step: number
  readonly sent: SentStep
  /** Of the field in the answer, as `responses.0.errorMessage`; empty for the answer as a whole. */
  readonly path: string
  readonly expected: unknown
  readonly actual: unknown
}

/** How a script went: steps counted, each in exactly one of the last three. */
export interface Comparison {
  readonly compared: number
  readonly equal: number
  readonly justified: number
  readonly different: number
  /** Those that nothing justifies. */
  readonly differences: readonly Difference[]
  readonly used: ReadonlySet<Justification>
}

/** What the probe writes where a value may be anything. */
const ANY = '<any>'

/** Compares answers step by step; a step is justified when each of its differences is. */
export function compareTranscripts(
  recorded: Transcript,
  ours: Transcript,
  justifications: readonly Justification[],
): Comparison {
  const count = { compared: 0, equal: 0, justified: 0 }
  const differences: Difference[] = []
  const used = new Set<Justification>()
  const byName = new Map(ours.cases.map((each) => [each.name, each.steps]))
  for (const { name: caseName, steps } of recorded.cases) {
    const own = byName.get(caseName) ?? []
    byName.delete(caseName)
    for (let index = 0; index < Math.max(steps.length, own.length); index++) {
      count.compared++
      const found = stepDifferences(caseName, index, steps[index], own[index])
      const unjustified = found.filter((difference) => {
        const why = justifications.find((each) => isJustifiedBy(difference, each))
        if (why !== undefined) used.add(why)
        return why === undefined
      })
      if (found.length === 0) count.equal++
      else if (unjustified.length === 0) count.justified++
      differences.push(...unjustified)
    }
  }
  for (const [caseName, steps] of byName) {
    count.compared += steps.length
    for (const [index, step] of steps.entries()) {
      differences.push(...stepDifferences(caseName, index, undefined, step))
    }
  }
  return { ...count, different: count.compared - count.equal - count.justified, differences, used }
}

function stepDifferences(
  caseName: string,
  index: number,
  recorded: Step | undefined,
  ours: Step | undefined,
): Difference[] {
  const sent = recorded?.sent ?? ours?.sent ?? {}
  const found: Difference[] = []
  const add = (path: string, expected: unknown, actual: unknown): void => {
    found.push({ caseName, step: index + 1, sent, path, expected, actual })
  }
  if (recorded === undefined || ours === undefined) add('', recorded?.answer, ours?.answer)
  else {
    walk(recorded.sent, ours.sent, 'sent', add)
    walk(recorded.answer, ours.answer, '', add)
  }
  return found
}

function walk(
  expected: unknown,
  actual: unknown,
  path: string,
  add: (path: string, expected: unknown, actual: unknown) => void,
): void {
  if (expected === ANY || actual === ANY || Object.is(expected, actual)) return
  if (!isContainer(expected) || !isContainer(actual) || Array.isArray(expected) !== Array.isArray(actual)) {
    if (JSON.stringify(expected) !== JSON.stringify(actual)) add(path, expected, actual)
    return
  }
  const [wanted, found] = [byKey(expected), byKey(actual)]
  for (const key of new Set([...Object.keys(wanted), ...Object.keys(found)])) {
    walk(wanted[key], found[key], path === '' ? key : `${path}.${key}`, add)
  }
}

/** The APIs of an ApiVersions answer by their key instead of their place: one that is missing does not shift the others. */
function byKey(value: Record<string, unknown>): Record<string, unknown> {
  if (!Array.isArray(value) || value.length === 0) return value
  const keys: unknown[] = value.map((each: unknown) => (isContainer(each) ? each['apiKey'] : undefined))
  if (!keys.every((key) => typeof key === 'number')) return value
  return Object.fromEntries(value.map((each: unknown, index) => [`${String(keys[index])}`, each]))
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isJustifiedBy(difference: Difference, justification: Justification): boolean {
  const { apis, path, cases, when } = justification
  const { sent, expected, actual } = difference
  if (apis !== 'any' && !apis.some((api) => api === sent.api)) return false
  if (cases !== undefined && !cases.test(difference.caseName)) return false
  return matchesPath(path, difference.path) && (when === undefined || when(expected, actual))
}

/** Whether a field's path is of a pattern, where `*` stands for one step and `**` at the end for whatever follows. */
function matchesPath(pattern: string, path: string): boolean {
  const wanted = pattern === '' ? [] : pattern.split('.')
  const steps = path === '' ? [] : path.split('.')
  const isOpen = wanted.at(-1) === '**'
  if (isOpen) wanted.pop()
  if (isOpen ? steps.length < wanted.length : steps.length !== wanted.length) return false
  return wanted.every((step, index) => step === '*' || step === steps[index])
}
