import { MalformedZnodeError } from '../znode.ts'

/**
 * The fields of a JSON object in a znode, each asked for by name and type. What is missing or of another type is a
 * MalformedZnodeError that names the znode and the field.
 */
export class JsonFields {
  private readonly fields: Readonly<Record<string, unknown>>
  private readonly path: string
  private readonly place: string

  private constructor(fields: Readonly<Record<string, unknown>>, path: string, place: string) {
    this.fields = fields
    this.path = path
    this.place = place
  }

  static parse(data: Buffer | null, path: string): JsonFields {
    if (data === null || data.length === 0) throw new MalformedZnodeError(path, 'it is empty')
    let value: unknown
    try {
      value = JSON.parse(data.toString())
    } catch (cause) {
      throw new MalformedZnodeError(path, 'it is not JSON', { cause })
    }
    return JsonFields.of(value, path, '')
  }

  private static of(value: unknown, path: string, place: string): JsonFields {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new MalformedZnodeError(path, `${place === '' ? 'it' : place} is not an object`)
    }
    return new JsonFields(value as Record<string, unknown>, path, place)
  }

  has(key: string): boolean {
    return Object.hasOwn(this.fields, key) && this.fields[key] !== null
  }

  names(): string[] {
    return Object.keys(this.fields)
  }

  /** A whole number that a double holds exactly. */
  integer(key: string): number {
    const value = this.value(key)
    return typeof value === 'number' && Number.isSafeInteger(value)
      ? value
      : this.refuse(key, 'a whole number')
  }

  /** A whole number written as text, as Kafka writes most 64-bit ones; a plain number will do. */
  integerText(key: string): number {
    const value = this.value(key)
    const number = typeof value === 'string' && /^-?[0-9]+$/.test(value) ? Number(value) : value
    return typeof number === 'number' && Number.isSafeInteger(number)
      ? number
      : this.refuse(key, 'a whole number in quotes')
  }

  text(key: string): string {
    const value = this.value(key)
    return typeof value === 'string' ? value : this.refuse(key, 'a text')
  }

  optionalText(key: string): string | null {
    return this.has(key) ? this.text(key) : null
  }

  integers(key: string): number[] {
    return this.list(key).map((value) =>
      typeof value === 'number' && Number.isSafeInteger(value)
        ? value
        : this.refuse(key, 'a list of whole numbers'),
    )
  }

  texts(key: string): string[] {
    return this.list(key).map((value) =>
      typeof value === 'string' ? value : this.refuse(key, 'a list of texts'),
    )
  }

  /** A nested object. */
  object(key: string): JsonFields {
    return JsonFields.of(this.value(key), this.path, this.nameOf(key))
  }

  /** A nested object, or one without fields when there is none. */
  objectOrEmpty(key: string): JsonFields {
    return this.has(key) ? this.object(key) : JsonFields.of({}, this.path, this.nameOf(key))
  }

  objects(key: string): JsonFields[] {
    return this.list(key).map((value, index) =>
      JsonFields.of(value, this.path, `${this.nameOf(key)}[${index}]`),
    )
  }

  /** Every field's value, all of them texts. */
  textMap(): Map<string, string> {
    return new Map(this.names().map((name) => [name, this.text(name)]))
  }

  /** Fails when there are others than the `known` fields. */
  allowOnly(...known: string[]): void {
    const stranger = this.names().find((name) => !known.includes(name))
    if (stranger !== undefined)
      throw new MalformedZnodeError(this.path, `${this.nameOf(stranger)} is unknown`)
  }

  /** Fails unless the version is one of the `known`. */
  requireVersion(...known: number[]): number {
    const version = this.integer('version')
    return known.includes(version)
      ? version
      : this.fail(`version ${version} is not one of ${known.join(', ')}`)
  }

  fail(fault: string): never {
    throw new MalformedZnodeError(this.path, fault)
  }

  private list(key: string): unknown[] {
    const value = this.value(key)
    return Array.isArray(value) ? value : this.refuse(key, 'a list')
  }

  private value(key: string): unknown {
    return Object.hasOwn(this.fields, key) ? this.fields[key] : undefined
  }

  private refuse(key: string, expected: string): never {
    const found = JSON.stringify(this.value(key)) ?? 'missing'
    throw new MalformedZnodeError(this.path, `${this.nameOf(key)} is ${found.slice(0, 60)}, not ${expected}`)
  }

  private nameOf(key: string): string {
    return this.place === '' ? key : `${this.place}.${key}`
  }
}
