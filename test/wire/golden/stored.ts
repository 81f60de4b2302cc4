import { ConsumerProtocolSubscription } from '../../../src/protocol/messages/stored/consumer-protocol-subscription.ts'
import { DefaultPrincipalData } from '../../../src/protocol/messages/stored/default-principal-data.ts'
import { GroupMetadataKey, GroupMetadataValue } from '../../../src/protocol/messages/stored/group-metadata.ts'
import { OffsetCommitKey, OffsetCommitValue } from '../../../src/protocol/messages/stored/offset-commit.ts'
import {
  TransactionLogKey,
  TransactionLogValue,
} from '../../../src/protocol/messages/stored/transaction-log.ts'
import { hex } from '../../support/hex.ts'
import { golden } from './golden.ts'

/** 2023-11-14T22:13:20Z */
const TIME = 1_700_000_000_000
const ONE_DAY = 86_400_000

/** Records of the coordinators' topics, without the version that stands in front of each. */
export const storedGoldens = [
  golden(
    'key of an offset',
    OffsetCommitKey,
    1,
    { group: 'g1', topic: 't', partition: 3 },
    `
    0002 6731  # group
    0001 74    # topic
    00000003   # partition`,
  ),
  golden(
    'an offset of version 1, with its own expiry',
    OffsetCommitValue,
    1,
    { offset: 42, leaderEpoch: -1, metadata: '', commitTimestamp: TIME, expireTimestamp: TIME + ONE_DAY },
    `
    000000000000002a  # offset
    0000              # metadata
    0000018bcfe56800  # committed
    0000018bd50bc400  # expires`,
  ),
  golden(
    'an offset of version 3',
    OffsetCommitValue,
    3,
    { offset: 42, leaderEpoch: 5, metadata: 'meta', commitTimestamp: TIME, expireTimestamp: -1 },
    `
    000000000000002a  # offset
    00000005          # leader epoch
    0004 6d657461     # metadata
    0000018bcfe56800  # committed`,
  ),
  golden(
    'an offset of version 4, which is flexible',
    OffsetCommitValue,
    4,
    { offset: 42, leaderEpoch: 5, metadata: 'meta', commitTimestamp: TIME, expireTimestamp: -1 },
    `
    000000000000002a  # offset
    00000005          # leader epoch
    05 6d657461       # metadata
    0000018bcfe56800  # committed
    00                # no tagged fields`,
  ),
  golden('key of a group', GroupMetadataKey, 2, { group: 'g1' }, '0002 6731  # group'),
  golden(
    'a group with a member',
    GroupMetadataValue,
    3,
    {
      protocolType: 'consumer',
      generation: 1,
      protocol: 'range',
      leader: 'c-1',
      currentStateTimestamp: TIME,
      members: [
        {
          memberId: 'c-1',
          groupInstanceId: null,
          clientId: 'c',
          clientHost: '/10.0.0.1',
          rebalanceTimeout: 300_000,
          sessionTimeout: 45_000,
          subscription: hex('0000 00000001 0001 74 ffffffff'),
          assignment: hex('0000 00000001 0001 74 00000002 00000000 00000001 ffffffff'),
        },
      ],
    },
    `
    0008 636f6e73756d6572       # protocol type
    00000001                    # generation
    0005 72616e6765             # protocol
    0003 632d31                 # leader
    0000018bcfe56800            # since
    00000001                    # one member
     0003 632d31                #  id
     ffff                       #  not static
     0001 63                    #  client id
     0009 2f31302e302e302e31    #  host
     000493e0                   #  rebalance timeout
     0000afc8                   #  session timeout
     0000000d                   #  13 bytes of subscription
      0000                      #   version
      00000001 0001 74          #   topics
      ffffffff                  #   no user data
     00000019                   #  25 bytes of assignment
      0000                      #   version
      00000001 0001 74          #   one topic
      00000002 00000000 00000001 #   its partitions
      ffffffff                  #   no user data`,
  ),
  golden(
    'an empty group',
    GroupMetadataValue,
    3,
    {
      protocolType: 'consumer',
      generation: 2,
      protocol: null,
      leader: null,
      currentStateTimestamp: TIME,
      members: [],
    },
    `
    0008 636f6e73756d6572  # protocol type
    00000002               # generation
    ffff                   # protocol: null
    ffff                   # leader: null
    0000018bcfe56800       # since
    00000000               # no members`,
  ),
  golden('key of a transactional id', TransactionLogKey, 0, { transactionalId: 'tx1' }, '0003 747831  # id'),
  golden(
    'a transactional id without a transaction',
    TransactionLogValue,
    0,
    {
      producerId: 4000,
      producerEpoch: 0,
      transactionTimeoutMs: 60_000,
      transactionStatus: 0,
      transactionPartitions: null,
      transactionLastUpdateTimestampMs: TIME,
      transactionStartTimestampMs: -1,
    },
    `
    0000000000000fa0  # producer id
    0000              # epoch
    0000ea60          # timeout
    00                # Empty
    ffffffff          # partitions: null
    0000018bcfe56800  # written
    ffffffffffffffff  # not begun`,
  ),
  golden(
    'an ongoing transaction',
    TransactionLogValue,
    0,
    {
      producerId: 4000,
      producerEpoch: 3,
      transactionTimeoutMs: 60_000,
      transactionStatus: 1,
      transactionPartitions: [{ topic: 't', partitionIds: [0, 1] }],
      transactionLastUpdateTimestampMs: TIME + 50,
      transactionStartTimestampMs: TIME,
    },
    `
    0000000000000fa0             # producer id
    0003                         # epoch
    0000ea60                     # timeout
    01                           # Ongoing
    00000001                     # one topic
     0001 74                     #  name
     00000002 00000000 00000001  #  partitions
    0000018bcfe56832             # written
    0000018bcfe56800             # begun`,
  ),
  golden(
    'what a consumer says of itself in version 3',
    ConsumerProtocolSubscription,
    3,
    {
      topics: ['orders'],
      userData: hex('ffffffff'),
      ownedPartitions: [{ topic: 'orders', partitions: [0] }],
      generationId: 4,
      rackId: 'r1',
    },
    `
    00000001                 # one topic
     0006 6f7264657273
    00000004 ffffffff        # user data
    00000001                 # owns partitions of one topic
     0006 6f7264657273
     00000001 00000000
    00000004                 # since generation 4
    0002 7231                # rack`,
  ),
  golden(
    'a principal',
    DefaultPrincipalData,
    0,
    { type: 'User', name: 'a', tokenAuthenticated: false },
    `
    05 55736572  # type
    02 61        # name
    00           # no token
    00`,
  ),
]
