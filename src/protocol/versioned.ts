import { codec } from './codec.ts'
import { ProtocolError } from './protocol-error.ts'
import { Reader } from './reader.ts'
import { inVersions, type InputOf, type Message, type TypeOf } from './schema.ts'
import { Writer } from './writer.ts'

/*
 * Messages that say their own version: an int16, then the message in that version. Keys and values of
 * `__consumer_offsets` and `__transaction_state` are such, and what consumers tell each other through a group.
 */

/** The version in front of a message. Throws ProtocolError when there is not even that. */
export function versionOf(bytes: Buffer): number {
  return new Reader(bytes).int16()
}

export function encodeVersioned<M extends Message>(message: M, version: number, value: InputOf<M>): Buffer {
  const writer = new Writer(256)
  writer.int16(version)
  codec(message, version).encode(writer, value)
  return writer.toBuffer()
}

/** Throws ProtocolError when the message has no such version, or when the bytes are not in it. */
export function decodeVersioned<M extends Message>(message: M, bytes: Buffer): TypeOf<M> {
  const reader = new Reader(bytes)
  const version = reader.int16()
  if (!inVersions(message.versions, version)) {
    throw new ProtocolError(`${message.name} has no version ${version}`)
  }
  return codec(message, version).decode(reader)
}

/**
 * As `decodeVersioned`, but reads a version that is not known yet as the highest one that is: later versions of the
 * consumer protocol only add fields behind those of earlier ones.
 * Source: org.apache.kafka.clients.consumer.internals.ConsumerProtocol.
 */
export function decodeVersionedLeniently<M extends Message>(message: M, bytes: Buffer): TypeOf<M> {
  const reader = new Reader(bytes)
  const version = reader.int16()
  if (version < message.versions.min) throw new ProtocolError(`${message.name} has no version ${version}`)
  return codec(message, Math.min(version, message.versions.max)).decode(reader)
}
