import { defaultErrorMessage, errorCode, KafkaError } from '../model/errors.ts'
import type { Logger } from '../platform/logger.ts'
import { ControllerMovedError } from '../../zk/stores/fence.ts'

/** What an entry of an answer says of its own failure. */
export interface EntryError {
  readonly errorCode: number
  /** Null where there is nothing that concerns a client. */
  readonly errorMessage: string | null
}

/**
 * The failure of one of the things that a request asks for: the others go on. What was not expected is logged, and told
 * to nobody. Source: org.apache.kafka.common.requests.ApiError.fromThrowable.
 */
export function entryError(thrown: unknown, logger: Logger, what: string): EntryError {
  if (thrown instanceof KafkaError) {
    const isKnown = thrown.error !== 'UNKNOWN_SERVER_ERROR'
    return { errorCode: thrown.code, errorMessage: isKnown ? thrown.message : null }
  }
  if (thrown instanceof ControllerMovedError) {
    return {
      errorCode: errorCode('STALE_CONTROLLER_EPOCH'),
      errorMessage: defaultErrorMessage('STALE_CONTROLLER_EPOCH'),
    }
  }
  logger.error(`${what} failed unexpectedly`, { error: thrown })
  return { errorCode: errorCode('UNKNOWN_SERVER_ERROR'), errorMessage: null }
}
