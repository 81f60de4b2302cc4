import { ZERO_UUID, type Uuid } from '../../../src/model/uuid.ts'
import { ApiVersionsRequest, ApiVersionsResponse } from '../../../src/protocol/messages/api-versions.ts'
import { MetadataRequest, MetadataResponse } from '../../../src/protocol/messages/metadata.ts'
import { golden, TOPIC_ID, TOPIC_ID_HEX } from './golden.ts'

const noFeatures = {
  supportedFeatures: [],
  finalizedFeaturesEpoch: -1,
  finalizedFeatures: [],
  zkMigrationReady: false,
}

/** What a client asks first: what the broker speaks, and who leads. */
export const connectingGoldens = [
  golden(
    'a request that names the client library',
    ApiVersionsRequest,
    3,
    { clientSoftwareName: 'probe', clientSoftwareVersion: '1.0' },
    `
    06 70726f6265  # name
    04 312e30      # version
    00             # no tagged fields`,
  ),
  golden(
    'the answer to a version of the future: only what to ask instead',
    ApiVersionsResponse,
    0,
    {
      errorCode: 35,
      apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }],
      throttleTimeMs: 0,
      ...noFeatures,
    },
    `
    0023      # UNSUPPORTED_VERSION
    00000001  # one API
     0012     #  key: ApiVersions
     0000     #  lowest version
     0004     #  highest version`,
  ),
  golden(
    'the answer to a client with a bad name',
    ApiVersionsResponse,
    3,
    { errorCode: 42, apiKeys: [], throttleTimeMs: 0, ...noFeatures },
    `
    002a      # INVALID_REQUEST
    01        # no APIs
    00000000  # throttle time
    00        # no tagged fields`,
  ),
  golden(
    'an answer with all tagged fields, in the order of their tags',
    ApiVersionsResponse,
    4,
    {
      errorCode: 0,
      apiKeys: [{ apiKey: 0, minVersion: 0, maxVersion: 11 }],
      throttleTimeMs: 100,
      supportedFeatures: [{ name: 'f', minVersion: 1, maxVersion: 3 }],
      finalizedFeaturesEpoch: 7,
      finalizedFeatures: [{ name: 'f', maxVersionLevel: 2, minVersionLevel: 1 }],
      zkMigrationReady: true,
    },
    `
    0000                    # no error
    02                      # one API
     0000 0000 000b 00      #  Produce, 0 to 11
    00000064                # throttle time
    04                      # four tagged fields
     00 08                  #  tag 0, 8 bytes: supported features
      02 02 66 0001 0003 00 #   one: "f", 1 to 3
     01 08                  #  tag 1, 8 bytes: epoch
      0000000000000007
     02 08                  #  tag 2, 8 bytes: finalized features
      02 02 66 0002 0001 00 #   one: "f", highest 2, lowest 1
     03 01                  #  tag 3, 1 byte: ready to migrate
      01`,
  ),
  golden(
    'a request of version 1 for all topics',
    MetadataRequest,
    1,
    {
      topics: null,
      allowAutoTopicCreation: true,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    },
    'ffffffff  # topics: null',
  ),
  golden(
    'a request of version 12 for a topic by name',
    MetadataRequest,
    12,
    {
      topics: [{ topicId: ZERO_UUID, name: 't' }],
      allowAutoTopicCreation: true,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    },
    `
    02                               # one topic
     00000000000000000000000000000000 # topic id
     02 74                           #  name
     00                              #  no tagged fields
    01                               # may be created
    00                               # authorized operations not asked for
    00                               # no tagged fields`,
  ),
  golden(
    'the answer of version 0',
    MetadataResponse,
    0,
    {
      throttleTimeMs: 0,
      brokers: [{ nodeId: 2, host: '127.0.0.1', port: 29192, rack: null }],
      clusterId: null,
      controllerId: -1,
      topics: [
        {
          errorCode: 0,
          name: 't',
          topicId: ZERO_UUID,
          isInternal: false,
          partitions: [
            {
              errorCode: 0,
              partitionIndex: 0,
              leaderId: 2,
              leaderEpoch: -1,
              replicaNodes: [2, 1],
              isrNodes: [2],
              offlineReplicas: [],
            },
          ],
          topicAuthorizedOperations: -2147483648,
        },
      ],
      clusterAuthorizedOperations: -2147483648,
    },
    `
    00000001                        # one broker
     00000002                       #  id
     0009 3132372e302e302e31        #  host
     00007208                       #  port
    00000001                        # one topic
     0000                           #  no error
     0001 74                        #  name
     00000001                       #  one partition
      0000                          #   no error
      00000000                      #   index
      00000002                      #   leader
      00000002 00000002 00000001    #   replicas
      00000001 00000002             #   in sync`,
  ),
  golden(
    'the answer of version 12',
    MetadataResponse,
    12,
    {
      throttleTimeMs: 0,
      brokers: [
        { nodeId: 2, host: '127.0.0.1', port: 29192, rack: 'r2' },
        { nodeId: 1, host: '127.0.0.1', port: 29191, rack: null },
      ],
      clusterId: 'BJX9kHGSRUGk1g5R4Yeavw',
      controllerId: 1,
      topics: [
        {
          errorCode: 0,
          name: 't',
          topicId: TOPIC_ID as Uuid,
          isInternal: false,
          partitions: [
            {
              errorCode: 0,
              partitionIndex: 0,
              leaderId: 1,
              leaderEpoch: 0,
              replicaNodes: [1, 2],
              isrNodes: [1, 2],
              offlineReplicas: [],
            },
          ],
          topicAuthorizedOperations: -2147483648,
        },
      ],
      clusterAuthorizedOperations: -2147483648,
    },
    `
    00000000                        # throttle time
    03                              # two brokers
     00000002                       #  id
     0a 3132372e302e302e31          #  host
     00007208                       #  port
     03 7232                        #  rack
     00
     00000001
     0a 3132372e302e302e31
     00007207
     00                             #  rack: null
     00
    17 424a58396b4847535255476b31673552345965617677  # cluster id
    00000001                        # controller
    02                              # one topic
     0000                           #  no error
     02 74                          #  name
     ${TOPIC_ID_HEX}                #  topic id
     00                             #  not internal
     02                             #  one partition
      0000                          #   no error
      00000000                      #   index
      00000001                      #   leader
      00000000                      #   leader epoch
      03 00000001 00000002          #   replicas
      03 00000001 00000002          #   in sync
      01                            #   none offline
      00
     80000000                       #  authorized operations: not told
     00
    00`,
  ),
]
