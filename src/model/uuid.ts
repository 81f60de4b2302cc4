import type { Brand } from '../std/brand.ts'

/**
 * A topic or directory id in Kafka's text form: URL-safe base64 of 16 bytes, 22 characters, no padding. Text and not
 * bytes, so that ids are map keys and compare with `===`.
 * Source: org.apache.kafka.common.Uuid.
 */
export type Uuid = Brand<string, 'Uuid'>

/** All zeros: "no id". */
export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA' as Uuid
/** The id of KRaft's metadata topic; never given to another topic. */
const ONE_UUID = 'AAAAAAAAAAAAAAAAAAAAAQ'

export function uuidFromBytes(bytes: Buffer, start = 0): Uuid {
  return bytes.toString('base64url', start, start + 16) as Uuid
}

/** The id that `text` spells, or null when it is not 22 characters of URL-safe base64. */
export function parseUuid(text: string): Uuid | null {
  return /^[A-Za-z0-9_-]{21}[AQgw]$/.test(text) ? (text as Uuid) : null
}

/** A random (version 4) id which does not start with a dash, so that it can follow an option on a command line. */
export function randomUuid(randomBytes: (count: number) => Buffer): Uuid {
  for (;;) {
    const bytes = Buffer.from(randomBytes(16))
    bytes[6] = (bytes.readUInt8(6) & 0x0f) | 0x40
    bytes[8] = (bytes.readUInt8(8) & 0x3f) | 0x80
    const uuid = uuidFromBytes(bytes)
    if (uuid !== ZERO_UUID && uuid !== ONE_UUID && !uuid.startsWith('-')) return uuid
  }
}
