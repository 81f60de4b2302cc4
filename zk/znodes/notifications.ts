import type { BrokerId, PartitionIndex } from '../../src/model/ids.ts'
import type { TopicPartition } from '../../src/model/topic-partition.ts'
import { znode } from '../znode.ts'
import { json, nothing } from './codecs.ts'

export const isrChangeNotifications = znode({
  path: '/isr_change_notification',
  lifetime: 'persistent',
  acl: 'default',
  codec: nothing,
  meaning: 'Its children tell the controller of in-sync replicas that leaders changed by themselves.',
})

/** Source: kafka.zk.IsrChangeNotificationSequenceZNode. */
export const isrChangeNotification = znode({
  path: '/isr_change_notification/isr_change_{sequence:sequence}',
  lifetime: 'sequential',
  acl: 'default',
  codec: json<readonly TopicPartition[]>({
    format: 'JSON v1',
    write: (partitions) => ({
      version: 1,
      partitions: partitions.map(({ topic, partition }) => ({ topic, partition })),
    }),
    read: (fields) =>
      fields.objects('partitions').map((entry) => ({
        topic: entry.text('topic'),
        partition: entry.integer('partition') as PartitionIndex,
      })),
  }),
  meaning: 'Partitions whose state was changed by a leader (inter-broker protocol before 2.7).',
})

export const logDirEventNotifications = znode({
  path: '/log_dir_event_notification',
  lifetime: 'persistent',
  acl: 'default',
  codec: nothing,
  meaning: 'Its children tell the controller of failed log directories.',
})

/** 1: a log directory failed. There are no other events. */
const LOG_DIR_FAILURE = 1

/** Source: kafka.zk.LogDirEventNotificationSequenceZNode. */
export const logDirEventNotification = znode({
  path: '/log_dir_event_notification/log_dir_event_{sequence:sequence}',
  lifetime: 'sequential',
  acl: 'default',
  codec: json<{ readonly broker: BrokerId }>({
    format: 'JSON v1',
    write: ({ broker }) => ({ version: 1, broker, event: LOG_DIR_FAILURE }),
    read: (fields) => {
      const event = fields.integer('event')
      if (event !== LOG_DIR_FAILURE) fields.fail(`event ${event} is unknown`)
      return { broker: fields.integer('broker') as BrokerId }
    },
  }),
  meaning: 'A broker has lost a log directory.',
})
