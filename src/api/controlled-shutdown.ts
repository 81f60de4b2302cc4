import type { Controller } from '../controller/controller.ts'
import { errorCode, errorOf } from '../model/errors.ts'
import type { BrokerEpoch, BrokerId } from '../model/ids.ts'
import type { Handler } from './handler.ts'

/** A broker wants to hand its leaderships over before it stops. Source: KafkaApis.handleControlledShutdownRequest. */
export function controlledShutdown(services: { controller: Controller }): Handler<'ControlledShutdown'> {
  return async ({ brokerId, brokerEpoch }) => {
    const epoch = brokerEpoch === -1 ? null : (brokerEpoch as BrokerEpoch)
    try {
      const remaining = await services.controller.controlledShutdown(brokerId as BrokerId, epoch)
      return {
        errorCode: 0,
        remainingPartitions: remaining.map(({ topic, partition }) => ({
          topicName: topic,
          partitionIndex: partition,
        })),
      }
    } catch (error) {
      return { errorCode: errorCode(errorOf(error)), remainingPartitions: [] }
    }
  }
}
