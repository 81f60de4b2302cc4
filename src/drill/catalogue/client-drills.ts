import { command, probe } from '../experiment/experiment.ts'
import { drill, NOTHING_LOST } from './drill.ts'

export const consumerLag = drill({
  number: 19,
  level: 1,
  title: 'Consumers fall behind',
  description:
    'Readers become ten times slower than writers, then five times faster than these. How long it will take to catch ' +
    'up can be reckoned: the drill holds the estimate against what happens.',
  tags: ['consumer'],
  method: [
    command('readers slow down', 'workload read-rate 20'),
    command('they fall behind', 'wait lag 1500 --timeout 40s'),
    command('more readers', 'workload read-rate 600'),
    command('they catch up', 'wait drained --timeout 60s'),
    command('no limit any more', 'workload read-rate full', { after: 1 }),
  ],
  thresholds: {
    ...NOTHING_LOST,
    lag_records: ['max>=1300'],
    measured_drain_ratio: ['value>=0.8', 'value<=1.2'],
  },
  coach: {
    symptom: 'Lag and its age in seconds grow steadily; brokers are idle.',
    questions: ['At this rate, when will they have caught up?'],
    hints: ['Is one partition behind, or all of them?', 'lag divided by (read rate − write rate).'],
    steps: [
      {
        say: 'Measure the lag twice',
        run: 'probe lag',
        apache: 'kafka-consumer-groups.sh --describe --group …',
      },
      { say: 'Add readers, up to one per partition', run: 'workload read-rate 600' },
    ],
    good: 'The estimate was right within a fifth; the lag is gone.',
  },
  mutation: { title: 'readers stay slow', replace: { 'more readers': 'workload read-rate 220' } },
})

export const rebalanceStorm = drill({
  number: 20,
  level: 2,
  title: 'A group that never stops rebalancing',
  description:
    'One member of a group takes too long, leaves and joins again, without end; every time all of them stand still. ' +
    'When it is found and given the time it needs, the group rests.',
  tags: ['consumer', 'group'],
  method: [
    command('a group of three', 'group start 3'),
    command('it is stable', 'wait group-stable --seconds 2 --timeout 60s'),
    command('one member is too slow', 'group slow-member --ms 800'),
    command('a storm', 'wait generations 4 --timeout 60s'),
    command('raise its limit', 'group calm'),
    command('it is stable again', 'wait group-stable --seconds 3 --timeout 60s'),
    command('count what is left', 'measure rebalances --seconds 8'),
  ],
  thresholds: {
    ...NOTHING_LOST,
    measured_rebalances_per_minute: ['value>=5'],
    measured_rebalances_afterwards: ['value<=1'],
  },
  coach: {
    symptom:
      'A group is in PreparingRebalance whenever one looks; lag grows in steps; all its members seem healthy.',
    questions: ['Which member is new in every generation?'],
    hints: [
      'Count generations per minute.',
      'max.poll.interval.ms of the slow one; static membership (group.instance.id).',
    ],
    steps: [
      {
        say: 'Watch the generations',
        run: 'wait generations 2',
        apache: 'kafka-consumer-groups.sh --describe --group … --state',
      },
      { say: 'Raise max.poll.interval.ms of the slow member, or lower max.poll.records', run: 'group calm' },
    ],
    good: 'At most one rebalance a minute.',
  },
  mutation: {
    title: 'the slow member is left as it is',
    skip: ['raise its limit'],
    replace: { 'it is stable again': 'wait seconds 1' },
  },
})

