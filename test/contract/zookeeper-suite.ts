import type { ZooKeeper } from '../../zk/zookeeper.ts'
import type { ZooKeeperHarness, ZooKeeperSuiteOptions, ZooKeeperTestBed } from './zookeeper-harness.ts'
import { describeOrder } from './zookeeper-order.ts'
import { describeSessions } from './zookeeper-sessions.ts'
import { describeWatches } from './zookeeper-watches.ts'
import { describeZnodes } from './zookeeper-znodes.ts'

export type { ZooKeeperHarness } from './zookeeper-harness.ts'

/**
 * The contract of the port `zk/zookeeper.ts`: every guarantee that its comments give, as tests. To be called inside a
 * `describe` that names the implementation.
 */
export function zooKeeperSuite(options: ZooKeeperSuiteOptions): void {
  let harness: ZooKeeperHarness | null = null
  let root = ''
  let count = 0
  const clients: ZooKeeper[] = []
  const bed: ZooKeeperTestBed = {
    get harness() {
      if (harness === null) throw new Error('the servers have not started')
      return harness
    },
    get root() {
      return root
    },
    async connect() {
      const client = await bed.harness.connect()
      clients.push(client)
      return client
    },
  }

  before('start the servers', async function () {
    this.timeout(60_000)
    harness = await options.start()
  })

  beforeEach('make a znode to work below', async () => {
    root = `/contract-${++count}-${process.pid}`
    const client = await bed.connect()
    await client.create(root, null)
  })

  afterEach('close the clients', async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()))
  })

  after('stop the servers', async () => {
    await harness?.stop()
  })

  describeZnodes(bed)
  describeWatches(bed)
  describeOrder(bed)
  describeSessions(bed, options.can)
}
