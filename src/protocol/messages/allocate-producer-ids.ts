import { int16, int32, int64, message, throttleTime, type InputOf, type TypeOf } from '../schema.ts'

/** Asks the controller for a block of producer ids to hand out. */
export const AllocateProducerIdsRequest = message('AllocateProducerIdsRequest', '0', '0+', {
  brokerId: int32('0+', 'Broker that asks.'),
  brokerEpoch: int64('0+', 'Its epoch.', { default: -1 }),
})
export interface AllocateProducerIdsRequest extends TypeOf<typeof AllocateProducerIdsRequest> {}

export const AllocateProducerIdsResponse = message('AllocateProducerIdsResponse', '0', '0+', {
  throttleTimeMs: throttleTime('0+'),
  errorCode: int16('0+', 'What went wrong, or 0.'),
  producerIdStart: int64('0+', 'First id of the block.'),
  producerIdLen: int32('0+', 'How many ids the block has.'),
})
export type AllocateProducerIdsResponse = InputOf<typeof AllocateProducerIdsResponse>
