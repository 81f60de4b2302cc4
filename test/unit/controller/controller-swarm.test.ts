import { expect } from 'chai'
import type { LeaderAndIsr } from '../../../src/model/leader-and-isr.ts'
import { FakeRandom } from '../../fakes/random.ts'
import { ControllerWorld, ids, tp, topicIdOf } from '../../support/controller-harness.ts'

const BROKERS = [1, 2, 3, 4]
const STEPS = 40
const SEEDS = 30

/** One cluster under random trouble, with the truths that must hold whatever happens. */
class Swarm {
  readonly world = new ControllerWorld({ maxOperations: 3, latencyMs: 1 })
  private readonly random: FakeRandom
  private readonly last = new Map<string, LeaderAndIsr>()
  private readonly topics = new Set<string>()
  private readonly down = new Set<number>()
  private readonly cutOff = new Set<number>()
  /** Asked to be shut down, so that they do not count as live until they come back in a new life. */
  private readonly leaving = new Set<number>()
  private nextTopic = 0

  constructor(seed: number) {
    this.random = new FakeRandom(`swarm ${seed}`)
  }

  async begin(): Promise<void> {
    await this.world.prepare()
    for (const id of BROKERS) await this.world.addBroker(id)
    for (let count = 0; count < 4; count++) await this.createTopic()
  }

  async step(): Promise<void> {
    const steps = [
      () => this.createTopic(),
      () => this.deleteTopic(),
      () => this.killOrRestart(),
      () => this.killOrRestart(),
      () => this.expire(),
      () => this.cutOrHeal(),
      () => this.deposeByHand(),
      () => this.reassign(),
      () => this.reassign(),
      () => this.elect(),
      () => this.shutDown(),
      () => this.proposeAll(),
      () => this.proposeAll(),
    ]
    await this.random.pick(steps)()
    await this.world.settle(this.random.below(3) === 0 ? 3000 : this.random.below(40))
    this.check()
  }

  /** All trouble ends. */
  async calmDown(): Promise<void> {
    for (const id of this.cutOff) this.world.zooKeeper.heal(this.world.broker(id).zooKeeper)
    this.cutOff.clear()
    for (const id of [...this.down]) await this.restart(id)
    await this.world.settle(40_000)
    for (const id of [...this.leaving]) {
      await this.world.kill(id)
      await this.restart(id)
    }
    await this.world.settle(20_000)
    for (let round = 0; round < 6; round++) {
      await this.proposeAll(true)
      await this.world.settle(1000)
      this.check()
    }
    await this.world.settle(10_000)
  }

  private get alive(): number[] {
    return BROKERS.filter((id) => !this.down.has(id))
  }

  /** Whoever thinks to be the controller: two may. */
  private get active() {
    const [broker] = this.random.shuffle(
      this.alive.map((id) => this.world.broker(id)).filter(({ controller }) => controller.isActive),
    )
    return broker?.controller ?? null
  }

  /** Requests may fail and be lost; nothing else may happen to them. */
  private attempt(work: Promise<unknown> | undefined): void {
    work?.catch(() => undefined)
  }

  private async createTopic(): Promise<void> {
    const name = `t${this.nextTopic++ % 6}`
    this.topics.add(name)
    const partitionCount = 1 + this.random.below(4)
    const request = { name, partitionCount, replicationFactor: 2, assignments: [], configs: [] }
    this.attempt(this.active?.createTopics([request], { validateOnly: false }))
  }

  private async deleteTopic(): Promise<void> {
    this.attempt(this.active?.deleteTopics([this.random.pick([...this.topics])]))
  }

  private async killOrRestart(): Promise<void> {
    const id = this.random.pick(BROKERS)
    if (this.down.has(id)) return this.restart(id)
    if (this.down.size >= 2) return
    this.down.add(id)
    this.cutOff.delete(id)
    this.world.zooKeeper.heal(this.world.broker(id).zooKeeper)
    await this.world.until(this.world.broker(id).die())
  }

  private async restart(id: number): Promise<void> {
    this.down.delete(id)
    this.leaving.delete(id)
    // Its last life may have been cut off when it ended, so that its session lives on for a while.
    while (this.world.has(`/brokers/ids/${id}`)) await this.world.settle(1000)
    await this.world.addBroker(id)
  }

  private async expire(): Promise<void> {
    this.world.zooKeeper.expire(this.world.broker(this.random.pick(this.alive)).zooKeeper)
  }

  private async cutOrHeal(): Promise<void> {
    const id = this.random.pick(this.alive)
    const { zooKeeper } = this.world.broker(id)
    if (this.cutOff.delete(id)) return this.world.zooKeeper.heal(zooKeeper)
    this.cutOff.add(id)
    this.world.zooKeeper.partition(zooKeeper)
  }

  private async deposeByHand(): Promise<void> {
    await this.world.until(this.world.tool.delete('/controller', -1).catch(() => undefined))
  }

