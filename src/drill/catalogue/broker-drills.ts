import { command, probe } from '../experiment/experiment.ts'
import { drill, NOTHING_LOST } from './drill.ts'

const inSyncAgain = command('in sync again', 'wait isr-full --timeout 60s')
const writesGoOn = command('writes go on', 'wait acknowledgements --timeout 30s')
const balance = [
  command('elect preferred leaders', 'admin elect-preferred'),
  command('leaders balanced', 'wait leaders-balanced --timeout 30s'),
]

const STEP_PREFERRED = {
  say: 'Give leadership back to the preferred replicas',
  run: 'admin elect-preferred',
  apache: 'kafka-leader-election.sh --bootstrap-server … --election-type preferred --all-topic-partitions',
}

export const brokerCrash = drill({
  number: 1,
  level: 1,
  title: 'A broker crashes under load',
  description:
    'The leader of some partitions is killed. Writes that wait for all replicas go on once the controller has moved ' +
    'leadership, and nothing that was acknowledged may be missing afterwards.',
  tags: ['broker'],
  method: [
    command('kill the leader', 'fault kill broker leader', { after: 1 }),
    command('it is gone', 'wait broker-gone victim --timeout 30s'),
    command('leaders moved', 'wait no-offline --timeout 30s'),
    writesGoOn,
    command('start it again', 'fault start broker victim', { before: 1 }),
    inSyncAgain,
    ...balance,
  ],
  thresholds: {
    ...NOTHING_LOST,
    write_gap_ms: [{ threshold: 'max<9000', window: 'fault' }],
    urp_seconds: ['value<60'],
    sessions_lost: ['value>=1'],
  },
  'stop-conditions': ['offline_partitions>0 for 40s'],
  coach: {
    symptom:
      'Writers report NOT_LEADER_OR_FOLLOWER and timeouts for a few seconds. Then it is quiet, but some partitions are under-replicated.',
    questions: ['Which partitions would refuse writes if another broker died now?'],
    hints: ['Count the registered brokers.', 'Is the process of the missing broker still there?'],
    steps: [
      {
        say: 'See which replicas are missing',
        run: 'zurau topics describe --under-replicated',
        apache: 'kafka-topics.sh --bootstrap-server … --describe --under-replicated-partitions',
      },
      {
        say: 'Start the broker again',
        run: 'fault start broker victim',
        apache: 'kafka-server-start.sh server.properties',
      },
      STEP_PREFERRED,
    ],
    good: 'No acknowledged record is lost, writes paused for little more than the session timeout, leaders are balanced.',
  },
  mutation: {
    title: 'records are kept by one broker only, whose disk is lost with it',
    workload: { replication: 1, topicConfig: { 'min.insync.replicas': '1' } },
    replace: { 'leaders moved': 'wait seconds 1', 'writes go on': 'wait seconds 1' },
    insert: [{ after: 'it is gone', steps: ['fault wipe broker victim'] }],
  },
})

export const gracefulStop = drill({
  number: 2,
  level: 1,
  title: 'A broker is stopped in order',
  description:
    'A broker that is told to stop hands its leadership over first. Writers notice next to nothing.',
  tags: ['broker', 'maintenance'],
  method: [
    command('stop the leader', 'fault stop broker leader'),
    command('it is gone', 'wait broker-gone victim --timeout 10s'),
    writesGoOn,
    command('start it again', 'fault start broker victim', { before: 1 }),
    inSyncAgain,
    ...balance,
  ],
  thresholds: {
    ...NOTHING_LOST,
    write_gap_ms: [{ threshold: 'max<1500', window: 'fault' }],
    offline_seconds: ['value==0'],
    sessions_lost: ['value>=1'],
  },
  coach: {
    symptom: 'A machine must be taken out for maintenance while writers go on.',
    questions: ['Which partitions have another in-sync replica than the one on this broker?'],
    hints: [
      'SIGTERM is not SIGKILL: give it its time.',
      'The broker logs when all leadership is handed over.',
    ],
    steps: [
      {
        say: 'See that every partition is in sync',
        run: 'probe under-replicated',
        apache: 'kafka-topics.sh --describe --under-replicated-partitions',
      },
      {
        say: 'Stop the broker with SIGTERM',
        run: 'fault stop broker leader',
        apache: 'kafka-server-stop.sh',
      },
      {
        say: 'Start it again',
        run: 'fault start broker victim',
        apache: 'kafka-server-start.sh server.properties',
      },
      STEP_PREFERRED,
    ],
    good: 'No failed write, no pause above half a second on a quiet machine, nothing offline at any time.',
  },
  mutation: {
    title: 'the broker is killed: nobody hands over',
    replace: { 'stop the leader': 'fault kill broker leader' },
  },
})

