import type { ZnodeCodec } from '../znode.ts'
import { MalformedZnodeError } from '../znode.ts'
import { JsonFields } from './json-fields.ts'

/** A znode that says all by being there. Whatever it holds is ignored. */
export const nothing: ZnodeCodec<null> = { format: 'none', encode: () => null, decode: () => null }

/** Plain UTF-8 text. */
export const plainText: ZnodeCodec<string> = {
  format: 'text',
  encode: (text) => Buffer.from(text),
  decode: (data) => (data === null ? '' : data.toString()),
}

/** A whole number in decimal digits. */
export const decimalNumber: ZnodeCodec<number> = {
  format: 'decimal text',
  encode: (value) => Buffer.from(String(value)),
  decode: (data, path) => {
    const text = data === null ? '' : data.toString().trim()
    const value = Number(text)
    if (!/^-?[0-9]{1,19}$/.test(text) || !Number.isSafeInteger(value)) {
      throw new MalformedZnodeError(path, `${JSON.stringify(text.slice(0, 40))} is not a whole number`)
    }
    return value
  },
}

interface JsonDeclaration<Value> {
  readonly format: string
  /** The object to write. Its keys are written in their order, which is the one that Kafka 3.9 is seen to write. */
  write(value: Value): object
  read(fields: JsonFields): Value
}

/** A JSON object, without spaces. What a reader does not ask for is ignored. */
export function json<Value>(declaration: JsonDeclaration<Value>): ZnodeCodec<Value> {
  return {
    format: declaration.format,
    encode: (value) => Buffer.from(JSON.stringify(declaration.write(value))),
    decode: (data, path) => declaration.read(JsonFields.parse(data, path)),
  }
}

/** As another codec, but the znode may also hold null or no bytes: nothing is known yet. */
export function optional<Value>(codec: ZnodeCodec<Value>): ZnodeCodec<Value | null> {
  return {
    format: `none or ${codec.format}`,
    encode: (value) => (value === null ? null : codec.encode(value)),
    decode: (data, path) => (data === null || data.length === 0 ? null : codec.decode(data, path)),
  }
}
