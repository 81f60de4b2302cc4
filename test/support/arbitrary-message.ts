import fc from 'fast-check'
import { uuidFromBytes, ZERO_UUID } from '../../src/model/uuid.ts'
import {
  inVersions,
  type Field,
  type Fields,
  type Message,
  type PrimitiveKind,
  type Shape,
} from '../../src/protocol/schema.ts'

export type Value = Record<string, unknown>

/**
 * Any value that a message can carry in a version: fields with a default are sometimes left out, ignorable fields that
 * the version lacks are sometimes given, and structs of flexible versions sometimes have tagged fields that nobody
 * declared.
 */
export function anyValueOf(message: Message, version: number): fc.Arbitrary<Value> {
  return structOf(message.fields, version, inVersions(message.flexible, version))
}

/** What comes back when `given` has been written and read: absent fields have their defaults. */
export function asRead(message: Message, version: number, given: Value): Value {
  return readStruct(message.fields, version, given)
}

function structOf(fields: Fields, version: number, isFlexible: boolean): fc.Arbitrary<Value> {
  const required: Record<string, fc.Arbitrary<unknown>> = {}
  const optional: Record<string, fc.Arbitrary<unknown>> = {}
  let highestTag = -1
  for (const [name, field] of Object.entries(fields)) {
    const canBeLeftOut = field.defaultValue !== undefined || field.tag !== null
    if (inVersions(field.versions, version)) {
      const value = valueOf(field, version, isFlexible)
      if (canBeLeftOut) optional[name] = value
      else required[name] = value
      highestTag = Math.max(highestTag, field.tag?.number ?? -1)
    } else if (field.ignorable) {
      optional[name] = valueOf(field, version, isFlexible)
    }
  }
  if (isFlexible) optional['unknownTags'] = unknownTags(highestTag + 1)
  return fc
    .tuple(fc.record(required), fc.record(optional, { requiredKeys: [] }))
    .map(([given, more]): Value => ({ ...given, ...more }))
}

function unknownTags(from: number): fc.Arbitrary<unknown> {
  const tag = fc.record({ tag: fc.integer({ min: from, max: 0x7fffffff }), data: anyBytes })
  return fc.uniqueArray(tag, { minLength: 1, maxLength: 2, selector: (one) => one.tag })
}

function valueOf(field: Field, version: number, isFlexible: boolean): fc.Arbitrary<unknown> {
  const value = shapeOf(field.shape, version, isFlexible)
  return inVersions(field.nullable, version) ? fc.option(value, { freq: 3 }) : value
}

function shapeOf(shape: Shape, version: number, isFlexible: boolean): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'primitive':
      return primitives[shape.type]
    case 'array':
      return fc.array(shapeOf(shape.element, version, isFlexible), { maxLength: 3 })
    case 'struct':
      return structOf(shape.fields, version, isFlexible)
  }
}

const anyBytes = fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes))

const primitives: Readonly<Record<PrimitiveKind, fc.Arbitrary<unknown>>> = {
  bool: fc.boolean(),
  int8: fc.integer({ min: -0x80, max: 0x7f }),
  int16: fc.integer({ min: -0x8000, max: 0x7fff }),
  uint16: fc.integer({ min: 0, max: 0xffff }),
  int32: fc.integer(),
  uint32: fc.integer({ min: 0, max: 0xffffffff }),
  int64: fc.oneof(fc.maxSafeInteger(), fc.constantFrom(-(2 ** 63), -1, 0, 2 ** 53, 2 ** 63)),
  bigint64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  float64: fc.double({ noNaN: true }),
  string: fc.oneof(
    { arbitrary: fc.string({ unit: 'grapheme', maxLength: 8 }), weight: 5 },
    { arbitrary: fc.string({ maxLength: 300 }), weight: 1 },
  ),
  bytes: anyBytes,
  records: anyBytes,
  uuid: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => uuidFromBytes(Buffer.from(bytes))),
}

function readStruct(fields: Fields, version: number, given: Value): Value {
  const read = Object.entries(fields).map(([name, field]) => {
    const isThere = inVersions(field.versions, version) && given[name] !== undefined
    return [name, isThere ? readShape(field.shape, version, given[name]) : defaultOf(field)]
  })
  const unknown = given['unknownTags'] as { tag: number }[] | undefined
  return { ...Object.fromEntries(read), ...(unknown !== undefined && { unknownTags: unknown }) } as Value
}

function readShape(shape: Shape, version: number, given: unknown): unknown {
  if (given === null || shape.kind === 'primitive') return given
  if (shape.kind === 'struct') return readStruct(shape.fields, version, given as Value)
  return (given as unknown[]).map((element) => readShape(shape.element, version, element))
}

/** What a field has in versions without it: its declared default, else the zero of its type. */
export function defaultOf({ shape, defaultValue }: Field): unknown {
  if (defaultValue === null) return null
  if (shape.kind === 'array') return []
  if (shape.kind === 'struct') {
    return Object.fromEntries(Object.entries(shape.fields).map(([name, field]) => [name, defaultOf(field)]))
  }
  return shape.type === 'bytes' || shape.type === 'records'
    ? Buffer.alloc(0)
    : (defaultValue ?? ZEROS[shape.type])
}

const ZEROS: Readonly<Record<Exclude<PrimitiveKind, 'bytes' | 'records'>, unknown>> = {
  bool: false,
  int8: 0,
  int16: 0,
  uint16: 0,
  int32: 0,
  uint32: 0,
  int64: 0,
  bigint64: 0n,
  float64: 0,
  string: '',
  uuid: ZERO_UUID,
}
