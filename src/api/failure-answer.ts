import { CLOSE_CONNECTION, type InboundRequest, type Outcome } from '../network/request.ts'
import { apis } from '../protocol/apis.ts'
import type { Field, Fields } from '../protocol/schema.ts'
import { ZERO_UUID } from '../model/uuid.ts'

/**
 * The answer to a request that failed as a whole. An API whose response has an error code of its own gets it there,
 * with nothing else in the answer. For the others there is no honest short answer: the client learns from the closed
 * connection that it must ask again.
 */
export function failureAnswer(request: InboundRequest, code: number, message: string | null): Outcome {
  const fields: Fields = apis[request.api].response.fields
  if (fields['errorCode'] === undefined) return CLOSE_CONNECTION
  const answer: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(fields)) answer[name] = zeroOf(field)
  answer['errorCode'] = code
  if (fields['errorMessage'] !== undefined && message !== null) answer['errorMessage'] = message
  return answer
}

/** The value that says nothing: the declared default, or the zero of the field's type. */
function zeroOf(field: Field): unknown {
  const { shape, defaultValue, nullable } = field
  if (defaultValue !== undefined) return defaultValue
  switch (shape.kind) {
    case 'array':
      return nullable.max >= 0 ? null : []
    case 'struct':
      return Object.fromEntries(Object.entries(shape.fields).map(([name, inner]) => [name, zeroOf(inner)]))
    case 'primitive':
      switch (shape.type) {
        case 'bool':
          return false
        case 'string':
          return nullable.max >= 0 ? null : ''
        case 'bytes':
        case 'records':
          return nullable.max >= 0 ? null : Buffer.alloc(0)
        case 'uuid':
          return ZERO_UUID
        case 'bigint64':
          return 0n
        default:
          return 0
      }
  }
}
