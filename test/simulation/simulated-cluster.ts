import { Administrator } from './administrator.ts'
import { Hazards } from './hazards.ts'
import { MetadataView } from './metadata-view.ts'
import { describeAction, type Action, type Plan } from './plan.ts'
import { PowerContract } from './power.ts'
import type { World } from './world.ts'

/** The brokers of a plan, what is done to them, and the moment at which nothing is wrong any more. */
export class SimulatedCluster {
  readonly world: World
  readonly view: MetadataView
  readonly administrator: Administrator
  readonly power: PowerContract
  /** Actions that really changed something, by kind. */
  readonly performed = new Map<string, number>()
  readonly powerLosses: { readonly atMs: number; readonly broker: number }[] = []
  private readonly plan: Plan
  private readonly hazards: Hazards
  private isHealed = false

  constructor(world: World, plan: Plan) {
    this.world = world
    this.plan = plan
    this.view = new MetadataView(world.zooKeeper)
    this.hazards = new Hazards(world)
    this.power = new PowerContract(world, this.view)
    for (let id = 1; id <= plan.brokers; id++) {
      world.addBroker(id, plan.settings, { clockRate: plan.clockRates[`${id}`] ?? 1 })
    }
    this.administrator = new Administrator(world)
  }

  keepAllUp(): void {
    for (const broker of this.world.brokers.values()) broker.keepUp()
  }

  get areAllServing(): boolean {
    return [...this.world.brokers.values()].every((broker) => broker.isServing)
  }

  /** Has every action of the plan happen at its time from now on. */
  schedule(): void {
    const startMs = this.world.nowMs
    for (const action of this.plan.actions) {
      this.world.scheduler.at(startMs + action.atMs, () => {
        if (!this.isHealed) this.perform(action)
      })
    }
  }

  perform(action: Action): void {
    const isDone = this.act(action)
    const { trace } = this.world
    trace.note('plan', `${describeAction(action)}${isDone ? '' : ': passed over'}`)
    if (isDone) this.performed.set(action.kind, (this.performed.get(action.kind) ?? 0) + 1)
  }

  /** Ends everything that is wrong, and has every broker run. */
  heal(): void {
    this.isHealed = true
    this.world.trace.note('plan', 'everything heals')
    this.hazards.end()
    this.keepAllUp()
  }

  /** Brokers with a log directory that failed: it is mended, and they are begun again, as an operator would. */
  mendDirectories(): void {
    for (const broker of this.world.brokers.values()) {
      if (broker.isServing && broker.hasOfflineDirectory) {
        this.world.trace.note('plan', `${broker.host} gets its log directory back`)
        broker.putDown('kill')
        broker.keepUp()
      }
    }
  }

  /** Returns false where the action means nothing at this moment, or is not covered by the contract. */
  private act(action: Action): boolean {
    const { hazards, administrator, world } = this
    switch (action.kind) {
      case 'kill':
        return this.kill(action.broker, action.downMs)
      case 'power-loss':
        return this.losePower(action)
      case 'restart':
        return this.restart(action.broker, action.downMs)
      case 'freeze':
        return this.freeze(action.broker, action.forMs)
      case 'block':
        return this.whileRunning(action.broker, (broker) => {
          broker.goesOn(action.forMs)
          broker.platform.process.block(action.forMs)
        })
      case 'clock-jump':
        return this.whileRunning(action.broker, ({ platform }) => platform.clock.jumpWall(action.deltaMs))
      case 'clock-rate':
        return this.changeRate(action.broker, action.rate, action.forMs)
      case 'cut':
        return done(hazards.link(action.from, action.to, 'cut', action.forMs))
      case 'stall':
        return done(hazards.link(action.from, action.to, 'stall', action.forMs))
      case 'slow-link':
        return done(hazards.slowLink(action.from, action.to, action.periodMs, action.forMs))
      case 'isolate':
        return this.isolate(action.broker, action.forMs)
      case 'reset':
        return done(world.network.reset(action.one, action.other))
      case 'weather':
        return done(hazards.weather(action.latencyMs, action.resetProbability, action.forMs))
      case 'zk-expire':
      case 'zk-disconnect':
      case 'zk-lose-reply':
      case 'zk-slow':
        return this.disturbSession(action)
      case 'zk-cut':
        return done(hazards.cutFromZooKeeper(action.broker, action.forMs))
      case 'zk-quorum-loss':
        return done(this.loseQuorum(action.forMs))
      case 'zk-hang':
        return done(this.hangZooKeeper(action.forMs))
      case 'disk-error':
        return done(this.failDisk(action))
      case 'disk-slow':
        return done(
          hazards.disk(
            action.broker,
            { on: action.calls, times: Infinity, delayMs: action.delayMs },
            action.forMs,
          ),
        )
      case 'create-topic':
        return done(administrator.createTopic(action.topic, action.partitions, action.replicationFactor))
      case 'delete-topic':
        return done(administrator.deleteTopic(action.topic))
      case 'add-partitions':
        return done(administrator.addPartitions(action.topic, action.count))
      case 'reassign':
        return done(administrator.reassign(action.topic, action.partition, action.replicas))
      case 'elect-preferred':
        return done(administrator.electPreferred(action.topic, action.partitions))
      case 'depose-controller':
        return done(administrator.deposeController())
      case 'zombie-controller':
        return this.makeZombie(action)
    }
  }

  // --- processes and machines ---------------------------------------------------------------------------------------

