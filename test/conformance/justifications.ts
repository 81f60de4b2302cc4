import type { ApiName } from '../../src/protocol/apis.ts'

/**
 * Why an answer may differ from the recorded one of a real Kafka. Each stands in docs/compatibility.md, too, where a test
 * looks for it.
 */
export interface Justification {
  readonly apis: readonly ApiName[] | 'any'
  /** Of the field in the answer: `*` stands for one step, `**` at the end for whatever follows. */
  readonly path: string
  /** Only in cases of these names. */
  readonly cases?: RegExp
  /** Only for these values. */
  readonly when?: (expected: unknown, actual: unknown) => boolean
  /** For people: what is there instead, and why. */
  readonly reason: string
}

/** THE table of justified differences. */
export const JUSTIFICATIONS: readonly Justification[] = [
  {
    apis: ['ApiVersions'],
    path: 'apiKeys.*',
    when: (expected, actual) => actual === undefined && TRANSACTION_KEYS.has(keyOf(expected)),
    reason:
      'AddPartitionsToTxn, AddOffsetsToTxn, EndTxn, TxnOffsetCommit, DescribeTransactions, ListTransactions are not there yet',
  },
  {
    apis: ['Produce'],
    path: 'responses.*.partitionResponses.*.errorMessage',
    when: (expected, actual) => expected === null && typeof actual === 'string',
    reason: 'a sentence where Kafka says null: people read it, clients look at the code',
  },
  {
    apis: ['AlterPartitionReassignments'],
    path: 'responses.*.partitions.*.errorMessage',
    when: printsJavaCollection,
    reason: 'plain lists where Kafka prints a Java or Scala collection',
  },
  {
    apis: ['CreateTopics'],
    path: 'topics.*.errorMessage',
    when: printsJavaCollection,
    reason: 'plain lists where Kafka prints a Java or Scala collection',
  },
  {
    apis: ['Fetch'],
    path: 'responses.*.partitions.*.records.*.partial',
    cases: /gzip/,
    when: (expected, actual) => typeof expected === 'number' && typeof actual === 'number',
    reason:
      'down-converted gzip batches are as long as Node’s zlib makes them; what pads them to the stored size differs in length',
  },
]

const TRANSACTION_KEYS: ReadonlySet<unknown> = new Set([24, 25, 26, 28, 65, 66])

function keyOf(entry: unknown): unknown {
  return typeof entry === 'object' && entry !== null && 'apiKey' in entry ? entry.apiKey : undefined
}

/** The same words but for `ArrayBuffer(1, 2)`, `Set(0)`, `HashMap(…)`. */
function printsJavaCollection(expected: unknown, actual: unknown): boolean {
  if (typeof expected !== 'string' || typeof actual !== 'string') return false
  const plain = expected.replace(/\b(?:ArrayBuffer|Set|List|HashMap)\(((?:[^()]|\([^()]*\))*)\)/g, '$1')
  return plain === actual || plain.split(':')[0] === actual.split(':')[0]
}

/** The rows of the table in docs/compatibility.md. */
export function justificationRows(): string[] {
  return JUSTIFICATIONS.map(({ apis, path, reason }) => {
    const names = apis === 'any' ? 'any' : apis.join(', ')
    return `| ${names} | \`${path === '' ? 'the whole answer' : path}\` | ${reason} |`
  })
}
