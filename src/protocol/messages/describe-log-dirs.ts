import {
  array,
  bool,
  int16,
  int32,
  int64,
  message,
  of,
  string,
  throttleTime,
  type InputOf,
  type TypeOf,
} from '../schema.ts'

/** Tells what lies in the log directories of a broker. */
export const DescribeLogDirsRequest = message('DescribeLogDirsRequest', '0-4', '2+', {
  topics: array(
    '0+',
    'Topics to tell about, or null for all.',
    {
      topic: string('0+', 'Topic name.'),
      partitions: array('0+', 'Partition indexes.', of(int32)),
    },
    { nullable: '0+' },
  ),
})
export interface DescribeLogDirsRequest extends TypeOf<typeof DescribeLogDirsRequest> {}

export const DescribeLogDirsResponse = message('DescribeLogDirsResponse', '0-4', '2+', {
  throttleTimeMs: throttleTime('0+'),
  errorCode: int16('3+', 'What is wrong with the request as a whole, or 0.', { ignorable: true }),
  results: array('0+', 'One entry per log directory.', {
    errorCode: int16('0+', 'Why the directory cannot be read, or 0.'),
    logDir: string('0+', 'Absolute path.'),
    topics: array('0+', 'Topics that have replicas there.', {
      name: string('0+', 'Topic name.'),
      partitions: array('0+', 'Replicas there.', {
        partitionIndex: int32('0+', 'Partition index.'),
        partitionSize: int64('0+', "Size of the log's segments in bytes."),
        offsetLag: int64(
          '0+',
          'Records that the replica is behind the high watermark, or a future replica behind the current one; -1 when not known.',
        ),
        isFutureKey: bool(
          '0+',
          'Whether this replica is going to take the place of one in another directory.',
        ),
      }),
    }),
    totalBytes: int64('4+', 'Size of the volume in bytes, or -1.', { default: -1, ignorable: true }),
    usableBytes: int64('4+', 'Free bytes of the volume, or -1.', { default: -1, ignorable: true }),
  }),
})
export type DescribeLogDirsResponse = InputOf<typeof DescribeLogDirsResponse>
