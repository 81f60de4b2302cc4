import { array, int16, int8, message, string, throttleTime, type InputOf, type TypeOf } from '../schema.ts'

/** Removes access rules that match. */
export const DeleteAclsRequest = message('DeleteAclsRequest', '0-3', '2+', {
  filters: array('0+', 'What to remove.', {
    resourceTypeFilter: int8('0+', 'Kind of resource; 1 any.'),
    resourceNameFilter: string('0+', 'Name of the resource, or null for any.', { nullable: '0+' }),
    patternTypeFilter: int8(
      '1+',
      'How the name is meant: 1 any, 2 whatever applies to it, 3 as it is, 4 as a prefix.',
      { default: 3 },
    ),
    principalFilter: string('0+', 'Principal, or null for any.', { nullable: '0+' }),
    hostFilter: string('0+', 'Client address, or null for any.', { nullable: '0+' }),
    operation: int8('0+', 'Operation; 1 any.'),
    permissionType: int8('0+', '1 any, 2 deny, 3 allow.'),
  }),
})
export interface DeleteAclsRequest extends TypeOf<typeof DeleteAclsRequest> {}

export const DeleteAclsResponse = message('DeleteAclsResponse', '0-3', '2+', {
  throttleTimeMs: throttleTime('0+'),
  filterResults: array('0+', 'One entry per filter, in the order of the request.', {
    errorCode: int16('0+', 'What went wrong, or 0.'),
    errorMessage: string('0+', 'What went wrong, in words for people.', { nullable: '0+', default: null }),
    matchingAcls: array(
      '0+',
      'Rules that the filter matched.',
      {
        errorCode: int16('0+', 'What went wrong, or 0.'),
        errorMessage: string('0+', 'What went wrong, in words for people.', {
          nullable: '0+',
          default: null,
        }),
        resourceType: int8('0+', 'Kind of resource.'),
        resourceName: string('0+', 'Name or prefix of the resource.'),
        patternType: int8('1+', 'How the name is meant: 3 as it is, 4 as a prefix.', { default: 3 }),
        principal: string('0+', 'Whom the rule was about, as `User:name`.'),
        host: string('0+', 'Client address, or `*` for any.'),
        operation: int8('0+', 'Operation that was allowed or denied.'),
        permissionType: int8('0+', '2 deny, 3 allow.'),
      },
      { default: [] },
    ),
  }),
})
export type DeleteAclsResponse = InputOf<typeof DeleteAclsResponse>
