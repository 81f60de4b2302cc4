import type { BrokerId, ProducerId } from '../../src/model/ids.ts'
import { persistently } from '../client/retry.ts'
import { latestProducerIdBlock } from '../znodes/producer-ids.ts'
import type { ProducerIdBlock } from '../znodes/producer-ids.ts'
import { isZooKeeperError } from '../zookeeper.ts'
import { ensurePath, storeContext } from './store-context.ts'
import type { StoreContext, StoreOptions } from './store-context.ts'

/** Source: org.apache.kafka.server.common.ProducerIdsBlock. */
const PRODUCER_ID_BLOCK_SIZE = 1000

/** Gives producer ids out, a thousand at a time, each once in the life of a cluster. Source: ZkProducerIdManager. */
export class ProducerIdStore {
  private readonly context: StoreContext

  constructor(options: StoreOptions) {
    this.context = storeContext(options)
  }

  /** The next block, for a broker. A block whose giving out nobody heard of is lost, which is harmless. */
  async allocate(broker: BrokerId): Promise<ProducerIdBlock> {
    const { zooKeeper } = this.context
    const path = latestProducerIdBlock.at()
    return persistently(this.context, async () => {
      for (;;) {
        const found = await zooKeeper.get(path)
        if (found === null) {
          await ensurePath(this.context, path)
          continue
        }
        const block = nextBlock(broker, latestProducerIdBlock.decode(found.data, path))
        try {
          await zooKeeper.set(path, latestProducerIdBlock.encode(block), found.stat.version)
          return block
        } catch (error) {
          if (!isZooKeeperError(error, 'BAD_VERSION', 'NO_NODE')) throw error
        }
      }
    })
  }
}

function nextBlock(broker: BrokerId, last: ProducerIdBlock | null): ProducerIdBlock {
  const firstId = last === null ? 0 : last.lastId + 1
  const lastId = firstId + PRODUCER_ID_BLOCK_SIZE - 1
  // A double counts no further; at a million blocks a second that takes 285 years.
  if (!Number.isSafeInteger(lastId)) throw new RangeError(`there are no producer ids after ${firstId}`)
  return { broker, firstId: firstId as ProducerId, lastId: lastId as ProducerId }
}