export const poisonMessage = drill({
  number: 21,
  level: 1,
  title: 'A record that cannot be decoded',
  description:
    'A consumer stands before a record that it cannot read and gets no further. The group is stopped, its offset moved ' +
    'by one (the old one is kept), and it goes on: exactly one record is skipped.',
  tags: ['consumer', 'group', 'offsets'],
  method: [
    command('a topic of orders', 'admin create-topic drill-orders'),
    command('twenty good ones', 'orders write 20 good'),
    command('a bad one', 'orders write 1 poison'),
    command('twenty more', 'orders write 20 good'),
    probe('the consumer is stuck', 'orders process --until 41', 20),
    probe('trying again does not help', 'orders process --until 41', 20),
    command('shift its offset by one', 'orders shift 1'),
    probe('it goes on to the end', 'orders process --until 41', 41),
  ],
  thresholds: {
    ...NOTHING_LOST,
    measured_orders_processed: ['value==40'],
    measured_undo_saved: ['value==1'],
  },
  coach: {
    symptom: 'A group stays at one offset of one partition; its log repeats the same deserialization error.',
    questions: ['How do you know that it is only one record?'],
    hints: ['Read that offset by itself.', 'The group must have no active members when its offset is moved.'],
    steps: [
      {
        say: 'Look at the record',
        run: 'orders process --until 41',
        apache: 'kafka-console-consumer.sh --partition 0 --offset 20 --max-messages 1',
      },
      {
        say: 'Stop the group and shift its offset by one',
        run: 'orders shift 1',
        apache: 'kafka-consumer-groups.sh --reset-offsets --shift-by 1 --topic …:0 --execute',
      },
      { say: 'Start it again', run: 'orders process --until 41' },
    ],
    good: 'One record is skipped, not two; the old offset is written down.',
  },
  mutation: {
    title: 'the offset is shifted too far',
    replace: { 'shift its offset by one': 'orders shift 3' },
  },
})

export const offsetMigration = drill({
  number: 22,
  level: 2,
  title: 'Offsets move from ZooKeeper to Kafka, and back',
  description:
    'A legacy group keeps its offsets in ZooKeeper. Both stores are written for a while, compared, then the new one ' +
    'alone; and all the way back. At no time may a record be skipped.',
  tags: ['offsets', 'group', 'zookeeper'],
  needs: ['own-brokers'],
  method: [
    command('the legacy group commits', 'offsets commit 100 zookeeper'),
    probe('it is in ZooKeeper', 'probe committed zookeeper', 100),
    command('write both', 'admin broker-config offsets.storage=dual', { after: 1 }),
    command('the group commits with the new API', 'offsets commit 200 group'),
    probe('ZooKeeper has it', 'probe committed zookeeper', 200),
    command('read Kafka alone', 'admin broker-config offsets.storage=kafka', { after: 1 }),
    command('compare both', 'measure drift'),
    probe('Kafka has it', 'probe committed group', 200),
    command('the group commits on', 'offsets commit 300 group'),
    command('back: write both', 'admin broker-config offsets.storage=dual', { after: 1 }),
    command('the group commits to both', 'offsets commit 400 group'),
    command('compare again', 'measure drift'),
    command('back in ZooKeeper', 'admin broker-config offsets.storage=zookeeper', { after: 1 }),
    probe('nothing skipped', 'probe committed group', 400),
    probe('the legacy reader agrees', 'probe committed zookeeper', 400),
    command('as it was', 'admin broker-config offsets.storage=', { after: 1 }),
  ],
  thresholds: { ...NOTHING_LOST, measured_drift: ['value==0'] },
  coach: {
    symptom: 'Consumers of an old version must be replaced; their offsets are found in ZooKeeper only.',
    questions: ['What would a group do that is switched without dual commits?'],
    hints: ['offsets.storage=dual writes both.', 'Compare before every switch.'],
    steps: [
      {
        say: 'Write both stores',
        run: 'admin broker-config offsets.storage=dual',
        apache: 'offsets.storage=kafka, dual.commit.enabled=true in each consumer, and a rolling bounce',
      },
      { say: 'Compare', run: 'measure drift' },
      {
        say: 'Switch',
        run: 'admin broker-config offsets.storage=kafka',
        apache: 'dual.commit.enabled=false, and another bounce',
      },
    ],
    good: 'No record skipped, at most one commit interval read twice, no drift between the stores.',
  },
  mutation: { title: 'switched without writing both', skip: ['write both', 'back: write both'] },
})
