import { int16, int32, message, string, throttleTime, type InputOf, type TypeOf } from '../schema.ts'

/** Keeps a member in its group, and tells it when the group rebalances. */
export const HeartbeatRequest = message('HeartbeatRequest', '0-4', '4+', {
  groupId: string('0+', 'Group id.'),
  generationId: int32('0+', 'Generation that the member is in.'),
  memberId: string('0+', 'Member id.'),
  groupInstanceId: string('3+', "Static member's own name, or null.", { nullable: '3+', default: null }),
})
export interface HeartbeatRequest extends TypeOf<typeof HeartbeatRequest> {}

export const HeartbeatResponse = message('HeartbeatResponse', '0-4', '4+', {
  throttleTimeMs: throttleTime('1+'),
  errorCode: int16('0+', 'What went wrong, or 0.'),
})
export type HeartbeatResponse = InputOf<typeof HeartbeatResponse>
