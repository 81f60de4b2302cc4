import { int16, int64, message, string, throttleTime, type InputOf, type TypeOf } from '../schema.ts'

/**
 * Makes the offsets of a consumer group part of a transaction: the group's partition of `__consumer_offsets`
 * joins it, so that it gets the marker too. TxnOffsetCommit follows.
 */
export const AddOffsetsToTxnRequest = message('AddOffsetsToTxnRequest', '0-4', '3+', {
  transactionalId: string('0+', 'Transactional id.'),
  producerId: int64('0+', 'Producer id.'),
  producerEpoch: int16('0+', 'Epoch of the producer id.'),
  groupId: string('0+', 'Group whose offsets will be committed.'),
})
export interface AddOffsetsToTxnRequest extends TypeOf<typeof AddOffsetsToTxnRequest> {}

export const AddOffsetsToTxnResponse = message('AddOffsetsToTxnResponse', '0-4', '3+', {
  throttleTimeMs: throttleTime('0+'),
  errorCode: int16('0+', 'What went wrong, or 0.'),
})
export type AddOffsetsToTxnResponse = InputOf<typeof AddOffsetsToTxnResponse>
