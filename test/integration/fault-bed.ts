import { expect } from 'chai'
import { isZooKeeperError } from '../../zk/zookeeper.ts'
import { ScriptedZooKeeper } from './scripted-zookeeper.ts'
import type { Script } from './scripted-zookeeper.ts'
import { TestClients } from './zookeeper-clients.ts'

/** Scripted servers and clients of one test. They are gone after it, and nothing may have thrown into the event loop. */
export class FaultBed {
  readonly clients = new TestClients()
  readonly servers: ScriptedZooKeeper[] = []
  private readonly uncaught: unknown[] = []

  /** To be made inside a `describe`. */
  constructor() {
    const catcher = (error: unknown) => void this.uncaught.push(error)
    beforeEach(() => process.prependListener('uncaughtException', catcher))
    afterEach(async () => {
      await this.clients.close()
      await Promise.all(this.servers.splice(0).map((server) => server.stop()))
      process.removeListener('uncaughtException', catcher)
      expect(this.uncaught.splice(0)).to.deep.equal([])
    })
  }

  async serve(script: Script = {}, host?: string): Promise<ScriptedZooKeeper> {
    const server = await new ScriptedZooKeeper(script, host).start()
    this.servers.push(server)
    return server
  }
}

/** The name of the error with which a call fails. */
export async function errorOf(call: Promise<unknown>): Promise<string> {
  try {
    await call
  } catch (error) {
    if (isZooKeeperError(error)) return error.error
    throw error
  }
  return 'no error'
}

/** Null data and a stat of zeros: what getData answers. */
export const emptyZnode = Buffer.concat([Buffer.from('ffffffff', 'hex'), Buffer.alloc(68)])
