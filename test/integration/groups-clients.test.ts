import { expect } from 'chai'
import kafkajs, { type Admin } from 'kafkajs'
import { join } from 'node:path'
import { commitFromOutside } from '../support/commit-from-outside.ts'
import { GuardedProcess } from '../support/guarded-process.ts'
import { hasKcat, NumberProducer } from '../support/numbered-records.ts'
import { RealCluster } from '../support/real-cluster.ts'
import { startRealZooKeeper, type RealZooKeeper } from '../support/real-zookeeper.ts'
import { until } from '../support/until.ts'

const WHO = 'groups of real clients'
const PARTITIONS = 6
const MEMBER = join(import.meta.dirname, '../support/kafkajs-member.ts')

/** Real clients in real groups, against a broker in a process of its own. */
describe('groups of real clients', function () {
  if (!hasKcat(WHO)) {
    it.skip('need kcat')
    return
  }
  this.timeout(180_000)
  let zooKeeper: RealZooKeeper
  let cluster: RealCluster
  let admin: Admin
  const members: GuardedProcess[] = []

  before(async () => {
    zooKeeper = await startRealZooKeeper({ servers: 1, tickTimeMs: 1000 })
    cluster = await RealCluster.start({
      brokers: { 1: 'zurau' },
      zooKeeper: zooKeeper.connectString,
      properties: { 'group.initial.rebalance.delay.ms': '500' },
    })
    admin = client().admin()
    await admin.connect()
  })
  after(async () => {
    await admin?.disconnect()
    await cluster?.stop()
    await zooKeeper?.stop()
  })
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') {
      console.log(cluster.diagnosis())
      for (const member of members) console.log(member.log.split('\n').slice(-5).join('\n'))
    }
    await Promise.all(members.splice(0).map((member) => member.kill()))
  })

  function client() {
    return new kafkajs.Kafka({
      brokers: [cluster.bootstrap],
      logLevel: kafkajs.logLevel.NOTHING,
      retry: { retries: 30, maxRetryTime: 2000 },
    })
  }

  async function topicOf(name: string): Promise<string> {
    await cluster.createTopic(name, { partitions: PARTITIONS, replicas: 1 })
    return name
  }

  function start(program: string, args: readonly string[]): GuardedProcess {
    const member = new GuardedProcess(program, args, {
      logFile: join(cluster.directory, `member-${members.length}`),
    })
    members.push(member)
    return member
  }

  const kafkajsMember = (group: string, topic: string): GuardedProcess =>
    start(process.execPath, ['--import', 'tsx', MEMBER, cluster.bootstrap, group, topic])

  function kcatMember(group: string, topic: string, settings: readonly string[] = []): GuardedProcess {
    const all = [
      'auto.offset.reset=earliest',
      'session.timeout.ms=6000',
      'auto.commit.interval.ms=200',
      ...settings,
    ]
    const format = ['-q', '-u', '-f', 'read %p %o %s\\n']
    return start('kcat', [
      '-b',
      cluster.bootstrap,
      '-G',
      group,
      ...all.flatMap((one) => ['-X', one]),
      ...format,
      topic,
    ])
  }

  /** The numbers that a member has read. */
  function numbersOf(...read: readonly GuardedProcess[]): Set<number> {
    const numbers = new Set<number>()
    for (const member of read) {
      for (const [, number] of member.log.matchAll(/^read \d+ \d+ (?:\S+ )?(\d+)$/gm))
        numbers.add(Number(number))
    }
    return numbers
  }

  async function hasRead(member: GuardedProcess, count: number): Promise<void> {
    await until(
      () => numbersOf(member).size >= count,
      () => `a member has read ${count}, not ${numbersOf(member).size}: ${member.log.slice(-500)}`,
      60_000,
    )
  }

  /** Writes the numbers from `first` on, before `end`, to all partitions in turn. */
  async function write(topic: string, first: number, end: number): Promise<void> {
    const producer = client().producer()
    await producer.connect()
    const messages = Array.from({ length: end - first }, (_, index) => ({
      partition: (first + index) % PARTITIONS,
      value: String(first + index),
    }))
    await producer.send({ topic, messages })
    await producer.disconnect()
  }

  /** Everybody together has read everything that was written. */
  async function nothingIsMissing(written: number): Promise<void> {
    await until(
      () => numbersOf(...members).size === written,
      () => `all ${written} numbers are read, not ${numbersOf(...members).size}`,
      90_000,
    )
  }

  async function group(id: string) {
    const [found] = (await admin.describeGroups([id])).groups
    if (found === undefined) throw new Error(`nothing was said of ${id}`)
    return found
  }

  async function isStableWith(id: string, count: number): Promise<void> {
    let seen = ''
    await until(
      async () => {
        const { state, members } = await group(id)
        seen = `${state} with ${members.length}`
        return state === 'Stable' && members.length === count
      },
      () => `${id} is stable with ${count} members, not ${seen}`,
      60_000,
    )
  }

  /** Which partitions each member owns, as the broker has it. */
  async function ownership(id: string): Promise<number[]> {
    const owned = (await group(id)).members.flatMap(({ memberAssignment }) =>
      Object.values(
        kafkajs.AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment ?? {},
      ).flat(),
    )
    return owned.sort((one, other) => one - other)
  }

  const everyPartition = Array.from({ length: PARTITIONS }, (_, partition) => partition)

  // kcat marks a record as read before it prints it: one that is killed in between, with a commit on its way, would have
  // read what nobody saw. So these members commit nothing, and whoever takes over begins anew.
  const unmarkedKcatMember = (group: string, topic: string): GuardedProcess =>
    kcatMember(group, topic, ['enable.auto.offset.store=false'])

  for (const [client, member] of [
    ['kafkajs', kafkajsMember],
    ['librdkafka', unmarkedKcatMember],
  ] as const) {
    it(`${client}: members join, leave and crash, and every record is read`, async () => {
      const topic = await topicOf(`numbers-${client}`)
      const id = `group-${client}`
      const producer = new NumberProducer({ bootstrap: cluster.bootstrap, topic, partitions: PARTITIONS })
      const first = member(id, topic)
      await hasRead(first, 200)
      const second = member(id, topic)
      await isStableWith(id, 2)
      expect(await ownership(id)).to.deep.equal(everyPartition)
      member(id, topic)
      await isStableWith(id, 3)
      // One leaves, one dies: the first is noticed at once, the second when its session ends.
      await first.stop()
      await isStableWith(id, 2)
      expect(await ownership(id)).to.deep.equal(everyPartition)
      await second.kill()
      await isStableWith(id, 1)
      expect(await ownership(id)).to.deep.equal(everyPartition)
      await nothingIsMissing(await producer.finish())
    })
  }

  it('cooperative members keep what they own while another one comes', async () => {
    const topic = await topicOf('numbers-cooperative')
    const settings = ['partition.assignment.strategy=cooperative-sticky']
    const producer = new NumberProducer({ bootstrap: cluster.bootstrap, topic, partitions: PARTITIONS })
    const first = kcatMember('cooperative', topic, settings)
    await hasRead(first, 100)
    kcatMember('cooperative', topic, settings)
    await isStableWith('cooperative', 2)
    await until(
      async () => (await ownership('cooperative')).length === PARTITIONS,
      'every partition has an owner again',
      60_000,
    )
    await nothingIsMissing(await producer.finish())
  })

  it('a static member that comes back in time disturbs nobody', async () => {
    const topic = await topicOf('numbers-static')
    const instance = (name: string) => [`group.instance.id=${name}`, 'session.timeout.ms=30000']
    kcatMember('static', topic, instance('i0'))
    const second = kcatMember('static', topic, instance('i1'))
    await isStableWith('static', 2)
    const before = await group('static')
    await second.kill()
    kcatMember('static', topic, instance('i1'))
    await until(
      async () => {
        const { state, members } = await group('static')
        const known = new Set(before.members.map(({ memberId }) => memberId))
        return state === 'Stable' && members.some(({ memberId }) => !known.has(memberId))
      },
      'the member is back under another id',
      30_000,
    )
    const said = cluster
      .process(1)
      .log.split('\n')
      .filter((line) => line.includes('group static is stable'))
    expect(said.length).to.be.lessThan(3)
    expect(said.at(-1)).to.include('"members":2')
  })

  it('a broker that is killed and comes back knows its groups, and goes on where they were', async () => {
    const topic = await topicOf('numbers-restart')
    await write(topic, 0, 300)
    const member = kafkajsMember('restart', topic)
    await hasRead(member, 300)
    const committed = async (): Promise<number[]> => {
      const [found] = await admin.fetchOffsets({ groupId: 'restart', topics: [topic] })
      return (found?.partitions ?? [])
        .sort((one, other) => one.partition - other.partition)
        .map(({ offset }) => Number(offset))
    }
    await until(
      async () => (await committed()).some((offset) => offset > 0),
      'something is committed',
      30_000,
    )
    const before = await committed()
    await cluster.kill(1)
    await cluster.up(1)
    const after = await committed()
    expect(after).to.have.length(PARTITIONS)
    for (const [partition, offset] of after.entries()) expect(offset).to.be.at.least(before[partition] ?? -1)
    await write(topic, 300, 600)
    await nothingIsMissing(600)
  })

  it('offsets of a group are kept in ZooKeeper, too, from the moment that somebody asks for it', async () => {
    const topic = await topicOf('bridge')
    const commit = (offset: number) => commitFromOutside(cluster, 'bridge', topic, [offset])
    await commit(7)
    const zk = await cluster.zk()
    const path = `/consumers/bridge/offsets/${topic}/0`
    expect(await zk.get(path)).to.equal(null)
    const change = { key: 'offsets.storage.overrides', operation: 'set', value: 'bridge=dual' } as const
    await cluster.admin.alterConfigs({ type: 'broker', name: '' }, [change])
    await until(
      async () => (await zk.get(path))?.data?.toString() === '7',
      'ZooKeeper has the offset',
      20_000,
    )
    await commit(9)
    expect((await zk.get(path))?.data?.toString()).to.equal('9')
    // An old client is further along.
    await zk.set(path, Buffer.from('12'), -1)
    const [found] = await admin.fetchOffsets({ groupId: 'bridge', topics: [topic] })
    expect(found?.partitions.find(({ partition }) => partition === 0)?.offset).to.equal('12')
  })
})
