import type { Uuid } from '../model/uuid.ts'
import { assert } from '../std/assert.ts'

/**
 * The declaration language of the protocol's messages. A declaration follows Kafka's vocabulary and field order, so
 * that it reads beside Kafka's own; types are inferred from it (`TypeOf`, `InputOf`) and `codec-source.ts` compiles it.
 */

/** Versions as Kafka writes them: `0+`, `3-11`, `5`, or `none`. */
export interface VersionRange {
  readonly min: number
  readonly max: number
}

export const NO_VERSIONS: VersionRange = { min: 0, max: -1 }

export function parseVersions(text: string): VersionRange {
  if (text === 'none') return NO_VERSIONS
  const match = /^(\d+)(?:(\+)|-(\d+))?$/.exec(text)
  assert(match !== null, `versions "${text}" are not of the form 0+, 1-3, 2 or none`)
  const min = Number(match[1])
  if (match[2] !== undefined) return { min, max: 32_767 }
  return { min, max: match[3] === undefined ? min : Number(match[3]) }
}

export function inVersions(range: VersionRange, version: number): boolean {
  return version >= range.min && version <= range.max
}

export type PrimitiveKind =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'bigint64'
  | 'float64'
  | 'string'
  | 'bytes'
  | 'records'
  | 'uuid'

/** What a field's bytes are: a primitive, a struct, or an array of either. */
export type Shape =
  | { readonly kind: 'primitive'; readonly type: PrimitiveKind }
  | { readonly kind: 'struct'; readonly fields: Fields }
  | { readonly kind: 'array'; readonly element: Shape }

/** A declared default. For arrays null or the empty array. */
type DefaultValue = boolean | number | bigint | string | null | readonly never[]

/**
 * One field. The type parameters are what decoding yields, what encoding takes, and whether encoding may do without
 * it; they exist for the compiler only.
 */
export interface Field<Out = unknown, In = Out, Optional extends boolean = boolean> {
  readonly shape: Shape
  readonly versions: VersionRange
  readonly nullable: VersionRange
  /** Null when the field is not tagged. */
  readonly tag: { readonly number: number; readonly versions: VersionRange } | null
  /** Versions in which this field is encoded compactly; null: as its message. */
  readonly flexible: VersionRange | null
  /** What decoding yields in versions without the field. Undefined: the zero of its type. */
  readonly defaultValue: DefaultValue | undefined
  /** Whether encoding into a version without the field may drop a value other than the default. */
  readonly ignorable: boolean
  readonly doc: string
  readonly types?: { readonly out: Out; readonly in: In; readonly optional: Optional }
}

export type Fields = Readonly<Record<string, Field>>

/** What decoding yields for a struct. */
export type FieldsOut<F extends Fields> = {
  -readonly [K in keyof F]: F[K] extends Field<infer Out, unknown> ? Out : never
}

type OptionalKeys<F extends Fields> = {
  [K in keyof F]: F[K] extends Field<unknown, unknown, infer Optional>
    ? Optional extends true
      ? K
      : never
    : never
}[keyof F]

/** What encoding takes for a struct: fields with a declared default may be left out. */
export type FieldsIn<F extends Fields> = {
  [K in Exclude<keyof F, OptionalKeys<F>>]: F[K] extends Field<unknown, infer In> ? In : never
} & {
  [K in OptionalKeys<F>]?: F[K] extends Field<unknown, infer In> ? In | undefined : never
}

/** A message: a request, a response, a header, or a record stored in an internal topic. */
export interface Message<F extends Fields = Fields> {
  readonly name: string
  readonly versions: VersionRange
  /** Versions in which strings and arrays are compact and structs end in tagged fields. */
  readonly flexible: VersionRange
  readonly fields: F
}

/** The value that decoding a message yields: every field is there, in every version. */
export type TypeOf<M extends Message> = FieldsOut<M['fields']>
/** The value that encoding a message takes. */
export type InputOf<M extends Message> = FieldsIn<M['fields']>

export function message<const F extends Fields>(
  name: string,
  versions: string,
  flexible: string,
  fields: F,
): Message<F> {
  return { name, versions: parseVersions(versions), flexible: parseVersions(flexible), fields }
}

interface Options<D> {
  /** Versions in which the field may be null. */
  readonly nullable?: string
  readonly default?: D
  readonly ignorable?: boolean
  readonly tag?: number
  /** Versions in which the field is tagged; all of its versions when only `tag` is given. */
  readonly tagged?: string
  readonly flexible?: string
}

/** Whether options make a field optional for encoding: a declared default, or a tag. */
type IsOptional<O> = O extends { default: unknown } ? true : O extends { tag: number } ? true : false
type Nullable<T, O> = O extends { nullable: string } ? T | null : T

