import {
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnResponse,
} from '../../../src/protocol/messages/add-partitions-to-txn.ts'
import { InitProducerIdRequest } from '../../../src/protocol/messages/init-producer-id.ts'
import { WriteTxnMarkersRequest } from '../../../src/protocol/messages/write-txn-markers.ts'
import { golden } from './golden.ts'

/** Transactions. */
export const transactionGoldens = [
  golden(
    'a request of a producer that is idempotent only',
    InitProducerIdRequest,
    5,
    { transactionalId: null, transactionTimeoutMs: 0x7fffffff, producerId: -1, producerEpoch: -1 },
    `
    00                # no transactional id
    7fffffff          # timeout
    ffffffffffffffff  # no producer id yet
    ffff              # no epoch yet
    00`,
  ),
  golden(
    'a request of version 3 of a producer',
    AddPartitionsToTxnRequest,
    3,
    {
      transactions: [],
      v3AndBelowTransactionalId: 'tx1',
      v3AndBelowProducerId: 1000,
      v3AndBelowProducerEpoch: 0,
      v3AndBelowTopics: [{ name: 'orders', partitions: [0] }],
    },
    `
    04 747831          # transactional id
    00000000000003e8   # producer id
    0000               # epoch
    02                 # one topic
     07 6f7264657273   #  name
     02 00000000       #  partitions
     00
    00`,
  ),
  golden(
    'a request of version 5 of a partition leader that verifies',
    AddPartitionsToTxnRequest,
    5,
    {
      transactions: [
        {
          transactionalId: 'tx1',
          producerId: 1000,
          producerEpoch: 0,
          verifyOnly: true,
          topics: [{ name: 'orders', partitions: [0] }],
        },
      ],
      v3AndBelowTransactionalId: '',
      v3AndBelowProducerId: 0,
      v3AndBelowProducerEpoch: 0,
      v3AndBelowTopics: [],
    },
    `
    02                  # one transaction
     04 747831          #  transactional id
     00000000000003e8   #  producer id
     0000               #  epoch
     01                 #  only verify
     02                 #  one topic
      07 6f7264657273   #   name
      02 00000000       #   partitions
      00
     00
    00`,
  ),
  golden(
    'the answer of version 5',
    AddPartitionsToTxnResponse,
    5,
    {
      throttleTimeMs: 0,
      errorCode: 0,
      resultsByTransaction: [
        {
          transactionalId: 'tx1',
          topicResults: [
            { name: 'orders', resultsByPartition: [{ partitionIndex: 0, partitionErrorCode: 0 }] },
          ],
        },
      ],
      resultsByTopicV3AndBelow: [],
    },
    `
    00000000            # throttle time
    0000                # no error
    02                  # one transaction
     04 747831          #  transactional id
     02                 #  one topic
      07 6f7264657273   #   name
      02                #   one partition
       00000000         #    index
       0000             #    no error
       00
      00
     00
    00`,
  ),
  golden(
    'a request to commit',
    WriteTxnMarkersRequest,
    1,
    {
      markers: [
        {
          producerId: 1000,
          producerEpoch: 0,
          transactionResult: true,
          topics: [{ name: 'orders', partitionIndexes: [0] }],
          coordinatorEpoch: 0,
        },
      ],
    },
    `
    02                  # one transaction
     00000000000003e8   #  producer id
     0000               #  epoch
     01                 #  commit
     02                 #  one topic
      07 6f7264657273   #   name
      02 00000000       #   partitions
      00
     00000000           #  coordinator epoch
     00
    00`,
  ),
]