export const rollingRestart = drill({
  number: 3,
  level: 2,
  title: 'All brokers are restarted, one after the other',
  description:
    'Each broker is stopped in order and started again, the controller last; the next one goes only when every ' +
    'replica is in sync again.',
  tags: ['broker', 'maintenance'],
  method: [command('restart all', 'admin roll --gate isr-full'), writesGoOn, ...balance],
  thresholds: {
    ...NOTHING_LOST,
    write_gap_ms: [{ threshold: 'max<2500', window: 'fault' }],
    under_min_isr_seconds: ['value==0'],
    offline_seconds: ['value==0'],
    sessions_lost: ['value>=3'],
  },
  coach: {
    symptom: 'A new version is to be put on all brokers; the cluster stays in service.',
    hints: [
      'Wait for the gate: no partition under-replicated.',
      'Restart the controller last, so that it moves once.',
    ],
    steps: [
      {
        say: 'Restart all brokers behind a gate',
        run: 'admin roll --gate isr-full',
        apache:
          'kafka-server-stop.sh; kafka-server-start.sh …; repeat when kafka-topics.sh --describe --under-replicated-partitions is empty',
      },
      STEP_PREFERRED,
    ],
    good: 'Under-replicated partitions rise and fall once per broker, never below min in-sync; no write fails.',
  },
  mutation: {
    title: 'two go at once, and nobody waits',
    replace: { 'restart all': 'admin roll --gate none --together 2' },
  },
})

export const rollingRestartWrong = drill({
  number: 4,
  level: 2,
  title: 'A rolling restart that is done wrong',
  description:
    'Two of three brokers go down together. Writes that wait for all replicas must be refused rather than be taken ' +
    'and lost; they go on when the brokers are back.',
  tags: ['broker', 'maintenance'],
  method: [
    command('the first goes', 'fault kill broker follower'),
    command('the second goes', 'fault kill broker other'),
    command('both are gone', 'wait broker-gone second --timeout 30s', { after: 3 }),
    command('start the first', 'fault start broker victim'),
    command('start the second', 'fault start broker second'),
    inSyncAgain,
    writesGoOn,
    ...balance,
  ],
  thresholds: {
    ...NOTHING_LOST,
    under_min_isr_seconds: ['value>=1'],
    write_gap_ms: [
      { threshold: 'max>=3000', window: 'fault' },
      { threshold: 'max<40000', window: 'fault' },
    ],
  },
  coach: {
    symptom: 'During an upgrade writers begin to fail with NOT_ENOUGH_REPLICAS.',
    questions: ['Are records lost, or refused?'],
    hints: ['How many brokers are down at this moment?', 'Do not touch the one that is left.'],
    steps: [
      {
        say: 'Stop the upgrade, count the brokers',
        run: 'probe brokers',
        apache: 'zookeeper-shell.sh … ls /brokers/ids',
      },
      {
        say: 'Start what is down',
        run: 'fault start broker victim',
        apache: 'kafka-server-start.sh server.properties',
      },
      {
        say: 'And the other',
        run: 'fault start broker second',
        apache: 'kafka-server-start.sh server.properties',
      },
    ],
    good: 'Writers waited; every record that was acknowledged is there.',
  },
  mutation: {
    title: 'one replica is enough to acknowledge (min.insync.replicas=1)',
    config: { 'min.insync.replicas': '1' },
  },
})

