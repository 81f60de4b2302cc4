import {
  array,
  int16,
  int32,
  int64,
  int8,
  message,
  of,
  records,
  string,
  struct,
  throttleTime,
  uuid,
  type InputOf,
  type TypeOf,
} from '../schema.ts'

/**
 * Reads records. Consumers ask for what is committed, followers for all; both may keep a session so that
 * only what changed is named (KIP-227).
 */
export const FetchRequest = message('FetchRequest', '0-17', '12+', {
  clusterId: string('12+', 'Cluster that the reader takes this broker to be part of, or null.', {
    nullable: '12+',
    default: null,
    ignorable: true,
    tag: 0,
  }),
  replicaId: int32('0-14', 'Follower that reads, or -1 for a consumer.', { default: -1 }),
  replicaState: struct(
    '15+',
    'Who reads, where it is a follower.',
    {
      replicaId: int32('15+', 'Follower that reads, or -1 for a consumer.', { default: -1 }),
      replicaEpoch: int64('15+', 'Its broker epoch, or -1.', { default: -1 }),
    },
    { tag: 1 },
  ),
  maxWaitMs: int32('0+', 'How long to wait for `minBytes`.'),
  minBytes: int32('0+', 'Bytes for which the answer waits.'),
  maxBytes: int32('3+', 'Bytes that the answer may hold; its first batch may be larger.', {
    default: 0x7fffffff,
    ignorable: true,
  }),
  isolationLevel: int8('4+', '0 read_uncommitted, 1 read_committed.', { default: 0, ignorable: true }),
  sessionId: int32('7+', 'Fetch session, or 0 for none.', { default: 0, ignorable: true }),
  sessionEpoch: int32('7+', 'Number of the request within the session; 0 to begin one, -1 for none.', {
    default: -1,
    ignorable: true,
  }),
  topics: array('0+', 'Topics to read, in a session only what is new or changed.', {
    topic: string('0-12', 'Topic name.', { ignorable: true }),
    topicId: uuid('13+', 'Topic id.', { ignorable: true }),
    partitions: array('0+', 'Partitions to read.', {
      partition: int32('0+', 'Partition index.'),
      currentLeaderEpoch: int32('9+', 'Leader epoch that the reader knows, or -1.', {
        default: -1,
        ignorable: true,
      }),
      fetchOffset: int64('0+', 'First offset to read.'),
      lastFetchedEpoch: int32('12+', "Leader epoch of the follower's last record, or -1.", { default: -1 }),
      logStartOffset: int64('5+', "Start of the follower's log, or -1 for a consumer.", {
        default: -1,
        ignorable: true,
      }),
      partitionMaxBytes: int32('0+', 'Bytes to read from this partition; the first batch may be larger.'),
      replicaDirectoryId: uuid('17+', "Directory id of the follower's replica, or zero.", {
        ignorable: true,
        tag: 0,
      }),
    }),
  }),
  forgottenTopicsData: array(
    '7+',
    'Topics to take out of the session.',
    {
      topic: string('7-12', 'Topic name.', { ignorable: true }),
      topicId: uuid('13+', 'Topic id.', { ignorable: true }),
      partitions: array('7+', 'Partition indexes.', of(int32)),
    },
    { default: [] },
  ),
  rackId: string('11+', 'Rack of the consumer, or empty.', { default: '', ignorable: true }),
})
export interface FetchRequest extends TypeOf<typeof FetchRequest> {}

export const FetchResponse = message('FetchResponse', '0-17', '12+', {
  throttleTimeMs: throttleTime('1+'),
  errorCode: int16('7+', 'What is wrong with the request or its session, or 0.', {
    default: 0,
    ignorable: true,
  }),
  sessionId: int32('7+', 'Fetch session, or 0 for none.', { default: 0 }),
  responses: array('0+', 'One entry per topic, in a session only with news.', {
    topic: string('0-12', 'Topic name.', { ignorable: true }),
    topicId: uuid('13+', 'Topic id.', { ignorable: true }),
    partitions: array('0+', 'One entry per partition.', {
      partitionIndex: int32('0+', 'Partition index.'),
      errorCode: int16('0+', 'What went wrong, or 0.'),
      highWatermark: int64('0+', 'One past the last committed record, or -1.'),
      lastStableOffset: int64(
        '4+',
        'First offset of the earliest open transaction, else the high watermark, or -1.',
        { default: -1, ignorable: true },
      ),
      logStartOffset: int64('5+', 'First offset of the log, or -1.', { default: -1, ignorable: true }),
      divergingEpoch: struct(
        '12+',
        "Where the follower's log leaves the leader's: end of the latest epoch that both have.",
        {
          epoch: int32('12+', 'Leader epoch, or -1.', { default: -1 }),
          endOffset: int64('12+', 'One past the last record of that epoch, or -1.', { default: -1 }),
        },
        { tag: 0 },
      ),
      currentLeader: struct(
        '12+',
        'Leader, where this broker is not or the epoch is wrong.',
        {
          leaderId: int32('12+', 'Broker id, or -1.', { default: -1 }),
          leaderEpoch: int32('12+', 'Its epoch, or -1.', { default: -1 }),
        },
        { tag: 1 },
      ),
      snapshotId: struct(
        '12+',
        'KRaft only: the snapshot to load instead.',
        {
          endOffset: int64('0+', 'One past the last record of the snapshot.', { default: -1 }),
          epoch: int32('0+', 'Leader epoch of the snapshot.', { default: -1 }),
        },
        { tag: 2 },
      ),
      abortedTransactions: array(
        '4+',
        'Aborted transactions that touch the records; null for read_uncommitted.',
        {
          producerId: int64('4+', 'Producer id.'),
          firstOffset: int64('4+', 'First offset of the transaction.'),
        },
        { nullable: '4+', default: [], ignorable: true },
      ),
      preferredReadReplica: int32('11+', 'Replica that the consumer should rather read from, or -1.', {
        default: -1,
      }),
      records: records('0+', 'Record batches; the last one may be cut off by a size limit.', {
        nullable: '0+',
        default: '',
      }),
    }),
  }),
  nodeEndpoints: array(
    '16+',
    'Where the leaders named above listen.',
    {
      nodeId: int32('16+', 'Broker id.'),
      host: string('16+', 'Host name.'),
      port: int32('16+', 'Port.'),
      rack: string('16+', 'Rack, or null.', { nullable: '16+', default: null }),
    },
    { tag: 0 },
  ),
})
export type FetchResponse = InputOf<typeof FetchResponse>
