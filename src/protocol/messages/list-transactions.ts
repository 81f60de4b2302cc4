import {
  array,
  int16,
  int64,
  message,
  of,
  string,
  throttleTime,
  type InputOf,
  type TypeOf,
} from '../schema.ts'

/** Lists the transactions of this coordinator. */
export const ListTransactionsRequest = message('ListTransactionsRequest', '0-1', '0+', {
  stateFilters: array('0+', 'States to list; empty for all.', of(string)),
  producerIdFilters: array('0+', 'Producer ids to list; empty for all.', of(int64)),
  durationFilter: int64('1+', 'List only what has been open for longer than so many ms; negative for all.', {
    default: -1,
  }),
})
export interface ListTransactionsRequest extends TypeOf<typeof ListTransactionsRequest> {}

export const ListTransactionsResponse = message('ListTransactionsResponse', '0-1', '0+', {
  throttleTimeMs: throttleTime('0+'),
  errorCode: int16('0+', 'What went wrong, or 0.'),
  unknownStateFilters: array('0+', 'States of the request that do not exist.', of(string), { default: [] }),
  transactionStates: array(
    '0+',
    'Transactions.',
    {
      transactionalId: string('0+', 'Transactional id.'),
      producerId: int64('0+', 'Producer id.'),
      transactionState: string('0+', 'State name.'),
    },
    { default: [] },
  ),
})
export type ListTransactionsResponse = InputOf<typeof ListTransactionsResponse>
