import type { Field, PrimitiveKind } from './schema.ts'

/*
 * Defaults as JavaScript expressions, for the text of codecs. They may name EMPTY (no bytes), NONE (no elements) and
 * ZERO_UUID.
 */

/** The expression of the value that a field has where the bytes do not say. */
export function defaultExpression({ shape, defaultValue }: Field): string {
  if (defaultValue === null) return 'null'
  switch (shape.kind) {
    case 'array':
      return '[]'
    case 'struct': {
      const inner = Object.entries(shape.fields).map(([name, field]) => {
        return `${name}: ${field.shape.kind === 'array' ? 'NONE' : defaultExpression(field)}`
      })
      return `Object.freeze({ ${inner.join(', ')} })`
    }
    case 'primitive':
      return defaultOfPrimitive(shape.type, defaultValue)
  }
}

function defaultOfPrimitive(type: PrimitiveKind, value: Field['defaultValue']): string {
  switch (type) {
    case 'bool':
      return `${Boolean(value)}`
    case 'string':
      return JSON.stringify(value ?? '')
    case 'bytes':
    case 'records':
      return 'EMPTY'
    case 'uuid':
      return 'ZERO_UUID'
    case 'bigint64':
      return `${BigInt(typeof value === 'bigint' ? value : 0)}n`
    default:
      return `${Number(value ?? 0)}`
  }
}

/** The expression that tells whether a variable, which is not undefined, has the field's default. */
export function isDefaultExpression(field: Field, variable: string): string {
  const { shape, defaultValue } = field
  if (defaultValue === null) return `${variable} === null`
  const notNull = field.nullable.max >= 0 ? `${variable} !== null && ` : ''
  switch (shape.kind) {
    case 'array':
      return `${notNull}${variable}.length === 0`
    case 'struct': {
      const inner = Object.entries(shape.fields).map(([name, child]) => {
        const path = `${variable}.${name}`
        return `(${path} === undefined || ${isDefaultExpression(child, path)})`
      })
      return [`${notNull}${variable}.unknownTags === undefined`, ...inner].join(' && ')
    }
    case 'primitive':
      if (shape.type === 'bytes' || shape.type === 'records') return `${notNull}${variable}.length === 0`
      return `${variable} === ${defaultOfPrimitive(shape.type, defaultValue)}`
  }
}
