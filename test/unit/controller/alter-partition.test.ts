import { expect } from 'chai'
import { judgeProposal } from '../../../src/controller/alter-partition.ts'
import type { InSyncReplicasProposal } from '../../../src/controller/requests.ts'
import { KafkaError } from '../../../src/model/errors.ts'
import type {
  BrokerEpoch,
  BrokerId,
  ControllerEpoch,
  LeaderEpoch,
  PartitionEpoch,
} from '../../../src/model/ids.ts'
import type { LeaderAndIsr } from '../../../src/model/leader-and-isr.ts'
import { type ControllerWorld, ids, tp, topicIdOf, worldOf } from '../../support/controller-harness.ts'

interface Change {
  readonly leader?: number
  readonly leaderEpoch?: number
  readonly partitionEpoch?: number
  readonly isr?: number[]
  readonly recovery?: LeaderAndIsr['leaderRecoveryState']
}

const proposalOf = (change: Change): InSyncReplicasProposal => ({
  ...tp('t', 0),
  leaderEpoch: (change.leaderEpoch ?? 5) as LeaderEpoch,
  partitionEpoch: (change.partitionEpoch ?? 9) as PartitionEpoch,
  inSyncReplicas: ids(...(change.isr ?? [1, 2])),
  leaderRecoveryState: change.recovery ?? 'RECOVERED',
})

const stateOf = (change: Change): LeaderAndIsr => ({
  leader: (change.leader ?? 1) as BrokerId,
  leaderEpoch: (change.leaderEpoch ?? 5) as LeaderEpoch,
  inSyncReplicas: ids(...(change.isr ?? [1, 2, 3])),
  leaderRecoveryState: change.recovery ?? 'RECOVERED',
  partitionEpoch: (change.partitionEpoch ?? 9) as PartitionEpoch,
  controllerEpoch: 1 as ControllerEpoch,
})

/** Leader 1 of replicas 1, 2, 3 proposes; brokers 1, 2, 3 and 4 are live. */
const judge = (proposal: Change, current: Change | null = {}) => {
  const verdict = judgeProposal(proposalOf(proposal), {
    leader: (proposal.leader ?? 1) as BrokerId,
    current: current === null ? null : stateOf(current),
    replicas: ids(1, 2, 3),
    isLive: (broker) => broker <= 4,
    ineligibleError: 'INELIGIBLE_REPLICA',
  })
  return verdict.kind === 'refuse' ? verdict.error : verdict.kind
}

