import type { ConfigReader } from '../config/layers.ts'
import { errorCode, errorName } from '../model/errors.ts'
import type { BrokerEpoch, BrokerId } from '../model/ids.ts'
import type { ControllerChannel } from '../network/controller-channel.ts'
import { sleep, type Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'

/** The version of 3.9. */
const VERSION = 3
const NOT_ACTIVE = errorCode('STALE_CONTROLLER_EPOCH')

/**
 * Has the controller hand this broker's leaderships to others, so that nobody notices that it stops. Tried a few times;
 * when that does not help the broker stops all the same, and its partitions wait for the session to end.
 * Source: KafkaServer.controlledShutdown (3.9).
 */
export async function controlledShutdown(options: {
  self: BrokerId
  brokerEpoch: BrokerEpoch
  controller: ControllerChannel
  config: ConfigReader
  clock: Clock
  logger: Logger
}): Promise<void> {
  const { self, brokerEpoch, controller, config, clock, logger } = options
  const attempts = config.get('controlled.shutdown.max.retries')
  for (let attempt = 1; attempt <= attempts; attempt++) {
    try {
      const request = { brokerId: self, brokerEpoch }
      const answer = await controller.call('ControlledShutdown', VERSION, request, {
        timeoutMs: config.get('controller.socket.timeout.ms'),
        // What a broker says that is not the controller any more: the next one is looked for.
        isRefused: ({ errorCode }) => errorCode === NOT_ACTIVE,
      })
      if (answer.errorCode === 0 && answer.remainingPartitions.length === 0) {
        logger.info('all leaderships are handed over')
        return
      }
      logger.info('not all leaderships are handed over yet', {
        error: errorName(answer.errorCode),
        remaining: answer.remainingPartitions.length,
        attempt,
      })
    } catch (error) {
      logger.info('the controller could not be asked to take the leaderships over', { error, attempt })
    }
    if (attempt < attempts) await sleep(clock, config.get('controlled.shutdown.retry.backoff.ms'))
  }
  logger.warn('the broker stops without having handed all leaderships over')
}