export const controllerFailover = drill({
  number: 5,
  level: 1,
  title: 'The controller is lost',
  description:
    'The broker that is the controller is killed; another one takes over with the next epoch. Then /controller is ' +
    'deleted by hand: an election without any broker lost.',
  tags: ['controller', 'zookeeper'],
  method: [
    command('kill the controller', 'fault kill broker controller'),
    command('another takes over', 'wait new-controller --timeout 30s'),
    command('leaders moved', 'wait no-offline --timeout 30s'),
    command('start it again', 'fault start broker victim', { before: 1 }),
    inSyncAgain,
    command('delete /controller', 'admin delete-znode /controller', { after: 1 }),
    command('somebody is elected', 'wait controller --timeout 10s'),
    probe('the epoch moved twice', 'probe controller-moves', { type: 'range', range: [2, 9] }),
    command('it works: a topic is made', 'admin create-topic after-failover'),
    inSyncAgain,
    ...balance,
  ],
  thresholds: {
    ...NOTHING_LOST,
    measured_new_controller_ms: ['value<7000'],
    write_gap_ms: [{ threshold: 'max<9000', window: 'fault' }],
    controller_changes: ['value>=2'],
  },
  coach: {
    symptom: 'ActiveControllerCount sums to 0; topics cannot be created, nothing that fails is repaired.',
    hints: ['Read /controller and /controller_epoch.', 'Whose session held the znode?'],
    steps: [
      {
        say: 'Find the controller',
        run: 'probe controllers',
        apache: 'zookeeper-shell.sh … get /controller',
      },
      {
        say: 'Confirm that the epoch moved',
        run: 'probe controller-moves',
        apache: 'zookeeper-shell.sh … get /controller_epoch',
      },
      {
        say: 'Start the lost broker',
        run: 'fault start broker victim',
        apache: 'kafka-server-start.sh server.properties',
      },
    ],
    good: 'A new controller within the session timeout and two seconds, epoch plus one, no partition left offline.',
  },
  mutation: {
    title: 'sessions live so long that the failure is seen too late',
    config: { 'zookeeper.session.timeout.ms': '10000' },
  },
})

export const zombieController = drill({
  number: 6,
  level: 3,
  title: 'A controller that sleeps and wakes',
  description:
    'The controller stands still for longer than its session and then goes on, believing that it still is the ' +
    'controller. Its old epoch must count for nothing.',
  tags: ['controller', 'zookeeper'],
  method: [
    command('pause the controller', 'fault pause broker controller'),
    command('another takes over', 'wait new-controller --timeout 30s', { after: 4 }),
    command('it wakes', 'fault resume broker victim', { after: 2 }),
    command('it registers anew', 'wait all-brokers --timeout 60s'),
    inSyncAgain,
    probe('the new epoch stands', 'probe controller-moves', { type: 'range', range: [1, 3] }),
    command('the new one works', 'admin create-topic after-zombie'),
    inSyncAgain,
    ...balance,
  ],
  thresholds: {
    ...NOTHING_LOST,
    // Once: the one that woke gave up without another election.
    controller_changes: ['value==1'],
    sessions_lost: ['value>=1'],
    surprising_deaths: ['value==0'],
  },
  coach: {
    symptom:
      'Two brokers log that they are the controller; one of them is refused with STALE_CONTROLLER_EPOCH.',
    hints: [
      'Compare /controller_epoch with the epoch that each of them logs.',
      'Was there a long pause of the process or of the machine?',
    ],
    steps: [
      {
        say: 'Read the epoch',
        run: 'probe controller-epoch',
        apache: 'zookeeper-shell.sh … get /controller_epoch',
      },
      {
        say: 'Wake or restart the zombie',
        run: 'fault resume broker victim',
        apache: 'kafka-server-stop.sh; kafka-server-start.sh server.properties',
      },
    ],
    good: 'One controller; the old one resigned by itself; no log diverged.',
  },
  mutation: {
    title: 'the epoch is set back, as if the old word still counted',
    insert: [{ after: 'it wakes', steps: ['admin set-controller-epoch-back'] }],
  },
})
