import { type Uuid } from '../../../src/model/uuid.ts'
import { AlterPartitionRequest } from '../../../src/protocol/messages/alter-partition.ts'
import { ControlledShutdownResponse } from '../../../src/protocol/messages/controlled-shutdown.ts'
import { LeaderAndIsrRequest, LeaderAndIsrResponse } from '../../../src/protocol/messages/leader-and-isr.ts'
import { StopReplicaRequest } from '../../../src/protocol/messages/stop-replica.ts'
import { UpdateMetadataRequest } from '../../../src/protocol/messages/update-metadata.ts'
import { golden, TOPIC_ID, TOPIC_ID_HEX } from './golden.ts'

/** What the controller and brokers tell each other. */
export const controllerGoldens = [
  golden(
    'a request that makes a broker lead',
    LeaderAndIsrRequest,
    7,
    {
      controllerId: 1,
      isKRaftController: false,
      controllerEpoch: 1,
      brokerEpoch: 25,
      type: 0,
      ungroupedPartitionStates: [],
      topicStates: [
        {
          topicName: 't',
          topicId: TOPIC_ID as Uuid,
          partitionStates: [
            {
              topicName: '',
              partitionIndex: 0,
              controllerEpoch: 1,
              leader: 1,
              leaderEpoch: 1,
              isr: [1],
              partitionEpoch: 1,
              replicas: [1, 2],
              addingReplicas: [],
              removingReplicas: [],
              isNew: false,
              leaderRecoveryState: 0,
            },
          ],
        },
      ],
      liveLeaders: [{ brokerId: 1, hostName: '127.0.0.1', port: 29191 }],
    },
    `
    00000001                  # controller
    00                        # not a KRaft one
    00000001                  # its epoch
    0000000000000019          # epoch of the receiver
    00                        # type
    02                        # one topic
     02 74                    #  name
     ${TOPIC_ID_HEX}          #  id
     02                       #  one partition
      00000000                #   index
      00000001                #   controller epoch
      00000001                #   leader
      00000001                #   leader epoch
      02 00000001             #   in sync
      00000001                #   partition epoch
      03 00000001 00000002    #   replicas
      01                      #   none added
      01                      #   none removed
      00                      #   not new
      00                      #   recovered
      00
     00
    02                        # one live leader
     00000001                 #  id
     0a 3132372e302e302e31    #  host
     00007207                 #  port
     00
    00`,
  ),
  golden(
    'a request of version 0, with ungrouped partitions',
    LeaderAndIsrRequest,
    0,
    {
      controllerId: 1,
      isKRaftController: false,
      controllerEpoch: 1,
      brokerEpoch: -1,
      type: 0,
      ungroupedPartitionStates: [
        {
          topicName: 't',
          partitionIndex: 0,
          controllerEpoch: 1,
          leader: 2,
          leaderEpoch: 3,
          isr: [2],
          partitionEpoch: 4,
          replicas: [2],
          addingReplicas: [],
          removingReplicas: [],
          isNew: false,
          leaderRecoveryState: 0,
        },
      ],
      topicStates: [],
      liveLeaders: [],
    },
    `
    00000001            # controller
    00000001            # its epoch
    00000001            # one partition
     0001 74            #  topic
     00000000           #  index
     00000001           #  controller epoch
     00000002           #  leader
     00000003           #  leader epoch
     00000001 00000002  #  in sync
     00000004           #  partition epoch
     00000001 00000002  #  replicas
    00000000            # no live leaders`,
  ),
  golden(
    'the answer of a broker that knows a newer epoch',
    LeaderAndIsrResponse,
    7,
    {
      errorCode: 0,
      partitionErrors: [],
      topics: [
        { topicId: TOPIC_ID as Uuid, partitionErrors: [{ topicName: '', partitionIndex: 0, errorCode: 11 }] },
      ],
    },
    `
    0000               # no error
    02                 # one topic
     ${TOPIC_ID_HEX}   #  id
     02                #  one partition
      00000000         #   index
      000b             #   STALE_CONTROLLER_EPOCH
      00
     00
    00`,
  ),
  golden(
    'a request about brokers only',
    UpdateMetadataRequest,
    8,
    {
      controllerId: 1,
      isKRaftController: false,
      type: 0,
      controllerEpoch: 1,
      brokerEpoch: 25,
      ungroupedPartitionStates: [],
      topicStates: [],
      liveBrokers: [
        {
          id: 1,
          v0Host: '',
          v0Port: 0,
          endpoints: [{ port: 29191, host: '127.0.0.1', listener: 'PLAINTEXT', securityProtocol: 0 }],
          rack: null,
        },
      ],
    },
    `
    00000001                   # controller
    00                         # not a KRaft one
    00000001                   # its epoch
    0000000000000019           # epoch of the receiver
    01                         # no topics
    02                         # one broker
     00000001                  #  id
     02                        #  one endpoint
      00007207                 #   port
      0a 3132372e302e302e31    #   host
      0a 504c41494e54455854    #   listener
      0000                     #   PLAINTEXT
      00
     00                        #  rack: null
     00
    00`,
  ),
  golden(
    'a request to delete a replica of a topic that is going',
    StopReplicaRequest,
    4,
    {
      controllerId: 1,
      isKRaftController: false,
      controllerEpoch: 1,
      brokerEpoch: 25,
      deletePartitions: false,
      ungroupedPartitions: [],
      topics: [],
      topicStates: [
        { topicName: 't', partitionStates: [{ partitionIndex: 0, leaderEpoch: -2, deletePartition: true }] },
      ],
    },
    `
    00000001          # controller
    00                # not a KRaft one
    00000001          # its epoch
    0000000000000019  # epoch of the receiver
    02                # one topic
     02 74            #  name
     02               #  one partition
      00000000        #   index
      fffffffe        #   leader epoch: the topic is being deleted
      01              #   delete
      00
     00
    00`,
  ),
  golden(
    'a request of version 1, where one flag is for all partitions',
    StopReplicaRequest,
    1,
    {
      controllerId: 1,
      isKRaftController: false,
      controllerEpoch: 1,
      brokerEpoch: 25,
      deletePartitions: true,
      ungroupedPartitions: [],
      topics: [{ name: 't', partitionIndexes: [0] }],
      topicStates: [],
    },
    `
    00000001           # controller
    00000001           # its epoch
    0000000000000019   # epoch of the receiver
    01                 # delete
    00000001           # one topic
     0001 74           #  name
     00000001 00000000 #  partitions`,
  ),
  golden(
    'a proposal of version 3, with broker epochs',
    AlterPartitionRequest,
    3,
    {
      brokerId: 1,
      brokerEpoch: 25,
      topics: [
        {
          topicName: '',
          topicId: TOPIC_ID as Uuid,
          partitions: [
            {
              partitionIndex: 0,
              leaderEpoch: 1,
              newIsr: [],
              newIsrWithEpochs: [{ brokerId: 1, brokerEpoch: 25 }],
              leaderRecoveryState: 0,
              partitionEpoch: 4,
            },
          ],
        },
      ],
    },
    `
    00000001            # broker
    0000000000000019    # its epoch
    02                  # one topic
     ${TOPIC_ID_HEX}    #  id
     02                 #  one partition
      00000000          #   index
      00000001          #   leader epoch
      02                #   one in-sync replica
       00000001         #    broker
       0000000000000019 #    its epoch
       00
      00                #   recovered
      00000004          #   partition epoch
      00
     00
    00`,
  ),
  golden(
    'the answer to a broker that still leads a partition',
    ControlledShutdownResponse,
    3,
    { errorCode: 0, remainingPartitions: [{ topicName: 't', partitionIndex: 0 }] },
    `
    0000       # no error
    02         # one partition
     02 74     #  topic
     00000000  #  index
     00
    00`,
  ),
]