  private kill(id: number, downMs: number): boolean {
    const broker = this.world.broker(id)
    if (!broker.isRunning) return false
    broker.putDown('kill')
    this.hazards.later(downMs, () => broker.keepUp())
    return true
  }

  private losePower({ brokers: ids, downMs, outcome }: Extract<Action, { kind: 'power-loss' }>): boolean {
    // Whoever syncs before it acknowledges has promised to survive this; with one broker the plan says what is promised.
    const isPromised = this.plan.mode === 'one-broker' || this.plan.settings[SYNCS_EVERY_MESSAGE] === '1'
    const allowed = ids.filter((id) => {
      const broker = this.world.broker(id)
      if (!broker.hasLived || !broker.isWantedUp) return false
      return isPromised || this.power.allows(id)
    })
    const struck = isPromised ? allowed : allowed.slice(0, 1)
    for (const id of struck) {
      const broker = this.world.broker(id)
      this.power.note(id)
      this.powerLosses.push({ atMs: this.world.nowMs, broker: id })
      broker.putDown('power loss', outcome)
      this.hazards.later(downMs, () => broker.keepUp())
    }
    return struck.length > 0
  }

  private restart(id: number, downMs: number): boolean {
    const broker = this.world.broker(id)
    if (!broker.isServing || !broker.isWantedUp) return false
    broker.putDown('stop')
    const again = (): void => {
      if (broker.isRunning) this.hazards.later(100, again)
      else this.hazards.later(downMs, () => broker.keepUp())
    }
    this.hazards.later(100, again)
    return true
  }

  private freeze(id: number, forMs: number): boolean {
    const broker = this.world.broker(id)
    if (!broker.isRunning) return false
    const { process } = broker.platform
    this.hazards.during(
      `freeze ${id} ${broker.life}`,
      forMs,
      () => {
        broker.pauses()
        process.freeze()
      },
      () => {
        process.thaw()
        broker.goesOn()
      },
    )
    return true
  }

  private changeRate(id: number, rate: number, forMs: number): boolean {
    return this.whileRunning(id, (broker) => {
      const { clock } = broker.platform
      clock.setRate(rate)
      this.hazards.later(forMs, () => clock.setRate(broker.clockRate))
    })
  }

  private whileRunning(id: number, act: (broker: ReturnType<World['broker']>) => void): boolean {
    const broker = this.world.broker(id)
    if (!broker.isRunning) return false
    act(broker)
    return true
  }

  // --- links --------------------------------------------------------------------------------------------------------

  private isolate(id: number, forMs: number): boolean {
    const { host } = this.world.broker(id)
    const others = [
      ...Array.from(this.world.brokers.values(), (broker) => broker.host),
      ...this.plan.workloads.map(({ name }) => name),
    ].filter((name) => name !== host)
    for (const other of others) {
      this.hazards.link(host, other, 'cut', forMs)
      this.hazards.link(other, host, 'cut', forMs)
    }
    return true
  }

  private disturbSession(
    action: Extract<Action, { kind: 'zk-expire' | 'zk-disconnect' | 'zk-lose-reply' | 'zk-slow' }>,
  ): boolean {
    const { zooKeeper } = this.world
    const client = this.world.broker(action.broker).zooKeeper
    if (client === null) return false
    switch (action.kind) {
      case 'zk-expire':
        zooKeeper.expire(client)
        break
      case 'zk-disconnect':
        zooKeeper.disconnect(client)
        break
      case 'zk-lose-reply':
        zooKeeper.loseNextReply(client)
        break
      case 'zk-slow':
        zooKeeper.slow(client, action.extraMs)
        this.hazards.later(action.forMs, () => zooKeeper.slow(client, 0))
    }
    return true
  }

  private makeZombie({
    extraMs,
    topic,
    partitions,
  }: Extract<Action, { kind: 'zombie-controller' }>): boolean {
    const { world, hazards, administrator, view } = this
    const id = view.controllerId
    const client = id === null ? null : (world.brokers.get(id)?.zooKeeper ?? null)
    if (id === null || client === null) return false
    world.zooKeeper.slow(client, extraMs)
    hazards.later(extraMs, () => world.zooKeeper.slow(client, 0))
    administrator.deposeController()
    for (let atMs = 0; atMs < extraMs; atMs += ZOMBIE_STEP_MS)
      hazards.later(atMs, () => administrator.electThrough(id, topic, partitions))
    return true
  }

  private loseQuorum(forMs: number): void {
    const { zooKeeper } = this.world
    this.hazards.during(
      'quorum',
      forMs,
      () => zooKeeper.loseQuorum(),
      () => zooKeeper.restoreQuorum(),
    )
  }

  private hangZooKeeper(forMs: number): void {
    const { zooKeeper } = this.world
    this.hazards.during(
      'hang',
      forMs,
      () => zooKeeper.hang(),
      () => zooKeeper.resume(),
    )
  }

  private failDisk(action: Extract<Action, { kind: 'disk-error' }>): void {
    const { calls, error, directory, probability, dropsPages, forMs, broker } = action
    this.hazards.disk(
      broker,
      { on: calls, path: directory, times: Infinity, probability, error, dropsPages },
      forMs,
    )
  }
}

const ZOMBIE_STEP_MS = 100
const SYNCS_EVERY_MESSAGE = 'log.flush.interval.messages'

function done(_: void): true {
  return true
}
