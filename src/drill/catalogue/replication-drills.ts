import { command, probe } from '../experiment/experiment.ts'
import { drill, NOTHING_LOST } from './drill.ts'

const inSyncAgain = command('in sync again', 'wait isr-full --timeout 60s')
const writesGoOn = command('writes go on', 'wait acknowledgements --timeout 30s')
const balance = [
  command('elect preferred leaders', 'admin elect-preferred'),
  command('leaders balanced', 'wait leaders-balanced --timeout 30s'),
]

export const inSyncShrinks = drill({
  number: 12,
  level: 1,
  title: 'A follower falls behind and comes back',
  description:
    'What one broker fetches from the others is held up, while its session lives. Leaders drop it from the in-sync ' +
    'sets and take it back later; nobody else leads for it.',
  tags: ['replication', 'network'],
  method: [
    command('hold up a follower', 'fault isolate broker follower'),
    command('it is dropped', 'wait isr-short --timeout 30s'),
    writesGoOn,
    command('let it through', 'fault rejoin broker victim'),
    inSyncAgain,
  ],
  thresholds: {
    ...NOTHING_LOST,
    isr_shrinks: ['value>=1'],
    isr_expands: ['value>=1'],
    leader_changes: ['value==0'],
    sessions_lost: ['value==0'],
  },
  coach: {
    symptom: 'Partitions are under-replicated although every broker is registered and answers.',
    hints: ['Is it one follower on all partitions?', 'Compare its fetch rate with the others.'],
    steps: [
      {
        say: 'See which replica lags',
        run: 'probe under-replicated',
        apache: 'kafka-topics.sh --describe --under-replicated-partitions',
      },
      { say: 'Take the cause away', run: 'fault rejoin broker victim' },
    ],
    good: 'The in-sync sets are whole again; no leader changed.',
  },
  mutation: {
    title: 'its session is lost too, so that leadership moves',
    insert: [
      {
        after: 'hold up a follower',
        steps: ['fault silence link victim zookeeper', 'wait broker-gone victim'],
      },
    ],
    replace: { 'let it through': 'fault clear' },
  },
})

export const inSyncFlapping = drill({
  number: 13,
  level: 2,
  title: 'In-sync sets that flap',
  description:
    'A follower is held up again and again, around the limit that leaders grant it. Each time in-sync sets shrink and ' +
    'grow; the cure is to take the cause away and to see that they rest.',
  tags: ['replication', 'network'],
  method: [
    command('hold it up', 'fault isolate broker follower'),
    command('it is dropped', 'wait isr-short --timeout 30s'),
    command('let it through', 'fault rejoin broker victim'),
    command('it is back', 'wait isr-full --timeout 60s'),
    command('hold it up again', 'fault isolate broker victim'),
    command('it is dropped again', 'wait isr-short --timeout 30s'),
    command('take the cause away', 'fault rejoin broker victim'),
    inSyncAgain,
    command('nothing moves any more', 'wait quiet-isr --seconds 6 --timeout 20s'),
  ],
  thresholds: {
    ...NOTHING_LOST,
    isr_shrinks: ['value>=2'],
    isr_expands: ['value>=2'],
    leader_changes: ['value==0'],
  },
  coach: {
    symptom: 'IsrShrinks and IsrExpands tick several times a minute; latency of acks=all is ragged.',
    hints: ['Is it always the same replica?', 'How near is its lag to replica.lag.time.max.ms?'],
    steps: [
      {
        say: 'Find the replica',
        run: 'probe under-replicated',
        apache: 'kafka-topics.sh --describe --under-replicated-partitions',
      },
      { say: 'Fix its network or disk, or raise replica.lag.time.max.ms', run: 'fault rejoin broker victim' },
    ],
    good: 'No shrink or growth for a while.',
  },
  mutation: {
    title: 'the cause stays',
    skip: ['take the cause away'],
    replace: { 'in sync again': 'wait seconds 1' },
  },
})

export const underMinInSync = drill({
  number: 14,
  level: 2,
  title: 'Fewer replicas than writers ask for',
  description:
    'Two of three brokers are stopped. Writes with acks=all must be refused, those with acks=1 are taken at the risk ' +
    'of whoever sends them.',
  tags: ['replication', 'broker'],
  method: [
    command('stop one', 'fault stop broker follower'),
    command('stop another', 'fault stop broker other'),
    command('both are gone', 'wait broker-gone second --timeout 30s', { after: 4 }),
    command('decide: start the first', 'fault start broker victim'),
    command('and the second', 'fault start broker second'),
    inSyncAgain,
    writesGoOn,
    ...balance,
  ],
  thresholds: {
    ...NOTHING_LOST,
    under_min_isr_seconds: ['value>=2'],
    write_gap_ms: [{ threshold: 'max>=3000', window: 'fault' }],
    write_gap_acks_1_ms: [{ threshold: 'max<8000', window: 'fault' }],
  },
  coach: {
    symptom: 'Producers with acks=all get NOT_ENOUGH_REPLICAS; those with acks=1 do not complain.',
    questions: ['Would you lower min.insync.replicas? Write down who decides, and what is at stake.'],
    hints: ['UnderMinIsrPartitionCount.', 'How fast can a replica be brought back?'],
    steps: [
      {
        say: 'Count partitions below the minimum',
        run: 'probe under-min-isr',
        apache: 'kafka-topics.sh --describe --under-min-isr-partitions',
      },
      {
        say: 'Restore a replica',
        run: 'fault start broker victim',
        apache: 'kafka-server-start.sh server.properties',
      },
      {
        say: 'And the other',
        run: 'fault start broker second',
        apache: 'kafka-server-start.sh server.properties',
      },
    ],
    good: 'acks=all was refused and nothing of it is lost; acks=1 went on.',
  },
  mutation: {
    title: 'one replica is enough (min.insync.replicas=1)',
    config: { 'min.insync.replicas': '1' },
  },
})

