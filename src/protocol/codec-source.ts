import { defaultExpression, isDefaultExpression } from './default-expressions.ts'
import { assert } from '../std/assert.ts'
import {
  inVersions,
  type Field,
  type Fields,
  type Message,
  type PrimitiveKind,
  type Shape,
} from './schema.ts'

/**
 * The text of a codec: straight-line code for one message in one version, which `codec.ts` makes into functions and
 * `print-codec` shows. Straight-line code is as fast as code written by hand and about twice as fast as walking the
 * declaration; it shows up in stacks as `codec:Name.vN`.
 */
export function codecSource(message: Message, version: number): string {
  assert(inVersions(message.versions, version), `${message.name} has no version ${version}`)
  return new Compiler(message, version).source()
}

class Compiler {
  private readonly message: Message
  private readonly version: number
  private names = 0
  private lines: string[] = []
  /** Values that are the same in every message, made once per codec. */
  private readonly constants: string[] = []

  constructor(message: Message, version: number) {
    this.message = message
    this.version = version
  }

  source(): string {
    const result = this.decodeStruct(this.message.fields)
    this.emit(`return ${result};`)
    const decode = this.lines
    this.lines = []
    this.encodeStruct(this.message.fields, 'v')
    const functions = ['return {', 'decode(r) {', ...decode, '},', 'encode(w, v) {', ...this.lines, '} }']
    return ['"use strict";', ...this.constants, ...functions].join('\n')
  }

  private emit(line: string): void {
    this.lines.push(line)
  }

  private fresh(hint: string): string {
    return `${hint}${this.names++}`
  }

  private isFlexible(field?: Field): boolean {
    return inVersions(field?.flexible ?? this.message.flexible, this.version)
  }

  private isPresent(field: Field): boolean {
    return inVersions(field.versions, this.version)
  }

  private isTagged(field: Field): boolean {
    return field.tag !== null && inVersions(field.tag.versions, this.version)
  }

  private isNullable(field: Field): boolean {
    return inVersions(field.nullable, this.version)
  }

  /** The tagged fields of this version, in the order of their tags. */
  private tagged(fields: Fields): [name: string, field: Field, tag: number][] {
    return Object.entries(fields)
      .flatMap(([name, field]): [string, Field, number][] =>
        field.tag !== null && this.isPresent(field) && this.isTagged(field)
          ? [[name, field, field.tag.number]]
          : [],
      )
      .sort(([, , one], [, , other]) => one - other)
  }

  // --- decoding ---------------------------------------------------------------------------------------------------

  /** Emits the statements that read a struct; returns the name of the variable that holds it. */
  private decodeStruct(fields: Fields): string {
    const variables = new Map<string, string>()
    for (const [name, field] of Object.entries(fields)) {
      const variable = this.fresh(name)
      variables.set(name, variable)
      if (this.isPresent(field) && !this.isTagged(field)) this.decodeField(field, variable)
      else this.emit(`let ${variable} = ${this.initialValue(field)};`)
    }
    const unknown = this.isFlexible() ? this.decodeTags(fields, variables) : null
    const result = this.fresh('struct')
    this.emit(
      `const ${result} = { ${[...variables].map(([name, variable]) => `${name}: ${variable}`).join(', ')} };`,
    )
    if (unknown !== null) this.emit(`if (${unknown} !== null) ${result}.unknownTags = ${unknown};`)
    return result
  }

  /** What a field is when the bytes do not say: its default, shared when making one per message would cost. */
  private initialValue(field: Field): string {
    const value = defaultExpression(field)
    if (field.shape.kind !== 'struct' || value === 'null') return value
    const constant = this.fresh('DEFAULT')
    this.constants.push(`const ${constant} = ${value};`)
    return constant
  }

  /** Emits the statements that read the tagged fields; returns the variable that holds those without declaration. */
  private decodeTags(fields: Fields, variables: Map<string, string>): string {
    const unknown = this.fresh('unknown')
    const tagged = this.tagged(fields)
    if (tagged.length === 0) {
      this.emit(`const ${unknown} = r.unknownTags();`)
      return unknown
    }
    const [count, tag, size, start] = ['count', 'tag', 'size', 'start'].map((hint) => this.fresh(hint))
    this.emit(`let ${unknown} = null;`)
    this.emit(`for (let ${count} = r.tagCount(); ${count} > 0; ${count}--) {`)
    this.emit(`const ${tag} = r.unsignedVarint();`)
    this.emit(`switch (${tag}) {`)
    for (const [name, field, number] of tagged) {
      this.emit(`case ${number}: {`)
      this.emit(`const ${size} = r.unsignedVarint(), ${start} = r.offset;`)
      const value = this.fresh(name)
      this.decodeField(field, value)
      this.emit(`${variables.get(name)} = ${value};`)
      this.emit(`r.endOfTag(${start}, ${size}); break; }`)
    }
    this.emit(`default: (${unknown} ??= []).push(r.rawTag(${tag})); } }`)
    return unknown
  }

  private decodeField(field: Field, variable: string): void {
    this.decodeShape(field.shape, variable, this.isNullable(field), this.isFlexible(field))
  }

