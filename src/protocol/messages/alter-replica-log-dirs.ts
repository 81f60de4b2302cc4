import {
  array,
  int16,
  int32,
  message,
  of,
  string,
  throttleTime,
  type InputOf,
  type TypeOf,
} from '../schema.ts'

/** Moves replicas of this broker to other log directories (KIP-113). */
export const AlterReplicaLogDirsRequest = message('AlterReplicaLogDirsRequest', '0-2', '2+', {
  dirs: array('0+', 'Target directories.', {
    path: string('0+', 'Absolute path of a log directory.'),
    topics: array('0+', 'Topics to move there.', {
      name: string('0+', 'Topic name.'),
      partitions: array('0+', 'Partition indexes.', of(int32)),
    }),
  }),
})
export interface AlterReplicaLogDirsRequest extends TypeOf<typeof AlterReplicaLogDirsRequest> {}

export const AlterReplicaLogDirsResponse = message('AlterReplicaLogDirsResponse', '0-2', '2+', {
  throttleTimeMs: throttleTime('0+'),
  results: array('0+', 'One entry per topic.', {
    topicName: string('0+', 'Topic name.'),
    partitions: array('0+', 'One entry per partition.', {
      partitionIndex: int32('0+', 'Partition index.'),
      errorCode: int16('0+', 'What went wrong, or 0.'),
    }),
  }),
})
export type AlterReplicaLogDirsResponse = InputOf<typeof AlterReplicaLogDirsResponse>
