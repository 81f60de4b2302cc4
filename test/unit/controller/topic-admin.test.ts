import { expect } from 'chai'
import type { MorePartitions, NewTopic } from '../../../src/controller/topic-admin.ts'
import { KafkaError } from '../../../src/model/errors.ts'
import { ZERO_UUID } from '../../../src/model/uuid.ts'
import { ZooKeeperError } from '../../../zk/zookeeper.ts'
import { type ControllerWorld, ids, tp, worldOf } from '../../support/controller-harness.ts'

const topic = (name: string, more: Partial<NewTopic> = {}): NewTopic => ({
  name,
  partitionCount: 1,
  replicationFactor: 1,
  assignments: [],
  configs: [],
  ...more,
})
const byHand = (...lists: number[][]): Partial<NewTopic> => ({
  partitionCount: -1,
  replicationFactor: -1,
  assignments: lists.map((replicas, index) => ({ ...tp('', index), replicas: ids(...replicas) })),
})
const settings = (...configs: [name: string, value: string | null][]): Partial<NewTopic> => ({
  configs: configs.map(([name, value]) => ({ name, value })),
})

const create = async (world: ControllerWorld, topics: NewTopic[], validateOnly = false) => {
  const created = await world.until(world.active.createTopics(topics, { validateOnly }))
  await world.settle()
  return created
}
const answers = (outcomes: readonly { error: string; message: string | null }[]) =>
  outcomes.map(({ error, message }) => (message === null ? error : `${error}: ${message}`))

const plant = (world: ControllerWorld) =>
  world.plantTopic('old', {
    0: { replicas: [2], leader: 2, isr: [2] },
    1: { replicas: [3], leader: 3, isr: [3] },
  })

