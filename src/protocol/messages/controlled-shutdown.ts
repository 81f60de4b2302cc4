import { array, int16, int32, int64, message, string, type InputOf, type TypeOf } from '../schema.ts'

/**
 * A broker asks the controller to take leadership away from it before it stops. Version 0 is the one request
 * with header version 0.
 */
export const ControlledShutdownRequest = message('ControlledShutdownRequest', '0-3', '3+', {
  brokerId: int32('0+', 'Broker that wants to stop.'),
  brokerEpoch: int64('2+', 'Its epoch.', { default: -1, ignorable: true }),
})
export interface ControlledShutdownRequest extends TypeOf<typeof ControlledShutdownRequest> {}

export const ControlledShutdownResponse = message('ControlledShutdownResponse', '0-3', '3+', {
  errorCode: int16('0+', 'What went wrong, or 0.'),
  remainingPartitions: array('0+', 'Partitions that the broker still leads.', {
    topicName: string('0+', 'Topic name.'),
    partitionIndex: int32('0+', 'Partition index.'),
  }),
})
export type ControlledShutdownResponse = InputOf<typeof ControlledShutdownResponse>
