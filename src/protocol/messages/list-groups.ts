import { array, int16, message, of, string, throttleTime, type InputOf, type TypeOf } from '../schema.ts'

/** Lists the groups that this broker coordinates. */
export const ListGroupsRequest = message('ListGroupsRequest', '0-5', '3+', {
  statesFilter: array('4+', 'States to list; empty for all.', of(string), { default: [] }),
  typesFilter: array('5+', 'Types to list; empty for all.', of(string), { default: [] }),
})
export interface ListGroupsRequest extends TypeOf<typeof ListGroupsRequest> {}

export const ListGroupsResponse = message('ListGroupsResponse', '0-5', '3+', {
  throttleTimeMs: throttleTime('1+'),
  errorCode: int16('0+', 'What went wrong, or 0.'),
  groups: array('0+', 'Groups.', {
    groupId: string('0+', 'Group id.'),
    protocolType: string(
      '0+',
      'What the group is for, such as `consumer`; empty for a group that only keeps offsets.',
    ),
    groupState: string('4+', 'State name.', { ignorable: true }),
    groupType: string('5+', 'Type, `classic`.', { ignorable: true }),
  }),
})
export type ListGroupsResponse = InputOf<typeof ListGroupsResponse>