export const uncleanElection = drill({
  number: 15,
  level: 3,
  title: 'The last in-sync replica is dead',
  description:
    'A partition has two replicas. The follower dies, the leader goes on alone and dies too; the old follower comes ' +
    'back. Without permission nobody may lead; with it the partition serves again, and what only the dead leader had ' +
    'is lost: the report says exactly how much.',
  tags: ['replication', 'durability'],
  // What is lost is never read: the readers' lag stays.
  unlike: ['readers keep up'],
  workload: {
    replication: 2,
    assignment: [
      [1, 2],
      [1, 2],
      [1, 2],
    ],
    topicConfig: { 'min.insync.replicas': '1' },
    deliveryTimeout: 90,
  },
  sandbox: { config: { 'min.insync.replicas': '1' } },
  method: [
    command('the follower dies', 'fault kill broker 2'),
    command('it is dropped', 'wait isr-single --timeout 30s'),
    command('the leader goes on alone', 'wait acknowledgements --lane all --count 300 --timeout 40s'),
    command('the leader dies', 'fault kill broker 1'),
    command('nobody leads', 'wait offline --timeout 30s'),
    command('the old follower comes back', 'fault start broker 2', { after: 4 }),
    probe('still nobody may lead', 'probe offline', { type: 'range', range: [1, 99] }),
    command('permit it for one topic', 'admin topic-config all unclean.leader.election.enable=true'),
    command('and for the other', 'admin topic-config 1 unclean.leader.election.enable=true'),
    command('it leads', 'wait no-offline --timeout 30s'),
    command('forbid it again', 'admin topic-config all unclean.leader.election.enable='),
    command('and for the other again', 'admin topic-config 1 unclean.leader.election.enable='),
    command('the old leader comes back', 'fault start broker 1'),
    inSyncAgain,
    writesGoOn,
    command('readers are where the log is', 'wait seconds 2'),
    ...balance,
  ],
  thresholds: {
    acked_lost: ['value>=1'],
    reordered: ['value==0'],
    offline_seconds: ['value>=2'],
    measured_offline_ms: ['value>0'],
  },
  coach: {
    symptom:
      'A partition has no leader (LEADER_NOT_AVAILABLE); one of its brokers is up, the other will not come back.',
    questions: ['What is worth more: the records that only the dead broker has, or service now?'],
    hints: [
      'Which replica was in the in-sync set last?',
      'unclean.leader.election.enable is a topic setting: give it back afterwards.',
    ],
    steps: [
      {
        say: 'See what is offline',
        run: 'probe offline',
        apache: 'kafka-topics.sh --describe --unavailable-partitions',
      },
      {
        say: 'Permit it',
        run: 'admin topic-config all unclean.leader.election.enable=true',
        apache:
          'kafka-configs.sh --alter --entity-type topics --entity-name … --add-config unclean.leader.election.enable=true',
      },
      {
        say: 'Permit it for the other topic',
        run: 'admin topic-config 1 unclean.leader.election.enable=true',
      },
      {
        say: 'Forbid it again',
        run: 'admin topic-config all unclean.leader.election.enable=',
        apache: 'kafka-configs.sh --alter … --delete-config unclean.leader.election.enable',
      },
    ],
    good: 'It was a decision, it is taken back, and the number of lost records is known.',
  },
  mutation: {
    title: 'unclean elections are allowed from the start',
    workload: { topicConfig: { 'min.insync.replicas': '1', 'unclean.leader.election.enable': 'true' } },
  },
})

