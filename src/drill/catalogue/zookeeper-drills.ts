import { command, probe } from '../experiment/experiment.ts'
import { drill, NOTHING_LOST } from './drill.ts'

const ENSEMBLE = { zookeeper: 3 }
const inSyncAgain = command('in sync again', 'wait isr-full --timeout 60s')
const UNDISTURBED = {
  ...NOTHING_LOST,
  write_gap_ms: [{ threshold: 'max<2000', window: 'fault' as const }],
  sessions_lost: ['value==0'],
  controller_changes: ['value==0'],
}

export const sessionExpiry = drill({
  number: 7,
  level: 2,
  title: 'A broker loses its ZooKeeper session',
  description:
    'Nothing comes through between one broker and ZooKeeper until its session expires. The broker must register anew, ' +
    'with a new epoch, and catch up, without being restarted.',
  tags: ['zookeeper', 'network'],
  method: [
    command('let the session expire', 'fault expire-session broker follower'),
    command('it registers anew', 'wait all-brokers --timeout 30s'),
    inSyncAgain,
    command('writes go on', 'wait acknowledgements --timeout 30s'),
    command('elect preferred leaders', 'admin elect-preferred'),
    command('leaders balanced', 'wait leaders-balanced --timeout 30s'),
  ],
  thresholds: {
    ...NOTHING_LOST,
    sessions_lost: ['value>=1'],
    isr_expands: ['value>=1'],
    surprising_deaths: ['value==0'],
    write_gap_ms: [{ threshold: 'max<9000', window: 'fault' }],
  },
  coach: {
    symptom: 'A broker vanishes from /brokers/ids and comes back by itself; its uptime is unbroken.',
    hints: [
      'Was the process paused, or the network?',
      'Compare the longest pause with zookeeper.session.timeout.ms.',
    ],
    steps: [
      { say: 'See who is registered', run: 'probe brokers', apache: 'zookeeper-shell.sh … ls /brokers/ids' },
      { say: 'Heal the network', run: 'fault heal link victim zookeeper' },
    ],
    good: 'Registered with a new epoch, in sync again, nobody restarted anything.',
  },
  mutation: {
    title: 'the link never heals',
    replace: { 'let the session expire': 'fault silence link follower zookeeper' },
    insert: [{ after: 'let the session expire', steps: ['wait broker-gone victim --timeout 30s'] }],
  },
})

export const zookeeperFollowerLoss = drill({
  number: 8,
  level: 1,
  title: 'A ZooKeeper follower dies',
  description:
    'One of three ZooKeeper servers is killed. Sessions move to the others; clients notice nothing.',
  tags: ['zookeeper'],
  sandbox: ENSEMBLE,
  needs: ['ensemble'],
  method: [
    command('kill a follower', 'fault kill zookeeper follower', { after: 6 }),
    probe('two are left', 'probe zookeepers', 2),
    command('metadata can be changed', 'admin create-topic with-two-servers'),
    command('start it again', 'fault start zookeeper victim'),
    probe('three serve', 'probe zookeepers', 3),
  ],
  thresholds: UNDISTURBED,
  coach: {
    symptom: 'Brokers log that a ZooKeeper connection was lost and made anew; nothing else happens.',
    hints: ['Ask each server: srvr.', 'How many more may fail?'],
    steps: [
      { say: 'Count the servers', run: 'probe zookeepers', apache: 'echo srvr | nc host 2181' },
      {
        say: 'Replace or restart the lost one',
        run: 'fault start zookeeper victim',
        apache: 'zookeeper-server-start.sh',
      },
    ],
    good: 'No session lost, no controller change, no write paused.',
  },
  mutation: {
    title: 'a second server dies: the quorum is gone',
    insert: [{ after: 'kill a follower', steps: ['fault kill zookeeper leader'] }],
  },
})

export const zookeeperLeaderLoss = drill({
  number: 9,
  level: 2,
  title: 'The ZooKeeper leader dies',
  description:
    'The leader of the ensemble is killed. Metadata stands still until another one leads; sessions survive, and the ' +
    'brokers keep their roles.',
  tags: ['zookeeper'],
  sandbox: ENSEMBLE,
  needs: ['ensemble'],
  method: [
    command('kill the leader', 'fault kill zookeeper leader', { after: 1 }),
    command('another one leads', 'wait zookeeper --timeout 30s', { after: 5 }),
    command('metadata can be changed', 'admin create-topic after-election'),
    command('start it again', 'fault start zookeeper victim'),
    probe('three serve', 'probe zookeepers', 3),
  ],
  thresholds: UNDISTURBED,
  coach: {
    symptom: 'For a few seconds topics cannot be created and latencies of ZooKeeper requests jump.',
    hints: ['Which server says Mode: leader?', 'Did any broker lose its session?'],
    steps: [
      {
        say: 'Ask each server for its mode',
        run: 'probe zookeepers',
        apache: 'echo srvr | nc host 2181 | grep Mode',
      },
      {
        say: 'Restart the lost server',
        run: 'fault start zookeeper victim',
        apache: 'zookeeper-server-start.sh',
      },
    ],
    good: 'Sessions survive, no controller change, writes never pause.',
  },
  mutation: {
    title: 'no other server can lead: a second one is dead',
    insert: [{ after: 'kill the leader', steps: ['fault kill zookeeper follower'] }],
  },
})

