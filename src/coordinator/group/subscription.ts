import { codec } from '../../protocol/codec.ts'
import { ConsumerProtocolSubscription } from '../../protocol/messages/stored/consumer-protocol-subscription.ts'
import { ProtocolError } from '../../protocol/protocol-error.ts'
import { Reader } from '../../protocol/reader.ts'

/** The protocol type of groups whose members speak the consumer protocol. */
export const CONSUMER = 'consumer'

/**
 * The topics that a consumer says it subscribes to. Read as version 0, which is the beginning of every later version:
 * the broker need not know them. Throws ProtocolError.
 */
export function subscribedTopics(metadata: Buffer): readonly string[] {
  const reader = new Reader(metadata)
  const version = reader.int16()
  if (version < 0) throw new ProtocolError(`a subscription of version ${version}`)
  return codec(ConsumerProtocolSubscription, 0).decode(reader).topics
}
