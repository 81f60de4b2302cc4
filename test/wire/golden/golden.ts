import type { Message, TypeOf } from '../../../src/protocol/schema.ts'
import { hex } from '../../support/hex.ts'

/** A message beside its bytes. */
export interface Golden {
  readonly title: string
  readonly message: Message
  readonly version: number
  readonly value: object
  readonly bytes: Buffer
}

/** `value` is what reading yields: every field, in every version. `bytes` is annotated hex. */
export function golden<M extends Message>(
  title: string,
  message: M,
  version: number,
  value: TypeOf<M>,
  bytes: string,
): Golden {
  return { title, message, version, value, bytes: hex(bytes) }
}

/** An id that a broker gave to a topic, as text and as bytes. */
export const TOPIC_ID = 'MwAJHWfrT9mvSUYoKTeupg'
export const TOPIC_ID_HEX = '3300091d67eb4fd9af4946282937aea6'

/** A batch as it was produced: key "k", value "v", 2023-11-14T22:13:20Z. */
export const BATCH_HEX = `
  0000000000000000 0000003a ffffffff 02 e99b8dd8 0000 00000000
  0000018bcfe56800 0000018bcfe56800 ffffffffffffffff ffff ffffffff 00000001
  10 00 00 00 02 6b 02 76 00`