export const zookeeperQuorumLost = drill({
  number: 10,
  level: 3,
  title: 'The ZooKeeper quorum is lost',
  description:
    'Two of three ZooKeeper servers are down for longer than a session. Leaders go on serving; nothing can be changed. ' +
    'When the quorum is back, everything must work again, not only look so.',
  tags: ['zookeeper'],
  sandbox: ENSEMBLE,
  needs: ['ensemble'],
  method: [
    command('kill one', 'fault kill zookeeper follower'),
    command('kill the leader', 'fault kill zookeeper leader'),
    command('nobody answers', 'wait no-zookeeper --timeout 20s'),
    command('nothing can be changed', 'admin refuses create-topic impossible'),
    command('writes go on', 'wait acknowledgements --count 1500 --timeout 30s'),
    command('start one', 'fault start zookeeper victim'),
    command('start the other', 'fault start zookeeper second'),
    command('the quorum is back', 'wait zookeeper --timeout 60s'),
    command('all brokers are registered', 'wait all-brokers --timeout 60s'),
    command('there is a controller', 'wait controller --timeout 30s'),
    inSyncAgain,
    command('topics can be made', 'admin create-topic possible-again'),
    command('a broker can be restarted', 'fault restart broker other'),
    inSyncAgain,
    command('elect preferred leaders', 'admin elect-preferred'),
    command('leaders balanced', 'wait leaders-balanced --timeout 30s'),
  ],
  thresholds: {
    ...NOTHING_LOST,
    write_gap_ms: [{ threshold: 'max<5000', window: 'fault' }],
    no_zookeeper_seconds: ['value>=5'],
    surprising_deaths: ['value==0'],
  },
  coach: {
    symptom:
      'Topics cannot be created and in-sync sets stand still, yet producers and consumers are content.',
    questions: ['What would happen if a broker failed right now?'],
    hints: ['Freeze all changes; restart no broker.', 'How many ZooKeeper servers make a majority?'],
    steps: [
      { say: 'Count the servers that serve', run: 'probe zookeepers', apache: 'echo srvr | nc host 2181' },
      {
        say: 'Bring the majority back',
        run: 'fault start zookeeper victim',
        apache: 'zookeeper-server-start.sh',
      },
      { say: 'And the last', run: 'fault start zookeeper second', apache: 'zookeeper-server-start.sh' },
      {
        say: 'Prove that metadata moves again',
        run: 'admin create-topic proof',
        apache: 'kafka-topics.sh --create …',
      },
    ],
    good: 'Writes never stopped; afterwards sessions, controller, elections and in-sync sets all move again.',
  },
  mutation: {
    title: 'a broker fails while nobody can replace it',
    insert: [{ after: 'nobody answers', steps: ['fault kill broker leader'] }],
    replace: { 'writes go on': 'wait seconds 6' },
  },
})

export const slowZookeeperDisk = drill({
  number: 11,
  level: 2,
  title: 'ZooKeeper writes to a slow disk',
  description:
    'Every write of ZooKeeper takes 200 ms longer to become durable. Changes of metadata slow down; records do not.',
  tags: ['zookeeper', 'disk'],
  sandbox: { embedded: true },
  needs: ['inner-faults'],
  method: [
    command('slow the disk', 'fault slow-zookeeper-disks --ms 200', { after: 1 }),
    command('a topic is made, slowly', 'admin create-topic on-a-slow-disk', { after: 4 }),
    command('writes go on', 'wait acknowledgements --timeout 10s'),
    command('move the log to a good disk', 'fault clear', { after: 1 }),
  ],
  thresholds: {
    ...NOTHING_LOST,
    measured_create_topic_ms: ['value>=180'],
    write_gap_ms: [{ threshold: 'max<2000', window: 'fault' }],
    sessions_lost: ['value==0'],
    controller_changes: ['value==0'],
  },
  coach: {
    symptom:
      'Making topics and electing leaders takes long; latencies of ZooKeeper requests are up; records flow as ever.',
    hints: ['Who waits for whom: the broker for ZooKeeper, or ZooKeeper for its disk?', 'mntr: fsync times.'],
    steps: [
      {
        say: 'Make a topic and time it',
        run: 'admin create-topic timed',
        apache: 'time kafka-topics.sh --create …',
      },
      {
        say: 'Give the transaction log a disk of its own',
        run: 'fault clear',
        apache: 'dataLogDir=… in zoo.cfg',
      },
    ],
    good: 'The cause is named, records were never slow, no session was lost.',
  },
  mutation: {
    title: 'the disk is so slow that sessions cannot be kept',
    replace: {
      'slow the disk': 'fault slow-zookeeper-disks --ms 15000',
      'a topic is made, slowly': 'admin create-topic on-a-dead-disk',
    },
  },
})
