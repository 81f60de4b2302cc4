import { expect } from 'chai'
import { runChaos } from '../chaos/chaos-run.ts'
import { FakeRandom } from '../fakes/random.ts'
import { hasKcat } from '../support/numbered-records.ts'

/** The short run; `tsx test/chaos/run.ts --minutes N` is the long one. */
describe('a cluster under faults', function () {
  if (!hasKcat('faults on real processes')) {
    it.skip('needs kcat')
    return
  }
  this.timeout(240_000)

  it('loses nothing that it acknowledged', async () => {
    const report = await runChaos({
      durationMs: 30_000,
      faults: ['kill the controller', 'pause a broker beyond its session', 'kill the leader of ZooKeeper'],
      random: new FakeRandom('short'),
      log: (line) => console.log(`      ${line}`),
    })
    expect(report).to.include({ lost: 0, duplicated: 0, reordered: 0, gaps: 0, read: report.written })
    expect(report.differingReplicas).to.deep.equal([])
  })
})
