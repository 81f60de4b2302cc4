import { int16, int32, int64, message, string, throttleTime, type InputOf, type TypeOf } from '../schema.ts'

/**
 * Gives a producer its id and epoch; with a transactional id it also fences earlier producers of that id and
 * ends what they left open.
 */
export const InitProducerIdRequest = message('InitProducerIdRequest', '0-5', '2+', {
  transactionalId: string('0+', 'Transactional id, or null for a producer that is idempotent only.', {
    nullable: '0+',
  }),
  transactionTimeoutMs: int32('0+', 'How long a transaction may stay open before the coordinator aborts it.'),
  producerId: int64('3+', 'Producer id that the client has, or -1.', { default: -1 }),
  producerEpoch: int16('3+', 'Epoch that the client has, or -1.', { default: -1 }),
})
export interface InitProducerIdRequest extends TypeOf<typeof InitProducerIdRequest> {}

export const InitProducerIdResponse = message('InitProducerIdResponse', '0-5', '2+', {
  throttleTimeMs: throttleTime('0+', { ignorable: true }),
  errorCode: int16('0+', 'What went wrong, or 0.'),
  producerId: int64('0+', 'Producer id, or -1 after an error.', { default: -1 }),
  producerEpoch: int16('0+', 'Epoch of the producer id.'),
})
export type InitProducerIdResponse = InputOf<typeof InitProducerIdResponse>