export const reassignment = drill({
  number: 16,
  level: 1,
  title: 'A broker joins and takes over partitions',
  description:
    'A fourth broker is added, and partitions are moved to it under a throttle, which must not be forgotten ' +
    'afterwards.',
  tags: ['reassignment'],
  method: [
    command('a broker joins', 'admin add-broker 4'),
    command('throttle', 'admin broker-config leader.replication.throttled.rate=10000000'),
    command('throttle followers', 'admin broker-config follower.replication.throttled.rate=10000000'),
    command('move', 'admin reassign all 2,3,4', { after: 1 }),
    command('it is over', 'wait reassignment-over --timeout 60s'),
    inSyncAgain,
    command('remove the throttle', 'admin broker-config leader.replication.throttled.rate='),
    command('of followers too', 'admin broker-config follower.replication.throttled.rate=', { after: 1 }),
    probe('no throttle is left', 'probe throttles', 0),
    probe('the new broker has replicas', 'probe replicas-on 4', { type: 'range', range: [3, 99] }),
    ...balance,
  ],
  thresholds: { ...NOTHING_LOST, write_gap_ms: ['max<3000'], offline_seconds: ['value==0'] },
  coach: {
    symptom: 'The disks of three brokers fill up; a fourth has been bought and stands empty.',
    hints: ['A throttle that is too low never lets it end.', 'What must be removed when it is over?'],
    steps: [
      {
        say: 'Start the new broker',
        run: 'admin add-broker 4',
        apache: 'kafka-server-start.sh server-4.properties',
      },
      {
        say: 'Move',
        run: 'admin reassign all 2,3,4',
        apache: 'kafka-reassign-partitions.sh --execute --throttle …',
      },
      {
        say: 'Verify, which removes the throttle',
        run: 'probe reassigning',
        apache: 'kafka-reassign-partitions.sh --verify',
      },
    ],
    good: 'Balanced, no throttle left behind, writers hardly noticed.',
  },
  mutation: { title: 'the throttle is forgotten', skip: ['remove the throttle', 'of followers too'] },
})

export const stuckReassignment = drill({
  number: 17,
  level: 3,
  title: 'A reassignment that is stuck',
  description:
    'The broker that partitions move to dies on the way. The move can never end; it is cancelled, and the old ' +
    'replicas are what they were.',
  tags: ['reassignment'],
  method: [
    command('a broker joins', 'admin add-broker 4'),
    command('it cannot fetch', 'fault isolate broker 4'),
    command('move to it', 'admin reassign all 1,2,4'),
    command('it has begun', 'wait reassigning --timeout 20s'),
    command('the target dies', 'fault kill broker 4', { after: 2 }),
    probe('it is stuck', 'probe reassigning', { type: 'range', range: [1, 99] }),
    command('cancel', 'admin cancel-reassignment all'),
    command('it is over', 'wait reassignment-over --timeout 20s'),
    probe('nothing is left on the target', 'probe replicas-on 4', 0),
    inSyncAgain,
    ...balance,
  ],
  thresholds: { ...NOTHING_LOST, offline_seconds: ['value==0'] },
  coach: {
    symptom: 'ReassigningPartitions stands still for an hour; the target does not answer.',
    hints: ['Which replica is being added?', 'Deleting znodes by hand is the last thing to try.'],
    steps: [
      {
        say: 'See what is being moved',
        run: 'probe reassigning',
        apache: 'kafka-reassign-partitions.sh --list',
      },
      {
        say: 'Cancel',
        run: 'admin cancel-reassignment all',
        apache: 'kafka-reassign-partitions.sh --cancel',
      },
    ],
    good: 'The assignment is what it was; no replica is left behind.',
  },
  mutation: { title: 'nobody cancels', skip: ['cancel'] },
})

export const diskFull = drill({
  number: 18,
  level: 2,
  title: 'A disk is full',
  description:
    'Every write of one broker fails with ENOSPC. Its log directory goes offline, others lead; space is made, and the ' +
    'broker comes back and catches up.',
  tags: ['disk', 'broker'],
  needs: ['inner-faults'],
  method: [
    command('fill the disk', 'fault disk follower full'),
    command('its replicas drop out', 'wait isr-short --timeout 40s'),
    command('writes go on', 'wait acknowledgements --timeout 30s', { after: 2 }),
    command('make room', 'fault disk victim well', { after: 1 }),
    command('restart it', 'fault restart broker victim'),
    inSyncAgain,
    ...balance,
  ],
  thresholds: {
    ...NOTHING_LOST,
    isr_shrinks: ['value>=1'],
    isr_expands: ['value>=1'],
    write_gap_ms: [{ threshold: 'max<9000', window: 'fault' }],
  },
  coach: {
    symptom: 'A broker stops, or its log directory is offline; its log says: no space left on device.',
    questions: [
      'In which order of risk would you: enlarge the disk, move partitions, shorten retention, delete files?',
    ],
    hints: ['Never delete segment files by hand.', 'df, and the mount of each log.dirs entry.'],
    steps: [
      {
        say: 'Make room: enlarge, or shorten the retention of a topic',
        run: 'fault disk victim well',
        apache: 'kafka-configs.sh --alter … --add-config retention.ms=…',
      },
      {
        say: 'Restart the broker',
        run: 'fault restart broker victim',
        apache: 'kafka-server-start.sh server.properties',
      },
    ],
    good: 'Recovered without deleting a single file by hand; nothing acknowledged is lost.',
  },
  mutation: { title: 'nobody makes room', skip: ['make room'] },
})
