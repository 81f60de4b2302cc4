import { ZERO_UUID } from '../model/uuid.ts'
import { KafkaError } from '../model/errors.ts'
import { AssertionError } from '../std/assert.ts'
import { codecSource } from './codec-source.ts'
import { ProtocolError } from './protocol-error.ts'
import type { Reader } from './reader.ts'
import type { InputOf, Message, TypeOf } from './schema.ts'
import type { Writer } from './writer.ts'

/**
 * Reads and writes one message in one version.
 *
 * Decoding throws ProtocolError when the bytes are not such a message; bytes behind it are the caller's business.
 * Encoding throws KafkaError UNSUPPORTED_VERSION when a field that the version lacks has a value other than its
 * default and is not `ignorable`; what it has written until then is in the writer.
 */
export interface Codec<M extends Message> {
  decode(reader: Reader): TypeOf<M>
  encode(writer: Writer, value: InputOf<M>): void
}

const compiled = new WeakMap<Message, Map<number, Codec<Message>>>()

/** The codec of a message in a version that the message has; compiled when it is first asked for. */
export function codec<M extends Message>(message: M, version: number): Codec<M> {
  let versions = compiled.get(message)
  if (versions === undefined) compiled.set(message, (versions = new Map<number, Codec<Message>>()))
  let found = versions.get(version)
  if (found === undefined) versions.set(version, (found = compile(message, version)))
  return found
}

/** Turns the text of a codec into functions. The only place that builds code from text. */
function compile(message: Message, version: number): Codec<Message> {
  const source = `${codecSource(message, version)}\n//# sourceURL=codec:${message.name}.v${version}`

  const make = new Function(...Object.keys(scope), source) as (...imports: unknown[]) => Codec<Message>
  return make(...Object.values(scope))
}

/** What the text of a codec may name, besides its reader, its writer and the value. */
const scope = {
  EMPTY: Buffer.alloc(0),
  NONE: Object.freeze([]),
  ZERO_UUID,
  malformed(what: string): never {
    throw new ProtocolError(what)
  },
  missing(what: string): never {
    throw new AssertionError(`${what} is missing`)
  },
  unsupported(what: string): never {
    throw new KafkaError('UNSUPPORTED_VERSION', what)
  },
}
