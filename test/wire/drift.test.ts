import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { apis } from '../../src/protocol/apis.ts'
import { everyMessage } from '../../src/protocol/every-message.ts'
import type { Field, Fields, Message, Shape, VersionRange } from '../../src/protocol/schema.ts'
import { ZERO_UUID } from '../../src/model/uuid.ts'
import { defaultOf } from '../support/arbitrary-message.ts'
import { shared } from '../support/shared.ts'

/*
 * Compares the declarations with Kafka's own, field by field. Kafka's are not ours to keep: they are looked for beside
 * the repository, or in the folder that ZURAU_SHARED names. Without them the suite is skipped, and says so.
 */
const file = shared('ref/messages-3.9.json', 'the drift test')
const advertised = shared('peer/seen/api-versions.json', 'the drift test')

interface TheirField {
  readonly name: string
  readonly type: string
  readonly versions: string
  readonly nullableVersions?: string
  readonly default?: string | number | boolean
  readonly ignorable?: boolean
  readonly tag?: number
  readonly taggedVersions?: string
  readonly flexibleVersions?: string
  readonly fields?: readonly TheirField[]
}

interface TheirMessage {
  readonly name: string
  readonly apiKey?: number
  readonly type: 'request' | 'response' | 'header' | 'data'
  readonly listeners?: readonly string[]
  readonly validVersions: string
  readonly flexibleVersions: string
  readonly fields: readonly TheirField[]
  readonly commonStructs?: readonly { readonly name: string; readonly fields: readonly TheirField[] }[]
}

/** Everything about a field that shows on the wire, comparable on both sides. */
interface Facts {
  readonly name: string
  readonly type: string
  readonly versions: string
  readonly nullable: string
  readonly tag: string
  readonly flexible: string
  readonly ignorable: boolean
  readonly fields: readonly Facts[]
}

describe("the declarations against Kafka's", function () {
  if (file === null) {
    it('is SKIPPED: messages-3.9.json is not at hand', function () {
      this.skip()
    })
    return
  }
  const theirs = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, TheirMessage>>

  it('there are the same messages on both sides', () => {
    expect(everyMessage.map(({ name }) => name)).to.have.members(Object.keys(theirs))
  })

  it('the API table has the keys and versions that a broker in ZooKeeper mode serves', () => {
    const requests = Object.values(theirs).filter(({ type }) => type === 'request')
    const served = requests.filter(({ listeners }) => listeners?.includes('zkBroker'))
    const expected = served.map(
      ({ apiKey, name, validVersions }) => `${apiKey} ${name} ${range(validVersions)}`,
    )
    const actual = Object.values(apis).map(
      ({ key, request }) => `${key} ${request.name} ${text(request.versions)}`,
    )
    expect(actual).to.have.members(expected)
  })

  for (const [apiName, { request, response }] of Object.entries(apis)) {
    it(`${apiName} is asked and answered in the same versions`, () => {
      expect([request.name, response.name]).to.deep.equal([`${apiName}Request`, `${apiName}Response`])
      expect(response.versions).to.deep.equal(request.versions)
    })
  }

  for (const message of everyMessage) {
    const their = theirs[message.name]
    if (their === undefined) continue

    it(`${message.name} has the same versions, and the same fields in the same order`, () => {
      expect(text(message.versions)).to.equal(range(their.validVersions))
      expect(text(message.flexible)).to.equal(range(their.flexibleVersions))
      expect(ourFacts(message.fields)).to.deep.equal(theirFacts(their, their.fields))
    })

    it(`${message.name} has the same defaults`, () => {
      for (const [path, field, theirField] of pairs(message, their)) {
        expect(agreeOnDefault(field, theirField), `${path}: ${String(theirField.default)}`).to.equal(true)
      }
    })
  }
})

describe('the API table against a real broker', function () {
  if (advertised === null) {
    it('is SKIPPED: api-versions.json is not at hand', function () {
      this.skip()
    })
    return
  }

  it('advertises the same keys with the same lowest and highest versions', () => {
    const { apiKeys } = JSON.parse(readFileSync(advertised, 'utf8')) as { apiKeys: object[] }
    const ours = Object.values(apis).map(({ key, request: { versions } }) => {
      return { apiKey: key, minVersion: versions.min, maxVersion: versions.max }
    })
    expect(ours).to.deep.equal(apiKeys)
  })
})

// --- our side -------------------------------------------------------------------------------------------------------

