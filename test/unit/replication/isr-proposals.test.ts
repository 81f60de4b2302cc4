import { expect } from 'chai'
import { errorCode, type ErrorName } from '../../../src/model/errors.ts'
import type { BrokerEpoch, BrokerId, LeaderEpoch, PartitionEpoch } from '../../../src/model/ids.ts'
import type { ControllerChannel } from '../../../src/network/controller-channel.ts'
import { IsrProposals } from '../../../src/replication/isr-proposals.ts'
import type { Leader } from '../../../src/replication/leader.ts'
import { deferred } from '../../../src/std/deferred.ts'
import { ReplicaWorld } from '../../support/replica-world.ts'

const TOPIC = 'orders'

interface Asked {
  readonly leaderEpoch: number
  readonly isr: readonly number[]
  /** Answers as the controller would: accepted, or refused for the reason given. */
  answer(error?: ErrorName): void
}

/** A controller that answers when the test says so. */
class PatientController {
  readonly asked: Asked[] = []

  async call(_api: string, _version: number, request: object): Promise<object> {
    const { topics } = request as {
      topics: {
        topicName: string
        partitions: { partitionIndex: number; leaderEpoch: number; newIsr: number[] }[]
      }[]
    }
    const [topic] = topics
    const [entry] = topic?.partitions ?? []
    if (topic === undefined || entry === undefined) throw new Error('nothing was proposed')
    const answered = deferred<object>()
    this.asked.push({
      leaderEpoch: entry.leaderEpoch,
      isr: entry.newIsr,
      answer: (error = 'NONE') =>
        answered.resolve({
          errorCode: 0,
          topics: [
            {
              topicName: topic.topicName,
              partitions: [
                {
                  partitionIndex: entry.partitionIndex,
                  errorCode: errorCode(error),
                  leaderEpoch: entry.leaderEpoch,
                  isr: entry.newIsr,
                  partitionEpoch: 1,
                },
              ],
            },
          ],
        }),
    })
    return answered.promise
  }
}

/** Broker 1 leads with itself in sync, and follower 2 may join. */
async function open() {
  const world = await ReplicaWorld.open()
  const controller = new PatientController()
  const { clock, logger } = world
  const proposals = new IsrProposals({
    self: 1 as BrokerId,
    brokerEpoch: () => 7 as BrokerEpoch,
    controller: controller as unknown as ControllerChannel,
    clock,
    logger,
  })
  const lead = async (): Promise<Leader> => {
    const leader = await world.lead(TOPIC, [1, 2], [1])
    return leader
  }
  const propose = async (leader: Leader): Promise<void> => {
    const partition = world.replicas.get(TOPIC, 0)
    if (partition === null) throw new Error('there is no partition')
    proposals.propose(partition, leader, { kind: 'expand', inSyncReplicas: [1, 2] as BrokerId[] })
    await world.logs.settle()
  }
  return { world, controller, lead, propose }
}

describe('IsrProposals', () => {
  it('tells the leader what the controller has accepted', async () => {
    const { world, controller, lead, propose } = await open()
    const leader = await lead()
    await propose(leader)
    controller.asked[0]?.answer()
    await world.logs.settle()
    expect(leader.inSyncReplicas).to.deep.equal([1, 2])
  })

  it('asks for a new leadership although the answer to the one before is still to come', async () => {
    const { world, controller, lead, propose } = await open()
    const first = await lead()
    await propose(first)
    const second = await lead()
    await propose(second)
    controller.asked[0]?.answer('FENCED_LEADER_EPOCH')
    await world.logs.settle()
    expect(controller.asked.map(({ leaderEpoch }) => leaderEpoch)).to.deep.equal([
      first.leaderEpoch,
      second.leaderEpoch,
    ] satisfies LeaderEpoch[])
    controller.asked[1]?.answer()
    await world.logs.settle()
    expect(second.inSyncReplicas).to.deep.equal([1, 2])
  })

  it('does not tell a new leadership what was answered to the one before', async () => {
    const { world, controller, lead, propose } = await open()
    await propose(await lead())
    const second = await lead()
    controller.asked[0]?.answer()
    await world.logs.settle()
    expect(second.isrState).to.deep.include({ pending: null, partitionEpoch: 0 as PartitionEpoch })
    expect(second.inSyncReplicas).to.deep.equal([1])
  })
})
