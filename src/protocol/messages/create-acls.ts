import { array, int16, int8, message, string, throttleTime, type InputOf, type TypeOf } from '../schema.ts'

/** Adds access rules. */
export const CreateAclsRequest = message('CreateAclsRequest', '0-3', '2+', {
  creations: array('0+', 'Rules to add.', {
    resourceType: int8(
      '0+',
      'Kind of resource: 2 topic, 3 group, 4 cluster, 5 transactional id, 6 delegation token, 7 user.',
    ),
    resourceName: string('0+', 'Name or prefix of the resource.'),
    resourcePatternType: int8('1+', 'How the name is meant: 3 as it is, 4 as a prefix.', { default: 3 }),
    principal: string('0+', 'Whom the rule is about, as `User:name`.'),
    host: string('0+', 'Client address, or `*` for any.'),
    operation: int8('0+', 'Operation that is allowed or denied.'),
    permissionType: int8('0+', '2 deny, 3 allow.'),
  }),
})
export interface CreateAclsRequest extends TypeOf<typeof CreateAclsRequest> {}

export const CreateAclsResponse = message('CreateAclsResponse', '0-3', '2+', {
  throttleTimeMs: throttleTime('0+'),
  results: array('0+', 'One entry per rule, in the order of the request.', {
    errorCode: int16('0+', 'What went wrong, or 0.'),
    errorMessage: string('0+', 'What went wrong, in words for people.', { nullable: '0+', default: null }),
  }),
})
export type CreateAclsResponse = InputOf<typeof CreateAclsResponse>
