import { errorCode } from '../model/errors.ts'
import type { Handler } from './handler.ts'

/**
 * A member of a group of the new protocol (KIP-848), which needs KRaft. Advertised and refused, as Kafka does with
 * ZooKeeper: clients that were told to use it say so to their user.
 * Source: KafkaApis.handleConsumerGroupHeartbeat (3.9).
 */
export function consumerGroupHeartbeat(): Handler<'ConsumerGroupHeartbeat'> {
  return () => ({ errorCode: errorCode('UNSUPPORTED_VERSION'), heartbeatIntervalMs: 0 })
}