function ourFacts(fields: Fields): Facts[] {
  return Object.entries(fields).map(([name, field]) => ({
    name,
    type: ourType(field.shape),
    versions: text(field.versions),
    nullable: text(field.nullable),
    tag: field.tag === null ? 'none' : `${field.tag.number} in ${text(field.tag.versions)}`,
    flexible: field.flexible === null ? 'as the message' : text(field.flexible),
    ignorable: field.ignorable,
    fields: ourFacts(structIn(field.shape) ?? {}),
  }))
}

function ourType(shape: Shape): string {
  switch (shape.kind) {
    case 'primitive':
      return shape.type === 'bigint64' ? 'int64' : shape.type
    case 'struct':
      return 'struct'
    case 'array':
      return `[]${ourType(shape.element)}`
  }
}

function structIn(shape: Shape): Fields | null {
  if (shape.kind === 'array') return structIn(shape.element)
  return shape.kind === 'struct' ? shape.fields : null
}

function text({ min, max }: VersionRange): string {
  return max < min ? 'none' : `${min} to ${max === 32_767 ? 'all' : max}`
}

// --- their side -----------------------------------------------------------------------------------------------------

const PRIMITIVES = /^(bool|u?int(8|16|32|64)|float64|string|bytes|records|uuid)$/

function theirFacts(message: TheirMessage, fields: readonly TheirField[]): Facts[] {
  return fields.map((field) => ({
    name: camelCase(field.name),
    type: field.type.replace(/\w+$/, (type) => (PRIMITIVES.test(type) ? type : 'struct')),
    versions: range(field.versions),
    nullable: range(field.nullableVersions ?? 'none'),
    tag: field.tag === undefined ? 'none' : `${field.tag} in ${range(field.taggedVersions ?? 'none')}`,
    flexible: field.flexibleVersions === undefined ? 'as the message' : range(field.flexibleVersions),
    ignorable: field.ignorable ?? false,
    fields: theirFacts(message, innerFields(message, field)),
  }))
}

function innerFields(message: TheirMessage, field: TheirField): readonly TheirField[] {
  const type = field.type.replace('[]', '')
  if (field.fields !== undefined || PRIMITIVES.test(type)) return field.fields ?? []
  const struct = message.commonStructs?.find(({ name }) => name === type)
  if (struct === undefined) throw new Error(`${message.name}: no struct ${type}`)
  return struct.fields
}

/** `3+`, `1-4`, `2` or `none`, in the form of `text`. */
function range(versions: string): string {
  if (versions === 'none') return 'none'
  if (versions.endsWith('+')) return `${versions.slice(0, -1)} to all`
  const [min = '', max = min] = versions.split('-')
  return `${min} to ${max}`
}

function camelCase(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1)
}

// --- defaults -------------------------------------------------------------------------------------------------------

function* pairs(message: Message, their: TheirMessage): Generator<[string, Field, TheirField]> {
  yield* pairsIn(message.fields, their, their.fields, message.name)
}

function* pairsIn(
  fields: Fields,
  their: TheirMessage,
  theirFields: readonly TheirField[],
  path: string,
): Generator<[string, Field, TheirField]> {
  for (const theirField of theirFields) {
    const name = camelCase(theirField.name)
    const field = fields[name]
    if (field === undefined) throw new Error(`${path} has no ${name}`)
    yield [`${path}.${name}`, field, theirField]
    yield* pairsIn(structIn(field.shape) ?? {}, their, innerFields(their, theirField), `${path}.${name}`)
  }
}

/**
 * Where Kafka declares a default, ours is the same, and declared. Where it does not, ours is the zero of the type, or
 * null for what is nullable anyway (a field that most senders leave out); but never for a tagged field, whose default
 * decides what is on the wire.
 */
function agreeOnDefault(field: Field, their: TheirField): boolean {
  if (their.default !== undefined) {
    if (field.defaultValue === undefined) return false
    return (
      String(field.defaultValue === null ? 'null' : defaultOf(field)) === normalized(field, their.default)
    )
  }
  if (field.defaultValue === undefined) return true
  if (field.defaultValue === null) return field.nullable.max >= 0 && field.tag === null
  return isZero(field.defaultValue)
}

function normalized(field: Field, value: string | number | boolean): string {
  const isNumber = field.shape.kind === 'primitive' && /^u?int/.test(field.shape.type)
  return isNumber ? String(Number(value)) : String(value)
}

function isZero(value: Field['defaultValue']): boolean {
  if (Array.isArray(value)) return value.length === 0
  return value === 0 || value === 0n || value === false || value === '' || value === ZERO_UUID
}
