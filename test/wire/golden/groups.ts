import { ConsumerGroupHeartbeatResponse } from '../../../src/protocol/messages/consumer-group-heartbeat.ts'
import { DescribeGroupsResponse } from '../../../src/protocol/messages/describe-groups.ts'
import { FindCoordinatorResponse } from '../../../src/protocol/messages/find-coordinator.ts'
import { JoinGroupRequest, JoinGroupResponse } from '../../../src/protocol/messages/join-group.ts'
import { LeaveGroupResponse } from '../../../src/protocol/messages/leave-group.ts'
import { OffsetFetchRequest, OffsetFetchResponse } from '../../../src/protocol/messages/offset-fetch.ts'
import { SyncGroupResponse } from '../../../src/protocol/messages/sync-group.ts'
import { type Uuid } from '../../../src/model/uuid.ts'
import { hex } from '../../support/hex.ts'
import { golden, TOPIC_ID, TOPIC_ID_HEX } from './golden.ts'

/** Consumer groups. */
export const groupGoldens = [
  golden(
    'the answer of version 1',
    FindCoordinatorResponse,
    1,
    {
      throttleTimeMs: 0,
      errorCode: 0,
      errorMessage: 'NONE',
      nodeId: 2,
      host: '127.0.0.1',
      port: 29192,
      coordinators: [],
    },
    `
    00000000                 # throttle time
    0000                     # no error
    0004 4e4f4e45            # message
    00000002                 # broker
    0009 3132372e302e302e31  # host
    00007208                 # port`,
  ),
  golden(
    'the answer of version 4 before the topic of the coordinator is there',
    FindCoordinatorResponse,
    4,
    {
      throttleTimeMs: 0,
      errorCode: 0,
      errorMessage: '',
      nodeId: 0,
      host: '',
      port: 0,
      coordinators: [{ key: 'g9', nodeId: -1, host: '', port: -1, errorCode: 15, errorMessage: '' }],
    },
    `
    00000000    # throttle time
    02          # one key
     03 6739    #  key
     ffffffff   #  no broker
     01         #  host
     ffffffff   #  port
     000f       #  COORDINATOR_NOT_AVAILABLE
     01         #  message
     00
    00`,
  ),
  golden(
    'a first request of version 9',
    JoinGroupRequest,
    9,
    {
      groupId: 'g1',
      sessionTimeoutMs: 45000,
      rebalanceTimeoutMs: 300000,
      memberId: '',
      groupInstanceId: null,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: hex('0003 00000001 0001 74 ffffffff 00000000 ffffffff ffff') }],
      reason: null,
    },
    `
    03 6731              # group
    0000afc8             # session timeout
    000493e0             # rebalance timeout
    01                   # no member id yet
    00                   # not static
    09 636f6e73756d6572  # protocol type
    02                   # one protocol
     06 72616e6765       #  name
     18                  #  23 bytes of metadata
      0003               #   version
      00000001 0001 74   #   topics
      ffffffff           #   no user data
      00000000           #   owns nothing
      ffffffff           #   no generation
      ffff               #   no rack
     00
    00                   # no reason
    00`,
  ),
  golden(
    'the answer of version 9 that hands out a member id',
    JoinGroupResponse,
    9,
    {
      throttleTimeMs: 0,
      errorCode: 79,
      generationId: -1,
      protocolType: null,
      protocolName: null,
      leader: '',
      skipAssignment: false,
      memberId: 'm',
      members: [],
    },
    `
    00000000  # throttle time
    004f      # MEMBER_ID_REQUIRED
    ffffffff  # generation
    00        # protocol type: null
    00        # protocol: null
    01        # leader
    00        # does not skip the assignment
    02 6d     # member id
    01        # no members
    00`,
  ),
  golden(
    'the answer of version 3 to a member that is not there',
    JoinGroupResponse,
    3,
    {
      throttleTimeMs: 0,
      errorCode: 25,
      generationId: -1,
      protocolType: null,
      protocolName: '',
      leader: '',
      skipAssignment: false,
      memberId: '',
      members: [],
    },
    `
    00000000  # throttle time
    0019      # UNKNOWN_MEMBER_ID
    ffffffff  # generation
    0000      # protocol
    0000      # leader
    0000      # member id
    00000000  # no members`,
  ),
  golden(
    'the answer of version 5',
    SyncGroupResponse,
    5,
    {
      throttleTimeMs: 0,
      errorCode: 0,
      protocolType: 'consumer',
      protocolName: 'range',
      assignment: hex('0003 00000001 0001 74 00000001 00000000 ffffffff'),
    },
    `
    00000000                      # throttle time
    0000                          # no error
    09 636f6e73756d6572           # protocol type
    06 72616e6765                 # protocol
    16                            # 21 bytes of assignment
     0003                         #  version
     00000001 0001 74             #  one topic
     00000001 00000000            #   one partition
     ffffffff                     #  no user data
    00`,
  ),
  golden(
    'the answer of version 3, per member',
    LeaveGroupResponse,
    3,
    { throttleTimeMs: 0, errorCode: 0, members: [{ memberId: 'm', groupInstanceId: null, errorCode: 25 }] },
    `
    00000000   # throttle time
    0000       # no error
    00000001   # one member
     0001 6d   #  id
     ffff      #  not static
     0019      #  UNKNOWN_MEMBER_ID`,
  ),
  golden(
    'the answer of a broker that does not coordinate the group',
    DescribeGroupsResponse,
    5,
    {
      throttleTimeMs: 0,
      groups: [
        {
          errorCode: 16,
          groupId: 'nope',
          groupState: '',
          protocolType: '',
          protocolData: '',
          members: [],
          authorizedOperations: -2147483648,
        },
      ],
    },
    `
    00000000        # throttle time
    02              # one group
     0010           #  NOT_COORDINATOR
     05 6e6f7065    #  group
     01             #  state
     01             #  protocol type
     01             #  protocol
     01             #  no members
     80000000       #  authorized operations: not told
     00
    00`,
  ),
  golden(
    'a request of version 2 for all offsets of a group',
    OffsetFetchRequest,
    2,
    { groupId: 'g1', topics: null, groups: [], requireStable: false },
    `
    0002 6731  # group
    ffffffff   # topics: null`,
  ),
  golden(
    'a request of version 9 for two groups',
    OffsetFetchRequest,
    9,
    {
      groupId: '',
      topics: [],
      groups: [
        { groupId: 'g1', memberId: null, memberEpoch: -1, topics: null },
        { groupId: 'g2', memberId: 'm', memberEpoch: 4, topics: [{ name: 't', partitionIndexes: [0, 1] }] },
      ],
      requireStable: true,
    },
    `
    03                       # two groups
     03 6731                 #  group
     00                      #  no member
     ffffffff                #  no epoch
     00                      #  topics: null
     00
     03 6732                 #  group
     02 6d                   #  member
     00000004                #  epoch
     02                      #  one topic
      02 74                  #   name
      03 00000000 00000001   #   partitions
      00
     00
    01                       # only what is stable
    00`,
  ),
  golden(
    'the answer of version 2, whose error stands behind the topics',
    OffsetFetchResponse,
    2,
    { throttleTimeMs: 0, topics: [], errorCode: 16, groups: [] },
    `
    00000000  # no topics
    0010      # NOT_COORDINATOR`,
  ),
  golden(
    'an answer without the nullable struct',
    ConsumerGroupHeartbeatResponse,
    0,
    {
      throttleTimeMs: 0,
      errorCode: 35,
      errorMessage: null,
      memberId: null,
      memberEpoch: 0,
      heartbeatIntervalMs: 0,
      assignment: null,
    },
    `
    00000000  # throttle time
    0023      # UNSUPPORTED_VERSION
    00        # message: null
    00        # member id: null
    00000000  # epoch
    00000000  # heartbeat interval
    ff        # assignment: null
    00`,
  ),
  golden(
    'an answer with the nullable struct',
    ConsumerGroupHeartbeatResponse,
    0,
    {
      throttleTimeMs: 0,
      errorCode: 0,
      errorMessage: null,
      memberId: 'm',
      memberEpoch: 1,
      heartbeatIntervalMs: 5000,
      assignment: { topicPartitions: [{ topicId: TOPIC_ID as Uuid, partitions: [2] }] },
    },
    `
    00000000            # throttle time
    0000                # no error
    00                  # message: null
    02 6d               # member id
    00000001            # epoch
    00001388            # heartbeat interval
    01                  # an assignment
     02                 #  one topic
      ${TOPIC_ID_HEX}   #   id
      02 00000002       #   partitions
      00
     00
    00`,
  ),
]
