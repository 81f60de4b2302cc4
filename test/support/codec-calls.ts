import { codec } from '../../src/protocol/codec.ts'
import { Reader } from '../../src/protocol/reader.ts'
import type { InputOf, Message, TypeOf } from '../../src/protocol/schema.ts'
import { Writer } from '../../src/protocol/writer.ts'

/** The bytes of a message. */
export function encode<M extends Message>(message: M, version: number, value: InputOf<M>): Buffer {
  const writer = new Writer()
  codec(message, version).encode(writer, value)
  return writer.toBuffer()
}

/** The message that the bytes are; none may be left over. */
export function decode<M extends Message>(message: M, version: number, bytes: Buffer): TypeOf<M> {
  const reader = new Reader(bytes)
  const value = codec(message, version).decode(reader)
  if (reader.remaining > 0) throw new Error(`${reader.remaining} bytes behind ${message.name} v${version}`)
  return value
}

/** Every version of a message. */
export function versionsOf({ versions: { min, max } }: Message): number[] {
  return Array.from({ length: max - min + 1 }, (_, i) => min + i)
}
