import { errorCode } from '../model/errors.ts'
import type { Handler } from './handler.ts'

/** Groups of the new protocol (KIP-848), of which there are none. Source: KafkaApis.handleConsumerGroupDescribe (3.9). */
export function consumerGroupDescribe(): Handler<'ConsumerGroupDescribe'> {
  return ({ groupIds }) => ({
    groups: groupIds.map((groupId) => ({
      errorCode: errorCode('UNSUPPORTED_VERSION'),
      groupId,
      groupState: '',
      groupEpoch: 0,
      assignmentEpoch: 0,
      assignorName: '',
      members: [],
    })),
  })
}
