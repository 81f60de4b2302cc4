import { type Uuid } from '../../../src/model/uuid.ts'
import {
  AllocateProducerIdsRequest,
  AllocateProducerIdsResponse,
} from '../../../src/protocol/messages/allocate-producer-ids.ts'
import { AlterClientQuotasRequest } from '../../../src/protocol/messages/alter-client-quotas.ts'
import { CreateTopicsRequest, CreateTopicsResponse } from '../../../src/protocol/messages/create-topics.ts'
import { DeleteTopicsRequest } from '../../../src/protocol/messages/delete-topics.ts'
import { DescribeConfigsResponse } from '../../../src/protocol/messages/describe-configs.ts'
import { SaslHandshakeResponse } from '../../../src/protocol/messages/sasl-handshake.ts'
import { golden, TOPIC_ID, TOPIC_ID_HEX } from './golden.ts'

/** What administrators ask for, and small things. */
export const administrationGoldens = [
  golden(
    'a request for a block of producer ids',
    AllocateProducerIdsRequest,
    0,
    { brokerId: 1, brokerEpoch: 25 },
    `
    00000001          # broker
    0000000000000019  # its epoch
    00`,
  ),
  golden(
    'a block of producer ids',
    AllocateProducerIdsResponse,
    0,
    { throttleTimeMs: 0, errorCode: 0, producerIdStart: 1000, producerIdLen: 1000 },
    `
    00000000          # throttle time
    0000              # no error
    00000000000003e8  # first
    000003e8          # how many
    00`,
  ),
  golden(
    'a request with an assignment and configuration',
    CreateTopicsRequest,
    7,
    {
      topics: [
        {
          name: 't',
          numPartitions: -1,
          replicationFactor: -1,
          assignments: [{ partitionIndex: 0, brokerIds: [1, 2] }],
          configs: [{ name: 'retention.ms', value: '1000' }],
        },
      ],
      timeoutMs: 5000,
      validateOnly: false,
    },
    `
    02                                # one topic
     02 74                            #  name
     ffffffff                         #  partitions: as assigned
     ffff                             #  replicas: as assigned
     02                               #  one assignment
      00000000                        #   partition
      03 00000001 00000002            #   replicas
      00
     02                               #  one configuration value
      0d 726574656e74696f6e2e6d73     #   key
      05 31303030                     #   value
      00
     00
    00001388                          # timeout
    00                                # not just a check
    00`,
  ),
  golden(
    'an answer that may not tell the configuration',
    CreateTopicsResponse,
    7,
    {
      throttleTimeMs: 0,
      topics: [
        {
          name: 't',
          topicId: TOPIC_ID as Uuid,
          errorCode: 0,
          errorMessage: null,
          topicConfigErrorCode: 29,
          numPartitions: -1,
          replicationFactor: -1,
          configs: null,
        },
      ],
    },
    `
    00000000           # throttle time
    02                 # one topic
     02 74             #  name
     ${TOPIC_ID_HEX}   #  id
     0000              #  no error
     00                #  message: null
     ffffffff          #  partitions
     ffff              #  replicas
     00                #  configuration: null
     01                #  one tagged field
      00 02            #   tag 0, 2 bytes: error
       001d            #    TOPIC_AUTHORIZATION_FAILED
    00`,
  ),
  golden(
    'a request of version 6 by id',
    DeleteTopicsRequest,
    6,
    { topics: [{ name: null, topicId: TOPIC_ID as Uuid }], topicNames: [], timeoutMs: 30000 },
    `
    02                # one topic
     00               #  name: null
     ${TOPIC_ID_HEX}  #  id
     00
    00007530          # timeout
    00`,
  ),
  golden(
    'a configuration value with its synonyms',
    DescribeConfigsResponse,
    4,
    {
      throttleTimeMs: 0,
      results: [
        {
          errorCode: 0,
          errorMessage: '',
          resourceType: 2,
          resourceName: 't',
          configs: [
            {
              name: 'retention.ms',
              value: '1000',
              readOnly: false,
              isDefault: false,
              configSource: 1,
              isSensitive: false,
              synonyms: [{ name: 'retention.ms', value: '1000', source: 1 }],
              configType: 5,
              documentation: null,
            },
          ],
        },
      ],
    },
    `
    00000000                          # throttle time
    02                                # one resource
     0000                             #  no error
     01                               #  message
     02                               #  a topic
     02 74                            #  name
     02                               #  one value
      0d 726574656e74696f6e2e6d73     #   key
      05 31303030                     #   value
      00                              #   not read-only
      01                              #   set for the topic
      00                              #   not a secret
      02                              #   one synonym
       0d 726574656e74696f6e2e6d73    #    key
       05 31303030                    #    value
       01                             #    set for the topic
       00
      05                              #   long
      00                              #   documentation: null
      00
     00
    00`,
  ),
  golden(
    'a quota, which is a double',
    AlterClientQuotasRequest,
    1,
    {
      entries: [
        {
          entity: [{ entityType: 'client-id', entityName: 'c' }],
          ops: [{ key: 'producer_byte_rate', value: 1048576, remove: false }],
        },
      ],
      validateOnly: false,
    },
    `
    02                                          # one entity
     02                                         #  of one component
      0a 636c69656e742d6964                     #   type
      02 63                                     #   name
      00
     02                                         #  one change
      13 70726f64756365725f627974655f72617465   #   quota
      4130000000000000                          #   value: 2^20
      00                                        #   set
      00
     00
    00                                          # not just a check
    00`,
  ),
  golden(
    'an answer that is never flexible',
    SaslHandshakeResponse,
    1,
    { errorCode: 33, mechanisms: ['PLAIN'] },
    `
    0021             # UNSUPPORTED_SASL_MECHANISM
    00000001         # one mechanism
     0005 504c41494e`,
  ),
]
