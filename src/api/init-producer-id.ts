import type { ProducerIds } from '../coordinator/transaction/producer-ids.ts'
import { errorCode } from '../model/errors.ts'
import type { Handler } from './handler.ts'

/** Gives an idempotent producer its id. Source: KafkaApis.handleInitProducerIdRequest; KIP-98. */
export function initProducerId(services: { producerIds: ProducerIds }): Handler<'InitProducerId'> {
  return async ({ transactionalId }) => {
    if (transactionalId !== null) {
      // There is no transaction coordinator yet: a final error, so that the producer does not ask for ever.
      return { errorCode: errorCode('UNSUPPORTED_VERSION'), producerEpoch: -1 }
    }
    return { errorCode: 0, producerId: await services.producerIds.take(), producerEpoch: 0 }
  }
}