  private async reassign(): Promise<void> {
    const [topic, partition] = [this.random.pick([...this.topics]), this.random.below(4)]
    const replicas = this.random.chance(0.2) ? null : ids(...this.random.shuffle(BROKERS).slice(0, 2))
    this.attempt(this.active?.alterPartitionReassignments([{ ...tp(topic, partition), replicas }]))
  }

  private async elect(): Promise<void> {
    this.attempt(this.active?.electLeaders('preferred', null))
  }

  private async shutDown(): Promise<void> {
    const { id, epoch } = this.world.broker(this.random.pick(this.alive))
    this.leaving.add(id)
    this.attempt(this.active?.controlledShutdown(id, epoch))
  }

  /** Leaders propose that everybody who is assigned and alive be in sync; or, in trouble, some of them. */
  private async proposeAll(isCalm = false): Promise<void> {
    for (const [key, state] of this.states()) {
      const [topic = '', index = ''] = key.split(' ')
      if (state.leader < 0 || this.down.has(state.leader)) continue
      const leader = this.world.broker(state.leader)
      const assigned = leader.metadata.partition(topic, Number(index) as never)?.replicas ?? []
      const others = assigned.filter(
        (id) => id !== state.leader && !this.down.has(id) && (isCalm || this.random.chance(0.7)),
      )
      const proposal = {
        partition: Number(index) as never,
        leaderEpoch: state.leaderEpoch,
        partitionEpoch: state.partitionEpoch,
        inSyncReplicas: [state.leader, ...others],
        leaderRecoveryState: 'RECOVERED' as const,
      }
      const topics = [{ id: topicIdOf(topic), name: topic, partitions: [proposal] }]
      this.attempt(
        this.active?.alterPartition({
          broker: leader.id,
          brokerEpoch: leader.epoch,
          usesTopicIds: false,
          topics,
        }),
      )
    }
    await this.world.settle(10)
  }

  private *states(): Generator<[string, LeaderAndIsr], void, void> {
    const { tree } = this.world.zooKeeper
    for (const topic of tree.childNames('/brokers/topics')) {
      const parent = `/brokers/topics/${topic}/partitions`
      if (tree.get(parent) === undefined) continue
      for (const index of tree.childNames(parent)) {
        if (this.world.has(`${parent}/${index}/state`)) {
          yield [`${topic} ${index} ${this.incarnation(topic)}`, this.world.state(topic, Number(index))]
        }
      }
    }
  }

  private incarnation(topic: string): string {
    return String(this.world.zooKeeper.tree.get(`/brokers/topics/${topic}`)?.czxid)
  }

  private check(): void {
    for (const [key, state] of this.states()) {
      const before = this.last.get(key)
      expect(state.inSyncReplicas.length, `${key}: somebody knows all records`).to.be.greaterThan(0)
      if (state.leader >= 0)
        expect(state.inSyncReplicas, `${key}: the leader is in sync`).to.include(state.leader)
      if (before !== undefined) {
        expect(state.partitionEpoch, `${key}: versions grow`).to.be.at.least(before.partitionEpoch)
        expect(state.leaderEpoch, `${key}: epochs grow`).to.be.at.least(before.leaderEpoch)
        expect(state.controllerEpoch, `${key}: controllers follow each other`).to.be.at.least(
          before.controllerEpoch,
        )
        if (state.leader !== before.leader) {
          expect(state.leaderEpoch, `${key}: another leader, another epoch`).to.be.greaterThan(
            before.leaderEpoch,
          )
        }
      }
      this.last.set(key, state)
    }
  }

  /** What holds when all is calm again. */
  checkCalm(): void {
    const actives = BROKERS.filter((id) => this.world.broker(id).controller.isActive)
    expect(actives, 'one controller').to.have.lengthOf(1)
    const { tree } = this.world.zooKeeper
    expect(tree.childNames('/admin/delete_topics'), 'deletions are done').to.deep.equal([])
    for (const [key, state] of this.states()) {
      expect(state.leader, `${key} is led`).to.be.greaterThan(0)
      const [topic = '', index = ''] = key.split(' ')
      for (const id of BROKERS) {
        const known = this.world.broker(id).metadata.partition(topic, Number(index) as never)
        expect(known?.leader, `broker ${id} knows who leads ${key}`).to.equal(state.leader)
        expect(known?.leaderEpoch, `broker ${id} knows the epoch of ${key}`).to.equal(state.leaderEpoch)
      }
      const { adding_replicas: adding } = JSON.parse(this.world.data(`/brokers/topics/${topic}`) ?? '') as {
        adding_replicas: object
      }
      expect(adding, `${key}: reassignments are done`).to.deep.equal({})
    }
    const failures = this.world.logger.lines.filter(({ message }) => message.endsWith('was not handled'))
    expect(failures.map(({ message, details }) => `${message}: ${String(details['error'])}`)).to.deep.equal(
      [],
    )
  }
}

describe('controllers under random trouble', () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    it(`keep their promises (seed ${seed})`, async () => {
      const swarm = new Swarm(seed)
      await swarm.begin()
      for (let step = 0; step < STEPS; step++) await swarm.step()
      await swarm.calmDown()
      swarm.checkCalm()
    })
  }
})
