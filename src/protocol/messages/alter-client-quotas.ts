import {
  array,
  bool,
  float64,
  int16,
  message,
  string,
  throttleTime,
  type InputOf,
  type TypeOf,
} from '../schema.ts'

const component = {
  entityType: string('0+', '`user`, `client-id` or `ip`.'),
  entityName: string('0+', 'Name, or null for the default of this type.', { nullable: '0+' }),
}

/** Sets and removes quotas of users, client ids and addresses (KIP-546). */
export const AlterClientQuotasRequest = message('AlterClientQuotasRequest', '0-1', '1+', {
  entries: array('0+', 'One entry per entity whose quotas change.', {
    entity: array('0+', 'What the quotas are for; several components together narrow it down.', component),
    ops: array('0+', 'Changes, one per quota.', {
      key: string('0+', 'Quota, such as `producer_byte_rate`.'),
      value: float64('0+', "New value, in the quota's own unit; ignored when the quota is removed."),
      remove: bool('0+', 'Remove the quota instead of setting it.'),
    }),
  }),
  validateOnly: bool('0+', 'Check the request and change nothing.'),
})
export interface AlterClientQuotasRequest extends TypeOf<typeof AlterClientQuotasRequest> {}

export const AlterClientQuotasResponse = message('AlterClientQuotasResponse', '0-1', '1+', {
  throttleTimeMs: throttleTime('0+'),
  entries: array('0+', 'One entry per entity of the request.', {
    errorCode: int16('0+', 'What went wrong, or 0.'),
    errorMessage: string('0+', 'What went wrong, in words for people.', { nullable: '0+', default: null }),
    entity: array('0+', 'Entity that the entry is about.', component),
  }),
})
export type AlterClientQuotasResponse = InputOf<typeof AlterClientQuotasResponse>
