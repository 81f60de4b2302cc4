import { bool, int16, int64, message, string, throttleTime, type InputOf, type TypeOf } from '../schema.ts'

/** Commits or aborts a transaction. The answer comes when the decision is safe; the markers follow. */
export const EndTxnRequest = message('EndTxnRequest', '0-4', '3+', {
  transactionalId: string('0+', 'Transactional id.'),
  producerId: int64('0+', 'Producer id.'),
  producerEpoch: int16('0+', 'Epoch of the producer id.'),
  committed: bool('0+', 'true to commit, false to abort.'),
})
export interface EndTxnRequest extends TypeOf<typeof EndTxnRequest> {}

export const EndTxnResponse = message('EndTxnResponse', '0-4', '3+', {
  throttleTimeMs: throttleTime('0+'),
  errorCode: int16('0+', 'What went wrong, or 0.'),
})
export type EndTxnResponse = InputOf<typeof EndTxnResponse>
