import { ZERO_UUID } from '../../model/uuid.ts'
import {
  array,
  bool,
  int16,
  int32,
  int8,
  message,
  of,
  string,
  throttleTime,
  uuid,
  type InputOf,
  type TypeOf,
} from '../schema.ts'

/** Creates topics and waits until their partitions have leaders. */
export const CreateTopicsRequest = message('CreateTopicsRequest', '0-7', '5+', {
  topics: array('0+', 'Topics to create.', {
    name: string('0+', 'Topic name.'),
    numPartitions: int32('0+', "How many partitions, or -1 for the broker's default or with assignments."),
    replicationFactor: int16('0+', "How many replicas, or -1 for the broker's default or with assignments."),
    assignments: array('0+', 'Replicas of each partition; empty to let the broker choose.', {
      partitionIndex: int32('0+', 'Partition index.'),
      brokerIds: array('0+', 'Replicas, the preferred leader first.', of(int32)),
    }),
    configs: array('0+', "Configuration that differs from the broker's defaults.", {
      name: string('0+', 'Configuration key.'),
      value: string('0+', 'Value.', { nullable: '0+' }),
    }),
  }),
  timeoutMs: int32('0+', 'How long to wait until the topics are usable.', { default: 60000 }),
  validateOnly: bool('1+', 'Check the request and change nothing.', { default: false }),
})
export interface CreateTopicsRequest extends TypeOf<typeof CreateTopicsRequest> {}

export const CreateTopicsResponse = message('CreateTopicsResponse', '0-7', '5+', {
  throttleTimeMs: throttleTime('2+'),
  topics: array('0+', 'One entry per topic.', {
    name: string('0+', 'Topic name.'),
    topicId: uuid('7+', 'Topic id.', { default: ZERO_UUID, ignorable: true }),
    errorCode: int16('0+', 'What went wrong, or 0.'),
    errorMessage: string('1+', 'What went wrong, in words for people.', {
      nullable: '0+',
      default: null,
      ignorable: true,
    }),
    topicConfigErrorCode: int16('5+', 'Why the configuration is not told, or 0.', {
      ignorable: true,
      tag: 0,
    }),
    numPartitions: int32('5+', 'How many partitions the topic has, or -1 when not told.', {
      default: -1,
      ignorable: true,
    }),
    replicationFactor: int16('5+', 'How many replicas each partition has, or -1 when not told.', {
      default: -1,
      ignorable: true,
    }),
    configs: array(
      '5+',
      'Configuration of the topic; null when not told.',
      {
        name: string('5+', 'Configuration key.'),
        value: string('5+', 'Value, or null when it is a secret.', { nullable: '5+' }),
        readOnly: bool('5+', 'Whether it cannot be changed while the broker runs.'),
        configSource: int8(
          '5+',
          'Where the value comes from: 1 topic, 2 broker, 3 all brokers, 4 properties file, 5 default.',
          { default: -1, ignorable: true },
        ),
        isSensitive: bool('5+', 'Whether the value is a secret.'),
      },
      { nullable: '5+', default: [], ignorable: true },
    ),
  }),
})
export type CreateTopicsResponse = InputOf<typeof CreateTopicsResponse>
