import { array, int16, int8, message, string, throttleTime, type InputOf, type TypeOf } from '../schema.ts'

/** Lists access rules that match. */
export const DescribeAclsRequest = message('DescribeAclsRequest', '0-3', '2+', {
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
})
export interface DescribeAclsRequest extends TypeOf<typeof DescribeAclsRequest> {}

export const DescribeAclsResponse = message('DescribeAclsResponse', '0-3', '2+', {
  throttleTimeMs: throttleTime('0+'),
  errorCode: int16('0+', 'What went wrong, or 0.'),
  errorMessage: string('0+', 'What went wrong, in words for people.', { nullable: '0+', default: null }),
  resources: array(
    '0+',
    'Resources with the rules that matched.',
    {
      resourceType: int8('0+', 'Kind of resource.'),
      resourceName: string('0+', 'Name or prefix of the resource.'),
      patternType: int8('1+', 'How the name is meant: 3 as it is, 4 as a prefix.', { default: 3 }),
      acls: array('0+', 'Rules.', {
        principal: string('0+', 'Whom the rule is about, as `User:name`.'),
        host: string('0+', 'Client address, or `*` for any.'),
        operation: int8('0+', 'Operation that is allowed or denied.'),
        permissionType: int8('0+', '2 deny, 3 allow.'),
      }),
    },
    { default: [] },
  ),
})
export type DescribeAclsResponse = InputOf<typeof DescribeAclsResponse>
