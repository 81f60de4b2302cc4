import type { Logger } from '../../src/platform/logger.ts'
import type { BrokerEpoch, BrokerId } from '../../src/model/ids.ts'
import { persistently, setOnce } from '../client/retry.ts'
import { sessionName } from '../client/session-name.ts'
import { MalformedZnodeError } from '../znode.ts'
import { addressesOf, brokerIds, brokerInfo, brokerSequence } from '../znodes/brokers.ts'
import type { BrokerInfo } from '../znodes/brokers.ts'
import type { SessionId, Stat, Watcher } from '../zookeeper.ts'
import { ANY_VERSION, isZooKeeperError } from '../zookeeper.ts'
import { mapPipelined } from './pipeline.ts'
import { ensurePath, storeContext } from './store-context.ts'
import type { StoreContext, StoreOptions } from './store-context.ts'

export interface RegisteredBroker {
  readonly id: BrokerId
  /** The zxid that created its znode: tells two lives of one broker apart. */
  readonly epoch: BrokerEpoch
  readonly info: BrokerInfo
}

/** The id belongs to a session that is not ours: another broker has it, or an earlier life of this one. */
export class BrokerIdInUseError extends Error {
  override readonly name = 'BrokerIdInUseError'
  readonly broker: BrokerId
  readonly owner: SessionId

  constructor(broker: BrokerId, owner: SessionId) {
    super(`broker id ${broker} is registered by session ${sessionName(owner)}`)
    this.broker = broker
    this.owner = owner
  }
}

/** Who is alive: `/brokers/ids`. Source: KafkaZkClient.registerBroker, CheckedEphemeral, getAllBrokerAndEpochsInCluster. */
export class BrokerRegistry {
  private readonly context: StoreContext
  private readonly logger: Logger
  /** The session that this process last registered in. */
  private registeredIn: SessionId | null = null

  constructor(options: StoreOptions & { readonly logger: Logger }) {
    this.context = storeContext(options)
    this.logger = options.logger
  }

  /**
   * Announces a broker for the life of the present session, and returns its epoch. A znode that an earlier session of
   * this process left behind is replaced. Rejects with BrokerIdInUseError when the id is somebody else's.
   */
  async register(id: BrokerId, info: BrokerInfo): Promise<BrokerEpoch> {
    const stat = await persistently(this.context, () => this.create(id, info))
    this.registeredIn = stat.ephemeralOwner
    return epochOf(stat)
  }

  /** Replaces what a registered broker says of itself. Its epoch stays. */
  async update(id: BrokerId, info: BrokerInfo): Promise<void> {
    await setOnce(this.context, brokerInfo.at({ broker: id }), brokerInfo.encode(info), ANY_VERSION)
  }

  /**
   * Waits until nobody holds the id any more, or `deadlineMs` of the monotonic clock. Returns whether it is free. A
   * broker that was killed is registered until its session expires; unlike Kafka, which gives up at once, it can wait.
   */
  async waitForRelease(id: BrokerId, deadlineMs: number): Promise<boolean> {
    const { zooKeeper, clock } = this.context
    const path = brokerInfo.at({ broker: id })
    for (;;) {
      let wake: () => void = () => undefined
      const changed = new Promise<void>((resolve) => (wake = resolve))
      const stat = await persistently(this.context, () => zooKeeper.exists(path, () => wake()))
      if (stat === null || stat.ephemeralOwner === zooKeeper.session.id) return true
      const leftMs = deadlineMs - clock.monotonicMs()
      if (leftMs <= 0) return false
      const timer = clock.after(leftMs, wake)
      await changed
      timer.cancel()
    }
  }

  /**
   * The living brokers, by id. Unlike Kafka, whose controller fails over such a thing, it passes over a broker whose
   * znode makes no sense, with a line in the log; names that are no ids are passed over, too.
   */
  async brokers(watcher?: Watcher): Promise<RegisteredBroker[]> {
    const ids = await this.ids(watcher)
    const found = await mapPipelined(ids, (id) => this.brokerOrNone(id))
    return found.filter((broker) => broker !== null)
  }