describe('TopicAdmin', () => {
  describe('creates topics', () => {
    // The words are those of Kafka 3.9.1, except that lists are printed as lists.
    const refusals: [name: string, topic: NewTopic, answer: string][] = [
      ['a name that exists', topic('old'), "TOPIC_ALREADY_EXISTS: Topic 'old' already exists."],
      [
        'a setting without a value',
        topic('t', settings(['retention.ms', null], ['segment.ms', null])),
        'INVALID_CONFIG: Null value not supported for topic configs: retention.ms,segment.ms',
      ],
      [
        'both sizes and an assignment',
        topic('t', { ...byHand([1]), partitionCount: 1 }),
        'INVALID_REQUEST: Both numPartitions or replicationFactor and replicasAssignments were set. Both cannot be used at the same time.',
      ],
      [
        'no partitions',
        topic('t', { partitionCount: 0 }),
        'INVALID_PARTITIONS: Number of partitions must be larger than 0.',
      ],
      [
        'fewer than no partitions',
        topic('t', { partitionCount: -2 }),
        'INVALID_PARTITIONS: Number of partitions must be larger than 0.',
      ],
      [
        'no replicas',
        topic('t', { replicationFactor: 0 }),
        'INVALID_REPLICATION_FACTOR: Replication factor must be larger than 0.',
      ],
      [
        'more replicas than brokers',
        topic('t', { replicationFactor: 4 }),
        'INVALID_REPLICATION_FACTOR: Replication factor: 4 larger than available brokers: 3.',
      ],
      [
        'an empty name',
        topic(''),
        'INVALID_TOPIC_EXCEPTION: Topic name is invalid: the empty string is not allowed',
      ],
      ['a dot', topic('.'), "INVALID_TOPIC_EXCEPTION: Topic name is invalid: '.' is not allowed"],
      [
        'a strange name',
        topic('mix 2'),
        "INVALID_TOPIC_EXCEPTION: Topic name is invalid: 'mix 2' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
      ],
      [
        'a bad size before a bad name',
        topic('mix 2', { partitionCount: 0 }),
        'INVALID_PARTITIONS: Number of partitions must be larger than 0.',
      ],
      [
        'partitions of different sizes',
        topic('t', byHand([1], [1, 2])),
        'INVALID_REPLICA_ASSIGNMENT: All partitions should have the same number of replicas',
      ],
      [
        'a replica twice',
        topic('t', byHand([1, 1])),
        'INVALID_REPLICA_ASSIGNMENT: Duplicate replica assignment found: 1, 1',
      ],
      [
        'partitions that are no row',
        topic('t', {
          ...byHand(),
          assignments: [
            { ...tp('', 0), replicas: ids(1) },
            { ...tp('', 2), replicas: ids(1) },
          ],
        }),
        'INVALID_REPLICA_ASSIGNMENT: partitions should be a consecutive 0-based integer sequence',
      ],
      [
        'a setting below its minimum',
        topic('t', settings(['segment.bytes', '13'])),
        'INVALID_CONFIG: Invalid value 13 for configuration segment.bytes: Value must be at least 14',
      ],
      [
        'an unknown setting',
        topic('t', settings(['no.such.thing', '1'])),
        'INVALID_CONFIG: Unknown topic config name: no.such.thing',
      ],
      [
        'settings that contradict each other',
        topic('t', settings(['min.compaction.lag.ms', '10'], ['max.compaction.lag.ms', '5'])),
        'INVALID_CONFIG: conflict topic config setting min.compaction.lag.ms (10) > max.compaction.lag.ms (5)',
      ],
    ]
    for (const [name, request, answer] of refusals) {
      it(`refuses ${name}`, async () => {
        const world = await worldOf(3, plant)
        const [outcome] = await create(world, [request])
        expect(answers([outcome!])).to.deep.equal([answer])
        expect(outcome).to.include({ id: ZERO_UUID, partitionCount: -1, replicationFactor: -1, config: null })
        expect(world.takeWrites()).to.deep.equal([])
      })
    }

    it('takes -1 for the defaults of this broker', async () => {
      const world = await worldOf(3, undefined, {
        properties: { 'num.partitions': '4', 'default.replication.factor': '2' },
      })
      const [created] = await create(world, [topic('t', { partitionCount: -1, replicationFactor: -1 })])
      expect(created).to.include({ error: 'NONE', partitionCount: 4, replicationFactor: 2 })
      expect(world.broker(1).metadata.topic('t')?.partitions.size).to.equal(4)
      expect(world.broker(1).metadata.topic('t')?.id).to.equal(created?.id)
    })

    it('says what the settings would be', async () => {
      const world = await worldOf(1)
      const [created] = await create(world, [topic('t', settings(['retention.ms', '5000']))], true)
      expect(created?.config?.get('retention.ms')).to.equal(5000)
    })

    it('only says what would happen when that is what was asked', async () => {
      const world = await worldOf(3)
      const [created] = await create(world, [topic('dry', { partitionCount: 3 })], true)
      expect(created).to.include({ error: 'NONE', partitionCount: 3, replicationFactor: 1, id: ZERO_UUID })
      expect(world.takeWrites()).to.deep.equal([])
    })

    it('answers several topics in their order, each for itself', async () => {
      const world = await worldOf(2)
      const outcomes = await create(world, [
        topic('one'),
        topic('two', { replicationFactor: 9 }),
        topic('three'),
      ])
      expect(outcomes.map(({ name, error }) => [name, error])).to.deep.equal([
        ['one', 'NONE'],
        ['two', 'INVALID_REPLICATION_FACTOR'],
        ['three', 'NONE'],
      ])
    })

    it('sees collisions with topics that exist, and within one request', async () => {
      const world = await worldOf(2, (world) =>
        world.plantTopic('my.topic', { 0: { replicas: [1], leader: 1, isr: [1] } }),
      )
      const outcomes = await create(world, [topic('my_topic'), topic('a.b'), topic('a_b')])
      expect(answers(outcomes)).to.deep.equal([
        "INVALID_TOPIC_EXCEPTION: Topic 'my_topic' collides with existing topics: my.topic",
        'NONE',
        "INVALID_TOPIC_EXCEPTION: Topic 'a_b' collides with existing topics: a.b",
      ])
    })

    it('refuses a name that is being deleted', async () => {
      const world = await worldOf(3, plant)
      await world.kill(3)
      await world.until(world.active.deleteTopics(['old']))
      await world.settle()
      expect(answers(await create(world, [topic('old')]))).to.deep.equal([
        "TOPIC_ALREADY_EXISTS: Topic 'old' is marked for deletion.",
      ])
    })

    it('takes brokers that do not exist, and partitions without a replica, as Kafka does', async () => {
      const world = await worldOf(1)
      expect(
        answers(await create(world, [topic('far', byHand([8, 9])), topic('none', byHand([]))])),
      ).to.deep.equal(['NONE', 'NONE'])
      expect(world.has('/brokers/topics/far')).to.equal(true)
      expect(world.active.isActive).to.equal(true)
    })

    it('cannot place by rack when only some brokers have one', async () => {
      const world = await worldOf(2)
      await world.addBroker(9)
      expect(answers(await create(world, [topic('t')]))).to.deep.equal([
        'UNKNOWN_SERVER_ERROR: Not all brokers have rack information for replica rack aware assignment.',
      ])
    })

    it('charges for the partitions before anything is written', async () => {
      const world = await worldOf(1)
      const charged: number[] = []
      const charge = (partitions: number): void => {
        charged.push(partitions)
        throw new KafkaError('THROTTLING_QUOTA_EXCEEDED')
      }
      const outcomes = await world.until(
        world.active.createTopics([topic('t', { partitionCount: 7 })], { validateOnly: false, charge }),
      )
      expect(outcomes[0]?.error).to.equal('THROTTLING_QUOTA_EXCEEDED')
      expect(charged).to.deep.equal([7])
      expect(world.takeWrites()).to.deep.equal([])
    })

    const failures: [name: ConstructorParameters<typeof ZooKeeperError>[0], error: string][] = [
      ['UNKNOWN_OUTCOME', 'REQUEST_TIMED_OUT'],
      ['TOO_LARGE', 'INVALID_PARTITIONS'],
      ['NO_AUTH', 'UNKNOWN_SERVER_ERROR'],
    ]
    for (const [name, error] of failures) {
      it(`answers ${error} when ZooKeeper says ${name}`, async () => {
        const world = await worldOf(1)
        world.broker(1).recorded.beforeMulti = () => Promise.reject(new ZooKeeperError(name, '/x'))
        const created = world.active.createTopics([topic('t')], { validateOnly: false })
        await world.settle(7000)
        expect((await created)[0]?.error).to.equal(error)
      })
    }

    it('answers STALE_CONTROLLER_EPOCH when there is no controller to see the settings', async () => {
      const world = await worldOf(2)
      const { recorded, topicAdmin } = world.broker(1)
      recorded.beforeMulti = async () => {
        recorded.beforeMulti = null
        await world.tool.delete('/controller', -1)
      }
      const [outcome] = await world.until(topicAdmin.createTopics([topic('t')], { validateOnly: false }))
      expect(outcome?.error).to.equal('STALE_CONTROLLER_EPOCH')
    })
  })

  describe('adds partitions', () => {
    const grow = async (world: ControllerWorld, more: MorePartitions, validateOnly = false) => {
      const outcomes = await world.until(world.active.createPartitions([more], { validateOnly }))
      await world.settle()
      return answers(outcomes)[0]
    }
    const refusals: [name: string, more: MorePartitions, answer: string][] = [
      [
        'an unknown topic',
        { name: 'nope', count: 2, assignments: null },
        "UNKNOWN_TOPIC_OR_PARTITION: The topic 'nope' does not exist.",
      ],
      [
        'the same number',
        { name: 'old', count: 2, assignments: null },
        'INVALID_PARTITIONS: Topic already has 2 partitions.',
      ],
      [
        'fewer',
        { name: 'old', count: -1, assignments: null },
        'INVALID_PARTITIONS: Topic currently has 2 partitions, which is higher than the requested -1.',
      ],
      [
        'unknown brokers',
        { name: 'old', count: 3, assignments: [ids(5)] },
        'INVALID_REPLICA_ASSIGNMENT: Unknown broker(s) in replica assignment: 5.',
      ],
      [
        'too few assignments',
        { name: 'old', count: 4, assignments: [ids(1)] },
        'INVALID_REPLICA_ASSIGNMENT: Increasing the number of partitions by 2 but 1 assignments provided.',
      ],
      [
        'a partition without replicas',
        { name: 'old', count: 3, assignments: [[]] },
        'INVALID_REPLICA_ASSIGNMENT: Cannot have replication factor of 0 for partition id 2.',
      ],
      [
        'a replica twice',
        { name: 'old', count: 3, assignments: [ids(1, 1)] },
        'INVALID_REPLICA_ASSIGNMENT: Duplicate brokers not allowed in replica assignment: 1, 1 for partition id 2.',
      ],
      [
        'another replication factor',
        { name: 'old', count: 4, assignments: [ids(1, 2), ids(3)] },
        'INVALID_REPLICA_ASSIGNMENT: Inconsistent replication factor between partitions, partition 0 has 1 while partitions [2] have replication factors [2], respectively.',
      ],
    ]
    for (const [name, more, answer] of refusals) {
      it(`refuses ${name}`, async () => {
        const world = await worldOf(3, plant)
        expect(await grow(world, more)).to.equal(answer)
        expect(world.takeWrites()).to.deep.equal([])
      })
    }

    it('refuses while a partition of the topic is being reassigned', async () => {
      const world = await worldOf(3, plant)
      await world.until(world.active.alterPartitionReassignments([{ ...tp('old', 0), replicas: ids(1) }]))
      expect(await grow(world, { name: 'old', count: 3, assignments: null })).to.equal(
        "REASSIGNMENT_IN_PROGRESS: A partition reassignment is in progress for the topic 'old'.",
      )
    })

    it('goes on from the first replica of partition 0', async () => {
      const world = await worldOf(3, plant)
      expect(await grow(world, { name: 'old', count: 5, assignments: null })).to.equal('NONE')
      // Racks r1, r2, r3: brokers in the order 1, 2, 3, from the place of broker 2.
      expect([2, 3, 4].map((index) => world.state('old', index).leader)).to.deep.equal([1, 2, 3])
    })

    it('only says what would happen when that is what was asked', async () => {
      const world = await worldOf(3, plant)
      expect(await grow(world, { name: 'old', count: 5, assignments: null }, true)).to.equal('NONE')
      expect(world.takeWrites()).to.deep.equal([])
    })
  })

  describe('deletes topics', () => {
    it('answers for each name; one that is being deleted already counts as done', async () => {
      const world = await worldOf(3, plant)
      await world.kill(3)
      const names = ['old', 'nope', 'no/path', 'old']
      expect(answers(await world.until(world.active.deleteTopics(names)))).to.deep.equal([
        'NONE',
        'UNKNOWN_TOPIC_OR_PARTITION: Topic `nope` to delete does not exist',
        'UNKNOWN_TOPIC_OR_PARTITION: Topic `no/path` to delete does not exist',
        'NONE',
      ])
    })
  })

  describe('creates topics that clients name', () => {
    it('on any broker, with its own defaults', async () => {
      const world = await worldOf(2, undefined, { properties: { 'num.partitions': '2' } })
      const answer = await world.until(world.broker(2).topicAdmin.autoCreate(['auto', 'mix 2', 'auto']))
      expect([...answer]).to.deep.equal([
        ['mix 2', 'INVALID_TOPIC_EXCEPTION'],
        ['auto', 'LEADER_NOT_AVAILABLE'],
      ])
      await world.settle()
      expect(world.broker(1).metadata.topic('auto')?.partitions.size).to.equal(2)
      const again = await world.until(world.broker(2).topicAdmin.autoCreate(['auto']))
      expect([...again]).to.deep.equal([['auto', 'LEADER_NOT_AVAILABLE']])
    })

    it('says that a topic is unknown while another client has it created', async () => {
      const world = await worldOf(1)
      const { topicAdmin } = world.broker(1)
      const both = await world.until(
        Promise.all([topicAdmin.autoCreate(['t']), topicAdmin.autoCreate(['t'])]),
      )
      expect(both.map((answer) => answer.get('t'))).to.deep.equal([
        'LEADER_NOT_AVAILABLE',
        'UNKNOWN_TOPIC_OR_PARTITION',
      ])
    })

    it('says why a topic cannot be created', async () => {
      const world = await worldOf(1, undefined, { properties: { 'default.replication.factor': '3' } })
      const answer = await world.until(world.broker(1).topicAdmin.autoCreate(['t', '__transaction_state']))
      expect([...answer]).to.deep.equal([
        ['t', 'INVALID_REPLICATION_FACTOR'],
        ['__transaction_state', 'INVALID_REPLICATION_FACTOR'],
      ])
    })

    it("gives the coordinators' topics their settings", async () => {
      const world = await worldOf(1, undefined, {
        properties: {
          'transaction.state.log.num.partitions': '2',
          'transaction.state.log.replication.factor': '1',
          'transaction.state.log.min.isr': '1',
        },
      })
      await world.until(world.broker(1).topicAdmin.autoCreate(['__transaction_state']))
      await world.settle()
      expect(JSON.parse(world.data('/config/topics/__transaction_state') ?? '')).to.deep.equal({
        version: 1,
        config: {
          'unclean.leader.election.enable': 'false',
          'compression.type': 'uncompressed',
          'cleanup.policy': 'compact',
          'min.insync.replicas': '1',
          'segment.bytes': '104857600',
        },
      })
      expect(world.broker(1).metadata.topic('__transaction_state')?.partitions.size).to.equal(2)
    })
  })
})