function field<Out, In, Optional extends boolean>(
  shape: Shape,
  versions: string,
  doc: string,
  options: Options<DefaultValue> = {},
): Field<Out, In, Optional> {
  assert(
    options.default !== null || options.nullable !== undefined,
    'null as the default of what is never null',
  )
  const tagVersions = options.tag === undefined ? null : parseVersions(options.tagged ?? versions)
  return {
    shape,
    versions: parseVersions(versions),
    nullable: parseVersions(options.nullable ?? 'none'),
    tag:
      options.tag === undefined || tagVersions === null
        ? null
        : { number: options.tag, versions: tagVersions },
    flexible: options.flexible === undefined ? null : parseVersions(options.flexible),
    defaultValue: options.default,
    ignorable: options.ignorable ?? false,
    doc,
  }
}

function primitive<T, D = T>(type: PrimitiveKind) {
  return <const O extends Options<D | null> = Record<never, never>>(
    versions: string,
    doc: string,
    options?: O,
  ) =>
    field<Nullable<T, O>, Nullable<T, O>, IsOptional<O>>(
      { kind: 'primitive', type },
      versions,
      doc,
      options as Options<DefaultValue> | undefined,
    )
}

export const bool = primitive<boolean>('bool')
export const int8 = primitive<number>('int8')
export const int16 = primitive<number>('int16')
export const uint16 = primitive<number>('uint16')
export const int32 = primitive<number>('int32')
export const uint32 = primitive<number>('uint32')
/**
 * A 64-bit integer as a number: exact below 2^53, rounded beyond; the two extremes, which Kafka uses as sentinels,
 * survive a round trip.
 */
export const int64 = primitive<number>('int64')
/** A 64-bit integer that must stay exact whatever it is. */
export const bigint64 = primitive<bigint>('bigint64')
export const float64 = primitive<number>('float64')
export const string = primitive<string>('string')
/** Bytes, copied out of the frame. As a default, '' stands for no bytes. */
export const bytes = primitive<Buffer, ''>('bytes')
/** As a default only the zero id makes sense. */
export const uuid = primitive<Uuid>('uuid')

/**
 * Record batches. Decoded as a slice of the frame, not a copy: valid until the handler's first `await`. Encoded by
 * reference: one buffer, or several in order. As a default, '' stands for no batches.
 */
export function records<const O extends Options<'' | null> = Record<never, never>>(
  versions: string,
  doc: string,
  options?: O,
) {
  return field<Nullable<Buffer, O>, Nullable<Buffer | readonly Buffer[], O>, IsOptional<O>>(
    { kind: 'primitive', type: 'records' },
    versions,
    doc,
    options,
  )
}

type Element = Fields | Field
type ElementOut<E> = E extends Field<infer Out, unknown> ? Out : E extends Fields ? FieldsOut<E> : never
type ElementIn<E> = E extends Field<unknown, infer In> ? In : E extends Fields ? FieldsIn<E> : never

function isField(element: Element): element is Field {
  return 'shape' in element && 'versions' in element
}

/** An array of structs (given as their fields) or of primitives (given as `of(int32)`). */
export function array<
  const E extends Element,
  const O extends Options<null | readonly never[]> = Record<never, never>,
>(versions: string, doc: string, element: E, options?: O) {
  const shape: Shape = isField(element) ? element.shape : { kind: 'struct', fields: element }
  return field<Nullable<ElementOut<E>[], O>, Nullable<readonly ElementIn<E>[], O>, IsOptional<O>>(
    { kind: 'array', element: shape },
    versions,
    doc,
    options,
  )
}

/** A primitive as the element of an array. */
export function of<Out, In>(primitiveOf: (versions: string, doc: string) => Field<Out, In>): Field<Out, In> {
  return primitiveOf('0+', '')
}

/** A struct in place of a single field. Tagged ones are left out when every field has its default. */
export function struct<const F extends Fields, const O extends Options<null> = Record<never, never>>(
  versions: string,
  doc: string,
  fields: F,
  options?: O,
) {
  return field<Nullable<FieldsOut<F>, O>, Nullable<FieldsIn<F>, O>, IsOptional<O>>(
    { kind: 'struct', fields },
    versions,
    doc,
    options,
  )
}

/** How long a quota held the request back; every response from some version on has it, the router fills it in. */
export function throttleTime(versions: string, options?: { ignorable: boolean }) {
  return int32(versions, 'Milliseconds for which a quota held the request back; 0 when none did.', {
    default: 0,
    ignorable: options?.ignorable ?? versions !== '0+',
  })
}