  async ids(watcher?: Watcher): Promise<BrokerId[]> {
    const names = await persistently(this.context, () =>
      this.context.zooKeeper.children(brokerIds.at(), watcher),
    )
    const ids = (names ?? []).filter((name) => /^[0-9]{1,10}$/.test(name)).map(Number) as BrokerId[]
    return ids.sort((one, other) => one - other)
  }

  private async brokerOrNone(id: BrokerId): Promise<RegisteredBroker | null> {
    try {
      return await this.broker(id)
    } catch (error) {
      if (!(error instanceof MalformedZnodeError)) throw error
      this.logger.error('a broker is passed over', { error })
      return null
    }
  }

  /** Null when it is not registered. Rejects with MalformedZnodeError. */
  async broker(id: BrokerId, watcher?: Watcher): Promise<RegisteredBroker | null> {
    const path = brokerInfo.at({ broker: id })
    const found = await persistently(this.context, () => this.context.zooKeeper.get(path, watcher))
    // A registration by other means than a multi has no data at first.
    if (found?.data == null) return null
    return { id, epoch: epochOf(found.stat), info: brokerInfo.decode(found.data, path) }
  }

  /** A new id for a broker that was given none: above `reservedMaxId`, different for everybody who asks. */
  async generateId(reservedMaxId: number): Promise<BrokerId> {
    const { zooKeeper } = this.context
    const path = brokerSequence.at()
    // Asking twice leaves a gap in the row, which is harmless; taking another's number for ours would not be.
    const next = () => persistently(this.context, () => zooKeeper.set(path, Buffer.alloc(0), ANY_VERSION))
    try {
      return ((await next()).version + reservedMaxId) as BrokerId
    } catch (error) {
      if (!isZooKeeperError(error, 'NO_NODE')) throw error
      await ensurePath(this.context, path)
      return ((await next()).version + reservedMaxId) as BrokerId
    }
  }

  /** Owner and data in one step: nobody sees a broker without endpoints. */
  private async create(id: BrokerId, info: BrokerInfo): Promise<Stat> {
    const { zooKeeper, acls } = this.context
    const path = brokerInfo.at({ broker: id })
    for (;;) {
      try {
        const [, result] = await zooKeeper.multi([
          { kind: 'create', path, data: null, mode: 'ephemeral', acl: acls(path) },
          { kind: 'set', path, data: brokerInfo.encode(info), version: 0 },
        ])
        if (result?.kind === 'set') return result.stat
        throw new TypeError('a multi without the result of its set')
      } catch (error) {
        if (!isZooKeeperError(error, 'NODE_EXISTS')) throw error
      }
      const mine = await this.judgeExisting(id, path)
      if (mine !== null) return mine
    }
  }

  /** The stat of a znode that is ours; null when it is worth trying again. */
  private async judgeExisting(id: BrokerId, path: string): Promise<Stat | null> {
    const { zooKeeper } = this.context
    const found = await zooKeeper.get(path)
    if (found === null) return null
    const owner = found.stat.ephemeralOwner
    if (owner === zooKeeper.session.id) return found.stat
    if (owner !== this.registeredIn) throw new BrokerIdInUseError(id, owner)
    this.logger.info(`${path} is left from our own expired session; it is replaced`)
    try {
      await zooKeeper.delete(path, ANY_VERSION)
    } catch (error) {
      if (!isZooKeeperError(error, 'NO_NODE')) throw error
    }
    return null
  }
}

function epochOf(stat: Stat): BrokerEpoch {
  return stat.czxid as number as BrokerEpoch
}

/** `host:port` that `info` shares with another broker than `id`, and with whom; null when there is none. */
export function endpointConflict(
  id: BrokerId,
  info: BrokerInfo,
  brokers: readonly RegisteredBroker[],
): { readonly address: string; readonly broker: BrokerId } | null {
  const own = new Set(addressesOf(info))
  for (const other of brokers) {
    if (other.id === id) continue
    const address = addressesOf(other.info).find((theirs) => own.has(theirs))
    if (address !== undefined) return { address, broker: other.id }
  }
  return null
}
