import {
  array,
  bool,
  float64,
  int16,
  int8,
  message,
  string,
  throttleTime,
  type InputOf,
  type TypeOf,
} from '../schema.ts'

/** Lists quotas of users, client ids and addresses that match. */
export const DescribeClientQuotasRequest = message('DescribeClientQuotasRequest', '0-1', '1+', {
  components: array('0+', 'What the entities must look like, one entry per type.', {
    entityType: string('0+', '`user`, `client-id` or `ip`.'),
    matchType: int8('0+', '0 this name, 1 the default, 2 any name.'),
    match: string('0+', 'The name to match, else null.', { nullable: '0+' }),
  }),
  strict: bool('0+', 'Leave out entities that have components of other types as well.'),
})
export interface DescribeClientQuotasRequest extends TypeOf<typeof DescribeClientQuotasRequest> {}

export const DescribeClientQuotasResponse = message('DescribeClientQuotasResponse', '0-1', '1+', {
  throttleTimeMs: throttleTime('0+'),
  errorCode: int16('0+', 'What went wrong, or 0.'),
  errorMessage: string('0+', 'What went wrong, in words for people.', { nullable: '0+', default: null }),
  entries: array(
    '0+',
    'Entities with quotas; null after an error.',
    {
      entity: array('0+', 'What the quotas are for.', {
        entityType: string('0+', '`user`, `client-id` or `ip`.'),
        entityName: string('0+', 'Name, or null for the default of this type.', { nullable: '0+' }),
      }),
      values: array('0+', 'Quotas.', {
        key: string('0+', 'Quota, such as `producer_byte_rate`.'),
        value: float64('0+', "Value, in the quota's own unit."),
      }),
    },
    { nullable: '0+' },
  ),
})
export type DescribeClientQuotasResponse = InputOf<typeof DescribeClientQuotasResponse>
