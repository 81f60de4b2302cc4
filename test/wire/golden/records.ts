import { ZERO_UUID, type Uuid } from '../../../src/model/uuid.ts'
import { FetchRequest, FetchResponse } from '../../../src/protocol/messages/fetch.ts'
import { ListOffsetsRequest, ListOffsetsResponse } from '../../../src/protocol/messages/list-offsets.ts'
import { ProduceRequest, ProduceResponse } from '../../../src/protocol/messages/produce.ts'
import { hex } from '../../support/hex.ts'
import { BATCH_HEX, golden, TOPIC_ID, TOPIC_ID_HEX } from './golden.ts'

const noLeader = { leaderId: -1, leaderEpoch: -1 }
const noDivergence = { epoch: -1, endOffset: -1 }
const noSnapshot = { endOffset: -1, epoch: -1 }

/** Writing and reading records. */
export const recordGoldens = [
  golden(
    'a request of version 3 with a batch',
    ProduceRequest,
    3,
    {
      transactionalId: null,
      acks: -1,
      timeoutMs: 3000,
      topicData: [{ name: 't', partitionData: [{ index: 0, records: hex(BATCH_HEX) }] }],
    },
    `
    ffff             # no transaction
    ffff             # acks: all
    00000bb8         # timeout
    00000001         # one topic
     0001 74         #  name
     00000001        #  one partition
      00000000       #   index
      00000046       #   70 bytes of records
      ${BATCH_HEX}`,
  ),
  golden(
    'a request of version 11 without records',
    ProduceRequest,
    11,
    {
      transactionalId: 'tx',
      acks: 1,
      timeoutMs: 1000,
      topicData: [{ name: 't', partitionData: [{ index: 3, records: null }] }],
    },
    `
    03 7478     # transactional id
    0001        # acks: the leader
    000003e8    # timeout
    02          # one topic
     02 74      #  name
     02         #  one partition
      00000003  #   index
      00        #   records: null
      00
     00
    00`,
  ),
  golden(
    'the answer of version 3',
    ProduceResponse,
    3,
    {
      responses: [
        {
          name: 't',
          partitionResponses: [
            {
              index: 0,
              errorCode: 0,
              baseOffset: 1,
              logAppendTimeMs: -1,
              logStartOffset: -1,
              recordErrors: [],
              errorMessage: null,
              currentLeader: noLeader,
            },
          ],
        },
      ],
      throttleTimeMs: 0,
      nodeEndpoints: [],
    },
    `
    00000001           # one topic
     0001 74           #  name
     00000001          #  one partition
      00000000         #   index
      0000             #   no error
      0000000000000001 #   base offset
      ffffffffffffffff #   log append time: none
    00000000           # throttle time`,
  ),
  golden(
    'the answer of a broker that does not lead, with the one that does in tagged fields',
    ProduceResponse,
    11,
    {
      responses: [
        {
          name: 't',
          partitionResponses: [
            {
              index: 0,
              errorCode: 6,
              baseOffset: -1,
              logAppendTimeMs: -1,
              logStartOffset: -1,
              recordErrors: [],
              errorMessage: null,
              currentLeader: { leaderId: 1, leaderEpoch: 0 },
            },
          ],
        },
      ],
      throttleTimeMs: 0,
      nodeEndpoints: [{ nodeId: 1, host: '127.0.0.1', port: 29191, rack: 'r1' }],
    },
    `
    02                        # one topic
     02 74                    #  name
     02                       #  one partition
      00000000                #   index
      0006                    #   NOT_LEADER_OR_FOLLOWER
      ffffffffffffffff        #   base offset
      ffffffffffffffff        #   log append time
      ffffffffffffffff        #   log start
      01                      #   no record errors
      00                      #   message: null
      01                      #   one tagged field
       00 09                  #    tag 0, 9 bytes: leader
       00000001               #     id
       00000000               #     epoch
       00
     00
    00000000                  # throttle time
    01                        # one tagged field
     00 17                    #  tag 0, 23 bytes: endpoints
      02                      #   one
       00000001               #    id
       0a 3132372e302e302e31  #    host
       00007207               #    port
       03 7231                #    rack
       00`,
  ),
  golden(
    'a request of version 11 of a consumer',
    FetchRequest,
    11,
    {
      clusterId: null,
      replicaId: -1,
      replicaState: { replicaId: -1, replicaEpoch: -1 },
      maxWaitMs: 10,
      minBytes: 1,
      maxBytes: 0x7fffffff,
      isolationLevel: 1,
      sessionId: 0,
      sessionEpoch: -1,
      topics: [
        {
          topic: 't',
          topicId: ZERO_UUID,
          partitions: [
            {
              partition: 0,
              currentLeaderEpoch: -1,
              fetchOffset: 0,
              lastFetchedEpoch: -1,
              logStartOffset: -1,
              partitionMaxBytes: 1000,
              replicaDirectoryId: ZERO_UUID,
            },
          ],
        },
      ],
      forgottenTopicsData: [],
      rackId: '',
    },
    `
    ffffffff            # a consumer
    0000000a            # wait 10 ms
    00000001            # for one byte
    7fffffff            # at most
    01                  # read_committed
    00000000            # no session
    ffffffff            # session epoch
    00000001            # one topic
     0001 74            #  name
     00000001           #  one partition
      00000000          #   index
      ffffffff          #   leader epoch: not known
      0000000000000000  #   offset
      ffffffffffffffff  #   log start: a consumer has none
      000003e8          #   at most
    00000000            # nothing forgotten
    0000                # no rack`,
  ),
  golden(
    'a request of version 17 of a follower in a session',
    FetchRequest,
    17,
    {
      clusterId: null,
      replicaId: -1,
      replicaState: { replicaId: 2, replicaEpoch: 45 },
      maxWaitMs: 500,
      minBytes: 1,
      maxBytes: 10485760,
      isolationLevel: 0,
      sessionId: 0x1da27c5d,
      sessionEpoch: 5,
      topics: [],
      forgottenTopicsData: [],
      rackId: '',
    },
    `
    000001f4                    # wait 500 ms
    00000001                    # for one byte
    00a00000                    # at most
    00                          # read_uncommitted
    1da27c5d                    # session
    00000005                    # session epoch
    01                          # no topics
    01                          # nothing forgotten
    01                          # no rack
    01                          # one tagged field
     01 0d                      #  tag 1, 13 bytes: follower
      00000002                  #   id
      000000000000002d          #   broker epoch
      00`,
  ),
  golden(
    'the answer of version 12 to a follower whose log has diverged',
    FetchResponse,
    12,
    {
      throttleTimeMs: 0,
      errorCode: 0,
      sessionId: 0,
      responses: [
        {
          topic: 't',
          topicId: ZERO_UUID,
          partitions: [
            {
              partitionIndex: 0,
              errorCode: 0,
              highWatermark: 3,
              lastStableOffset: 3,
              logStartOffset: 0,
              divergingEpoch: { epoch: 0, endOffset: 3 },
              currentLeader: noLeader,
              snapshotId: noSnapshot,
              abortedTransactions: null,
              preferredReadReplica: -1,
              records: Buffer.alloc(0),
            },
          ],
        },
      ],
      nodeEndpoints: [],
    },
    `
    00000000             # throttle time
    0000                 # no error
    00000000             # no session
    02                   # one topic
     02 74               #  name
     02                  #  one partition
      00000000           #   index
      0000               #   no error
      0000000000000003   #   high watermark
      0000000000000003   #   last stable offset
      0000000000000000   #   log start
      00                 #   aborted transactions: null
      ffffffff           #   no better replica
      01                 #   no records
      01                 #   one tagged field
       00 0d             #    tag 0, 13 bytes: diverging epoch
        00000000         #     epoch
        0000000000000003 #     end offset
        00
     00
    00`,
  ),
  golden(
    'the answer of version 17 with records and an aborted transaction',
    FetchResponse,
    17,
    {
      throttleTimeMs: 0,
      errorCode: 0,
      sessionId: 0,
      responses: [
        {
          topic: '',
          topicId: TOPIC_ID as Uuid,
          partitions: [
            {
              partitionIndex: 0,
              errorCode: 0,
              highWatermark: 1,
              lastStableOffset: 1,
              logStartOffset: 0,
              divergingEpoch: noDivergence,
              currentLeader: noLeader,
              snapshotId: noSnapshot,
              abortedTransactions: [{ producerId: 4000, firstOffset: 0 }],
              preferredReadReplica: -1,
              records: hex(BATCH_HEX),
            },
          ],
        },
      ],
      nodeEndpoints: [],
    },
    `
    00000000             # throttle time
    0000                 # no error
    00000000             # no session
    02                   # one topic
     ${TOPIC_ID_HEX}     #  id
     02                  #  one partition
      00000000           #   index
      0000               #   no error
      0000000000000001   #   high watermark
      0000000000000001   #   last stable offset
      0000000000000000   #   log start
      02                 #   one aborted transaction
       0000000000000fa0  #    producer id
       0000000000000000  #    first offset
       00
      ffffffff           #   no better replica
      47                 #   70 bytes of records
      ${BATCH_HEX}
      00
     00
    00`,
  ),
  golden(
    'a request of version 0, which asks for several offsets',
    ListOffsetsRequest,
    0,
    {
      replicaId: -1,
      isolationLevel: 0,
      topics: [
        {
          name: 't',
          partitions: [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp: -2, maxNumOffsets: 10 }],
        },
      ],
    },
    `
    ffffffff           # a consumer
    00000001           # one topic
     0001 74           #  name
     00000001          #  one partition
      00000000         #   index
      fffffffffffffffe #   the start of the log
      0000000a         #   at most 10 offsets`,
  ),
  golden(
    'the answer of version 0',
    ListOffsetsResponse,
    0,
    {
      throttleTimeMs: 0,
      topics: [
        {
          name: 't',
          partitions: [
            {
              partitionIndex: 0,
              errorCode: 0,
              oldStyleOffsets: [5, 0],
              timestamp: -1,
              offset: -1,
              leaderEpoch: -1,
            },
          ],
        },
      ],
    },
    `
    00000001           # one topic
     0001 74           #  name
     00000001          #  one partition
      00000000         #   index
      0000             #   no error
      00000002         #   two offsets
      0000000000000005
      0000000000000000`,
  ),
]
