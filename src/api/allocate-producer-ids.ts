import type { Controller } from '../controller/controller.ts'
import type { BrokerEpoch, BrokerId } from '../model/ids.ts'
import type { Handler } from './handler.ts'

/** Gives a broker a block of producer ids. Source: KafkaApis.handleAllocateProducerIdsRequest; KIP-730. */
export function allocateProducerIds(services: { controller: Controller }): Handler<'AllocateProducerIds'> {
  return async ({ brokerId, brokerEpoch }) => {
    const block = await services.controller.allocateProducerIds(
      brokerId as BrokerId,
      brokerEpoch as BrokerEpoch,
    )
    return { errorCode: 0, producerIdStart: block.firstId, producerIdLen: block.count }
  }
}
