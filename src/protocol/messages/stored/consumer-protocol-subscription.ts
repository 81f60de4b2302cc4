import { array, bytes, int32, message, of, string, type TypeOf } from '../../schema.ts'

/**
 * What a consumer says about itself when it joins a group. Behind an int16 version that readers cap at the
 * highest one they know; opaque to the coordinator but for the topics.
 */
export const ConsumerProtocolSubscription = message('ConsumerProtocolSubscription', '0-3', 'none', {
  topics: array('0+', 'Topics that the consumer subscribes to.', of(string)),
  userData: bytes('0+', 'What its assignor wants to add, or null.', { nullable: '0+', default: null }),
  ownedPartitions: array(
    '1+',
    'What the consumer has now, for cooperative rebalancing.',
    {
      topic: string('1+', 'Topic name.'),
      partitions: array('1+', 'Partition indexes.', of(int32)),
    },
    { default: [], ignorable: true },
  ),
  generationId: int32('2+', 'Generation in which it had them, or -1.', { default: -1, ignorable: true }),
  rackId: string('3+', 'Rack, or null.', { nullable: '3+', default: null, ignorable: true }),
})
export interface ConsumerProtocolSubscription extends TypeOf<typeof ConsumerProtocolSubscription> {}