describe('AlterPartition', () => {
  describe('judges', () => {
    const cases: [name: string, proposal: Change, current: Change | null, verdict: string][] = [
      ['a shrink', { isr: [1, 2] }, {}, 'accept'],
      ['an expansion', { isr: [1, 2, 3] }, { isr: [1] }, 'accept'],
      [
        'a recovery that is done',
        { isr: [1], recovery: 'RECOVERED' },
        { isr: [1], recovery: 'RECOVERING' },
        'accept',
      ],
      ['an unknown partition', {}, null, 'UNKNOWN_TOPIC_OR_PARTITION'],
      ['a newer partition epoch', { partitionEpoch: 10 }, {}, 'NOT_CONTROLLER'],
      ['a newer leader epoch', { leaderEpoch: 6 }, {}, 'NOT_CONTROLLER'],
      [
        'a newer leader epoch with an older partition epoch',
        { leaderEpoch: 6, partitionEpoch: 1 },
        {},
        'NOT_CONTROLLER',
      ],
      ['an older leader epoch', { leaderEpoch: 4 }, {}, 'FENCED_LEADER_EPOCH'],
      ['what holds already', { isr: [1, 2, 3] }, {}, 'known'],
      ['what holds already, asked for before', { isr: [1, 2, 3], partitionEpoch: 8 }, {}, 'known'],
      ['an older partition epoch', { partitionEpoch: 8 }, {}, 'INVALID_UPDATE_VERSION'],
      ['the same replicas in another order', { isr: [1, 3, 2] }, {}, 'accept'],
      [
        'a recovering leader with company',
        { isr: [1, 2], recovery: 'RECOVERING' },
        { recovery: 'RECOVERING' },
        'INVALID_REQUEST',
      ],
      ['a recovered leader that recovers again', { isr: [1], recovery: 'RECOVERING' }, {}, 'INVALID_REQUEST'],
      ['a replica that is not live', { isr: [1, 9] }, {}, 'INELIGIBLE_REPLICA'],
      ['a broker that is no replica', { isr: [1, 4] }, {}, 'INVALID_REQUEST'],
      ['a leader that leaves itself out', { isr: [2, 3] }, {}, 'INVALID_REQUEST'],
      ['nobody in sync', { isr: [] }, {}, 'INVALID_REQUEST'],
      ['a replica twice', { isr: [1, 2, 2] }, {}, 'INVALID_REQUEST'],
      ['a broker that does not lead', { leader: 2, isr: [2] }, {}, 'INVALID_REQUEST'],
      ['the leader of a partition that has none any more', { isr: [1] }, { leader: -1 }, 'INVALID_REQUEST'],
    ]
    for (const [name, proposal, current, verdict] of cases) {
      it(`${name}: ${verdict}`, () => {
        expect(judge(proposal, current)).to.equal(verdict)
      })
    }
  })

  const plant = async (world: ControllerWorld) => {
    await world.plantTopic('t', {
      0: { replicas: [1, 2, 3], leader: 1, isr: [1, 2, 3] },
      1: { replicas: [1, 2, 3], leader: 1, isr: [1] },
    })
  }
  const propose = (
    world: ControllerWorld,
    partitions: InSyncReplicasProposal[],
    options: {
      broker?: number
      brokerEpoch?: BrokerEpoch
      usesTopicIds?: boolean
      id?: string
      name?: string
    } = {},
  ) =>
    world.until(
      world.active.alterPartition({
        broker: (options.broker ?? 1) as BrokerId,
        brokerEpoch: options.brokerEpoch ?? world.broker(1).epoch,
        usesTopicIds: options.usesTopicIds ?? true,
        topics: [{ id: (options.id ?? topicIdOf('t')) as never, name: options.name ?? '', partitions }],
      }),
    )
  const fresh = { leaderEpoch: 0, partitionEpoch: 0 }
  const errorOf = (work: Promise<unknown>) =>
    work.then(
      () => 'NONE',
      (error: unknown) => (error instanceof KafkaError ? error.error : String(error)),
    )

  it('writes, answers with the new partition epoch, and tells everybody without a new leader epoch', async () => {
    const world = await worldOf(3, plant)
    const reply = await propose(world, [proposalOf({ ...fresh, isr: [1, 3] })])
    expect(reply).to.deep.equal({
      topics: [
        {
          id: topicIdOf('t'),
          name: 't',
          partitions: [
            {
              partition: 0,
              error: 'NONE',
              state: { ...stateOf({ isr: [1, 3] }), leaderEpoch: 0, partitionEpoch: 1 },
            },
          ],
        },
      ],
    })
    await world.settle()
    expect(world.takeRequests()).to.deep.equal([
      '1 UpdateMetadata brokers 1,2,3 t-0(1@0 isr 1,3)',
      '2 UpdateMetadata brokers 1,2,3 t-0(1@0 isr 1,3)',
      '3 UpdateMetadata brokers 1,2,3 t-0(1@0 isr 1,3)',
    ])
  })

  it('answers the same again when its answer was lost', async () => {
    const world = await worldOf(3, plant)
    const first = await propose(world, [proposalOf({ ...fresh, isr: [1, 3] })])
    expect(await propose(world, [proposalOf({ ...fresh, isr: [1, 3] })])).to.deep.equal(first)
    expect(world.state('t', 0).version).to.equal(1)
  })

  it('answers for each partition', async () => {
    const world = await worldOf(3, plant)
    const reply = await propose(world, [
      proposalOf({ ...fresh, isr: [1, 9] }),
      { ...proposalOf({ ...fresh, isr: [1, 2] }), ...tp('t', 1) },
      { ...proposalOf({ ...fresh, isr: [1, 2] }), ...tp('t', 7) },
    ])
    expect(reply.topics[0]?.partitions.map(({ partition, error }) => [partition, error])).to.deep.equal([
      [0, 'INELIGIBLE_REPLICA'],
      [1, 'NONE'],
      [7, 'UNKNOWN_TOPIC_OR_PARTITION'],
    ])
  })

  it('knows topics by name before version 2, and has another word for replicas that are not live', async () => {
    const world = await worldOf(3, plant)
    const reply = await propose(world, [proposalOf({ ...fresh, isr: [1, 9] })], {
      usesTopicIds: false,
      name: 't',
    })
    expect(reply.topics[0]?.partitions[0]?.error).to.equal('OPERATION_NOT_ATTEMPTED')
  })

  it('refuses a topic id that it does not know', async () => {
    const world = await worldOf(3, plant)
    const reply = await propose(world, [proposalOf(fresh)], { id: topicIdOf('other') })
    expect(reply.topics[0]?.partitions[0]?.error).to.equal('UNKNOWN_TOPIC_ID')
  })

  it('does not take a broker that is shutting down for in sync', async () => {
    const world = await worldOf(3, plant)
    await world.until(world.active.controlledShutdown(3 as BrokerId, world.broker(3).epoch))
    const state = world.state('t', 1)
    const reply = await propose(world, [
      {
        ...proposalOf({ leaderEpoch: state.leaderEpoch, partitionEpoch: state.version, isr: [1, 3] }),
        ...tp('t', 1),
      },
    ])
    expect(reply.topics[0]?.partitions[0]?.error).to.equal('INELIGIBLE_REPLICA')
  })

  for (const [name, options] of [
    ['an unknown broker', { broker: 9 }],
    ['a former life of the broker', { brokerEpoch: 1 as BrokerEpoch }],
    ['no epoch', { brokerEpoch: -1 as BrokerEpoch }],
  ] as const) {
    it(`refuses ${name} as a whole`, async () => {
      const world = await worldOf(3, plant)
      expect(await errorOf(propose(world, [proposalOf(fresh)], options))).to.equal('STALE_BROKER_EPOCH')
    })
  }

  it('notices that somebody else has written, and knows the new state afterwards', async () => {
    const world = await worldOf(3, plant)
    const path = '/brokers/topics/t/partitions/0/state'
    const changed = '{"controller_epoch":1,"leader":1,"version":1,"leader_epoch":0,"isr":[1,2]}'
    await world.until(world.tool.set(path, Buffer.from(changed), -1))
    const reply = await propose(world, [proposalOf({ ...fresh, isr: [1] })])
    expect(reply.topics[0]?.partitions[0]?.error).to.equal('INVALID_UPDATE_VERSION')
    const again = await propose(world, [proposalOf({ leaderEpoch: 0, partitionEpoch: 1, isr: [1] })])
    expect(again.topics[0]?.partitions[0]?.error).to.equal('NONE')
  })
})
