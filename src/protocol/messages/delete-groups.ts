import { array, int16, message, of, string, throttleTime, type InputOf, type TypeOf } from '../schema.ts'

/** Removes empty consumer groups with their offsets. */
export const DeleteGroupsRequest = message('DeleteGroupsRequest', '0-2', '2+', {
  groupsNames: array('0+', 'Groups to remove.', of(string)),
})
export interface DeleteGroupsRequest extends TypeOf<typeof DeleteGroupsRequest> {}

export const DeleteGroupsResponse = message('DeleteGroupsResponse', '0-2', '2+', {
  throttleTimeMs: throttleTime('0+'),
  results: array('0+', 'One entry per group.', {
    groupId: string('0+', 'Group id.'),
    errorCode: int16('0+', 'What went wrong, or 0.'),
  }),
})
export type DeleteGroupsResponse = InputOf<typeof DeleteGroupsResponse>
