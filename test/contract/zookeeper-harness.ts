import type { ZooKeeper } from '../../zk/zookeeper.ts'

/** One implementation of the port, with its servers. */
export interface ZooKeeperHarness {
  /** What clients ask for and are granted. Tests take a few of these, so: as short as the servers allow. */
  readonly sessionTimeoutMs: number
  /** A client that is connected. The suite closes it. */
  connect(): Promise<ZooKeeper>
  /** The time that clients live in, in milliseconds: to see that calls settle in time. */
  monotonicMs(): number
  /** Breaks the client's connection, which can be made again at once. */
  disconnect?(client: ZooKeeper): Promise<void> | void
  /** Lets the servers end the client's session, and the client hear of it soon. */
  expire?(client: ZooKeeper): Promise<void> | void
  /** Lets all servers stand still: connections stay open, nothing is answered. */
  hang?(): Promise<void> | void
  /** Undoes `hang`. */
  resume?(): Promise<void> | void
  /** Closes the servers. */
  stop(): Promise<void>
}

export interface ZooKeeperSuiteOptions {
  /** Starts the servers; once for all tests. */
  start(): Promise<ZooKeeperHarness>
  /** What the harness can do. The tests that need something else are left out. */
  readonly can: readonly ('disconnect' | 'expire' | 'hang')[]
}

/** What a test has at hand: clients, and a znode of its own to work below. */
export interface ZooKeeperTestBed {
  readonly harness: ZooKeeperHarness
  /** A connected client that is closed after the test. */
  connect(): Promise<ZooKeeper>
  /** The path of an empty znode that no other test uses. */
  readonly root: string
}
