import { expect } from 'chai'
import { startZooKeeper, type ClusterZooKeeper } from './cluster.ts'
import { NOT_RUN, printDifferences, runScript } from './run-script.ts'
import { conformanceScripts, peerFolder } from './transcript.ts'

/** Longer than the slowest script takes on a machine that does other things, too. */
const SCRIPT_TIMEOUT_MS = 180_000
const START_TIMEOUT_MS = 60_000

const peer = peerFolder()

describe('the answers of a real Kafka 3.9', () => {
  let zooKeeper: ClusterZooKeeper | null = null

  before(async function () {
    this.timeout(START_TIMEOUT_MS)
    if (peer !== null) zooKeeper = await startZooKeeper()
  })

  after(async function () {
    this.timeout(START_TIMEOUT_MS)
    await zooKeeper?.stop()
  })

  if (peer === null) it('are not here to be compared with')
  for (const script of peer === null ? [] : conformanceScripts(peer)) {
    const why = NOT_RUN[script.name]
    if (why !== undefined) {
      it(`${script.name} (${why})`)
      continue
    }
    it(`to the script ${script.name} are ours, or their difference is justified`, async function () {
      this.timeout(SCRIPT_TIMEOUT_MS + START_TIMEOUT_MS)
      const connectString = zooKeeper?.connectString ?? ''
      const options = { peer: peer ?? '', connectString, timeoutMs: SCRIPT_TIMEOUT_MS }
      const { compared, differences } = await runScript(script, options)
      expect(compared, 'answers that were compared').to.be.greaterThan(0)
      expect(differences.length, printDifferences(differences)).to.equal(0)
    })
  }
})
