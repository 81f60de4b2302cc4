import type { Api, QuotaKind, Recipient } from '../../protocol/api.ts'
import { apis } from '../../protocol/apis.ts'
import { storedMessages } from '../../protocol/every-message.ts'
import { RequestHeader, ResponseHeader } from '../../protocol/header.ts'
import type { Field, Fields, Message, Shape, VersionRange } from '../../protocol/schema.ts'

/** docs/protocol.md: every API with its messages, from the API table and the declarations. */
export function protocolMarkdown(): string {
  const chapters = Object.entries<Api>(apis).map(([name, api]) => chapter(name, api))
  const others = [RequestHeader, ResponseHeader, ...storedMessages].map(block)
  return `${[INTRODUCTION, overview(), READING, '## Headers and stored records', ...others, ...chapters].join('\n\n')}\n`
}

const INTRODUCTION = `# Protocol

The requests that a broker answers: those of Apache Kafka 3.9 in ZooKeeper mode, in all of their versions. This page is
printed from the API table and the message declarations in \`src/protocol\`; do not edit it.

A frame is its size as an int32, a header, and a message. Requests on a connection are answered in their order.`

const READING = `**Reading the messages**: a field is there in all versions of its message unless versions follow its type. \`?\` after
the type: may be null (in the versions that follow it, else in all). \`= value\`: what reading yields in versions without
the field, and what writing takes when it is left out. \`tag n\`: a tagged field, absent when it has its default. Lines
that are indented belong to the array or struct above. In flexible versions strings, bytes and arrays are compact and
every struct ends in tagged fields (KIP-482).`

const RECIPIENTS: Readonly<Record<Recipient, string>> = {
  any: 'any broker',
  'every-broker': 'every broker, for its own part',
  'named-broker': 'the broker it is about',
  'any-or-named-broker': 'any broker; about a broker itself, that one',
  controller: 'the controller',
  'partition-leader': 'the leader of the partition',
  'group-coordinator': 'the coordinator of the group',
  'transaction-coordinator': 'the coordinator of the transactional id',
}

const QUOTAS: Readonly<Record<QuotaKind, string>> = {
  request: 'request time',
  produce: 'request time, bytes appended',
  fetch: 'request time, bytes read',
  'controller-mutation': 'request time, partitions created and deleted',
  exempt: 'none',
}

function overview(): string {
  const rows = Object.entries<Api>(apis).map(([name, api]) => {
    const flexible = api.request.flexible.max < 0 ? '' : `${api.request.flexible.min}+`
    const cells = [api.key, `[${name}](#${name.toLowerCase()})`, rangeText(api.request.versions), flexible]
    return `| ${[...cells, RECIPIENTS[api.sentTo], api.clusterAction ? 'yes' : '', QUOTAS[api.quota]].join(' | ')} |`
  })
  const header = '| key | API | versions | flexible | sent to | brokers only | quotas |'
  return [header, '|---:|---|---|---|---|---|---|', ...rows].join('\n')
}

function chapter(name: string, api: Api): string {
  const facts = [
    `Key ${api.key}, for ${RECIPIENTS[api.sentTo]}.`,
    api.clusterAction ? 'Needs CLUSTER_ACTION on the cluster: only brokers send it.' : null,
    api.beforeLogin ? 'May be sent before the client has authenticated.' : null,
    api.strictQuotaFrom === null
      ? null
      : `Over quota, versions from ${api.strictQuotaFrom} on are refused with THROTTLING_QUOTA_EXCEEDED.`,
    api.note,
  ].filter((fact) => fact !== null)
  return [`## ${name}`, facts.join(' '), block(api.request), block(api.response)].join('\n\n')
}

/** One message as an aligned listing. */
function block(message: Message): string {
  const lines = [...fieldLines(message.fields, message.versions, 0)]
  const width = (column: 0 | 1): number => Math.max(0, ...lines.map((line) => line[column].length))
  const [names, types] = [width(0), width(1)]
  const body = lines.map(([name, type, doc]) =>
    `${name.padEnd(names)}  ${type.padEnd(types)}  ${doc}`.trimEnd(),
  )
  const flexible = message.flexible.max < 0 ? '' : `, flexible ${rangeText(message.flexible)}`
  const title = `**${message.name}** ${rangeText(message.versions)}${flexible}`
  return lines.length === 0 ? `${title}: no fields.` : [title, '```', ...body, '```'].join('\n')
}

function* fieldLines(
  fields: Fields,
  around: VersionRange,
  depth: number,
): Generator<[string, string, string]> {
  for (const [name, field] of Object.entries(fields)) {
    const shown = within(field.versions, around)
    // Structs that are used in several places have fields for each of them.
    if (shown.max < shown.min) continue
    yield [`${'  '.repeat(depth)}${name}`, typeText(field, shown, around), field.doc]
    const inner = structOf(field.shape)
    if (inner !== null) yield* fieldLines(inner, shown, depth + 1)
  }
}

function structOf(shape: Shape): Fields | null {
  if (shape.kind === 'array') return structOf(shape.element)
  return shape.kind === 'struct' ? shape.fields : null
}

/** Type, versions, nullability, default and tag: `string? 3+ = null`. */
function typeText(field: Field, shown: VersionRange, around: VersionRange): string {
  const nullable = field.nullable.max < 0 ? null : within(field.nullable, shown)
  return [
    `${shapeText(field.shape)}${nullable === null ? '' : '?'}`,
    nullable !== null && !isSame(nullable, shown)
      ? `(${nullable.max === shown.max ? `${nullable.min}+` : rangeText(nullable)})`
      : null,
    isSame(shown, around) ? null : shown.max === around.max ? `${shown.min}+` : rangeText(shown),
    field.defaultValue === undefined ? null : `= ${defaultText(field)}`,
    field.tag === null ? null : `tag ${field.tag.number}`,
  ]
    .filter((part) => part !== null)
    .join(' ')
}

function shapeText(shape: Shape): string {
  switch (shape.kind) {
    case 'primitive':
      return shape.type === 'bigint64' ? 'int64' : shape.type
    case 'struct':
      return '{}'
    case 'array':
      return `[${shape.element.kind === 'struct' ? '' : shapeText(shape.element)}]`
  }
}

function defaultText({ shape, defaultValue }: Field): string {
  if (defaultValue === null) return 'null'
  if (shape.kind === 'array') return '[]'
  if (shape.kind === 'primitive' && shape.type === 'uuid') return 'zero'
  return defaultValue === '' ? '""' : String(defaultValue)
}

function within(range: VersionRange, around: VersionRange): VersionRange {
  return { min: Math.max(range.min, around.min), max: Math.min(range.max, around.max) }
}

function isSame(one: VersionRange, other: VersionRange): boolean {
  return one.min === other.min && one.max === other.max
}

function rangeText({ min, max }: VersionRange): string {
  if (max === 32_767) return `${min}+`
  return min === max ? `${min}` : `${min}-${max}`
}
