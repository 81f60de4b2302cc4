import {
  array,
  int16,
  int32,
  int64,
  message,
  records,
  string,
  struct,
  throttleTime,
  type InputOf,
  type TypeOf,
} from '../schema.ts'

/** Appends records to partition leaders. Brokers answer in request order per connection. */
export const ProduceRequest = message('ProduceRequest', '0-11', '9+', {
  transactionalId: string('3+', 'Transactional id, or null outside a transaction.', {
    nullable: '3+',
    default: null,
  }),
  acks: int16('0+', '0: do not answer, 1: when the leader has it, -1: when every in-sync replica has it.'),
  timeoutMs: int32('0+', 'How long the leader may wait for acks=-1.'),
  topicData: array('0+', 'Topics to append to.', {
    name: string('0+', 'Topic name.'),
    partitionData: array('0+', 'Partitions to append to.', {
      index: int32('0+', 'Partition index.'),
      records: records('0+', 'Exactly one batch from version 3 on.', { nullable: '0+' }),
    }),
  }),
})
export interface ProduceRequest extends TypeOf<typeof ProduceRequest> {}

export const ProduceResponse = message('ProduceResponse', '0-11', '9+', {
  responses: array('0+', 'One entry per topic.', {
    name: string('0+', 'Topic name.'),
    partitionResponses: array('0+', 'One entry per partition.', {
      index: int32('0+', 'Partition index.'),
      errorCode: int16('0+', 'What went wrong, or 0.'),
      baseOffset: int64('0+', 'Offset of the first record.'),
      logAppendTimeMs: int64(
        '2+',
        "When the broker appended, or -1 if the topic keeps the producers' time.",
        {
          default: -1,
          ignorable: true,
        },
      ),
      logStartOffset: int64('5+', 'First offset of the log.', { default: -1, ignorable: true }),
      recordErrors: array(
        '8+',
        'Which records made the batch unacceptable.',
        {
          batchIndex: int32('8+', 'Position of the record in its batch.'),
          batchIndexErrorMessage: string('8+', 'Why.', { nullable: '8+', default: null }),
        },
        { default: [], ignorable: true },
      ),
      errorMessage: string('8+', 'A summary for people.', { nullable: '8+', default: null, ignorable: true }),
      currentLeader: struct(
        '10+',
        'The leader, where the answer is NOT_LEADER_OR_FOLLOWER.',
        {
          leaderId: int32('10+', 'Broker id, or -1.', { default: -1 }),
          leaderEpoch: int32('10+', 'Its epoch, or -1.', { default: -1 }),
        },
        { tag: 0 },
      ),
    }),
  }),
  throttleTimeMs: throttleTime('1+'),
  nodeEndpoints: array(
    '10+',
    'Where the leaders named above listen.',
    {
      nodeId: int32('10+', 'Broker id.'),
      host: string('10+', 'Host name.'),
      port: int32('10+', 'Port.'),
      rack: string('10+', 'Rack, or null.', { nullable: '10+', default: null }),
    },
    { tag: 0 },
  ),
})
export type ProduceResponse = InputOf<typeof ProduceResponse>