  private decodeShape(shape: Shape, variable: string, nullable: boolean, flexible: boolean): void {
    switch (shape.kind) {
      case 'primitive':
        this.emit(`let ${variable} = r.${accessor(shape.type, nullable, flexible)}();`)
        return
      case 'struct': {
        this.emit(`let ${variable} = null;`)
        this.emit(nullable ? 'if (r.int8() >= 0) {' : '{')
        const struct = this.decodeStruct(shape.fields)
        this.emit(`${variable} = ${struct}; }`)
        return
      }
      case 'array': {
        const [length, index, element] = [this.fresh('length'), this.fresh('index'), this.fresh('element')]
        this.emit(`const ${length} = r.${flexible ? 'compactArrayLength' : 'arrayLength'}();`)
        if (!nullable) this.emit(`if (${length} < 0) malformed('null where an array must be');`)
        // Of the right size at once: an array that grows takes room for 17 elements with the first.
        this.emit(`let ${variable} = ${nullable ? `${length} < 0 ? null : ` : ''}new Array(${length});`)
        this.emit(`for (let ${index} = 0; ${index} < ${length}; ${index}++) {`)
        this.decodeShape(shape.element, element, false, flexible)
        this.emit(`${variable}[${index}] = ${element}; }`)
        return
      }
    }
  }

  // --- encoding ---------------------------------------------------------------------------------------------------

  private encodeStruct(fields: Fields, value: string): void {
    for (const [name, field] of Object.entries(fields)) {
      if (!this.isPresent(field)) this.refuseUnlessDefault(field, name, value)
      else if (!this.isTagged(field)) this.encodeField(field, name, value)
    }
    if (this.isFlexible()) this.encodeTags(fields, value)
  }

  private refuseUnlessDefault(field: Field, name: string, value: string): void {
    if (field.ignorable) return
    const variable = this.fresh(name)
    const complaint = `${this.message.name} v${this.version} cannot carry ${name}`
    this.emit(`const ${variable} = ${value}.${name};`)
    this.emit(
      `if (${variable} !== undefined && !(${isDefaultExpression(field, variable)})) unsupported('${complaint}');`,
    )
  }

  private encodeField(field: Field, name: string, value: string): void {
    const variable = this.fresh(name)
    const nullable = this.isNullable(field)
    const given = `${value}.${name}`
    if (field.defaultValue === undefined || (field.defaultValue === null && !nullable)) {
      this.emit(`const ${variable} = ${given};`)
      const isMissing = nullable ? `${variable} === undefined` : `${variable} == null`
      this.emit(`if (${isMissing}) missing('${this.message.name}.${name}');`)
    } else {
      const fallback =
        field.shape.kind === 'array' && field.defaultValue !== null ? 'NONE' : defaultExpression(field)
      // Null is a value of its own, unless it is the default anyway.
      const isGiven =
        nullable && field.defaultValue !== null ? `${given} !== undefined ? ${given} :` : `${given} ??`
      this.emit(`const ${variable} = ${isGiven} ${fallback};`)
    }
    this.encodeShape(field.shape, variable, nullable, this.isFlexible(field))
  }

  private encodeTags(fields: Fields, value: string): void {
    const tagged = this.tagged(fields).map(([name, field, tag]) => {
      const [variable, flag] = [this.fresh(name), this.fresh('has')]
      this.emit(`const ${variable} = ${value}.${name};`)
      this.emit(`const ${flag} = ${variable} !== undefined && !(${isDefaultExpression(field, variable)});`)
      return { field, tag, variable, flag }
    })
    const unknown = this.fresh('unknown')
    this.emit(`const ${unknown} = ${value}.unknownTags;`)
    const counts = [
      ...tagged.map(({ flag }) => `(${flag} ? 1 : 0)`),
      `(${unknown} === undefined ? 0 : ${unknown}.length)`,
    ]
    this.emit(`w.unsignedVarint(${counts.join(' + ')});`)
    for (const { field, tag, variable, flag } of tagged) {
      this.emit(`if (${flag}) w.taggedField(${tag}, (w) => {`)
      this.encodeShape(field.shape, variable, this.isNullable(field), this.isFlexible(field))
      this.emit('});')
    }
    this.emit(`if (${unknown} !== undefined) w.rawTags(${unknown});`)
  }

  private encodeShape(shape: Shape, variable: string, nullable: boolean, flexible: boolean): void {
    switch (shape.kind) {
      case 'primitive':
        this.emit(`w.${accessor(shape.type, nullable, flexible)}(${variable});`)
        return
      case 'struct':
        this.emit(nullable ? `if (${variable} === null) w.int8(-1); else { w.int8(1);` : '{')
        this.encodeStruct(shape.fields, variable)
        this.emit('}')
        return
      case 'array': {
        const [index, element] = [this.fresh('index'), this.fresh('element')]
        const length = flexible ? 'compactArrayLength' : 'arrayLength'
        this.emit(nullable ? `if (${variable} === null) w.${length}(-1); else {` : '{')
        this.emit(`w.${length}(${variable}.length);`)
        this.emit(`for (let ${index} = 0; ${index} < ${variable}.length; ${index}++) {`)
        this.emit(`const ${element} = ${variable}[${index}];`)
        this.encodeShape(shape.element, element, false, flexible)
        this.emit('} }')
        return
      }
    }
  }
}

const VARIABLE_SIZE: ReadonlySet<PrimitiveKind> = new Set(['string', 'bytes', 'records'])

/** The name of the reader's and the writer's method for a primitive. */
function accessor(type: PrimitiveKind, nullable: boolean, flexible: boolean): string {
  if (!VARIABLE_SIZE.has(type)) return type
  const name = `${flexible ? 'Compact' : ''}${nullable ? 'Nullable' : ''}${type[0]?.toUpperCase()}${type.slice(1)}`
  return `${name[0]?.toLowerCase()}${name.slice(1)}`
}
