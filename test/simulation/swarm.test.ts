import { expect } from 'chai'
import { drawPlan } from './draw-plan.ts'
import type { Mode } from './plan.ts'
import { runPlan } from './run-plan.ts'

/** A few seeds of the swarm, the same every time; `npm run sim` has more. */
const SEEDS: Readonly<Record<Mode, number>> = { 'one-broker': 60, cluster: 20 }
const SEEDS_PER_TEST = 10

describe('The swarm', function () {
  this.timeout(600_000)

  for (const mode of ['one-broker', 'cluster'] as const) {
    for (let from = 1; from <= SEEDS[mode]; from += SEEDS_PER_TEST) {
      it(`finds nothing with the seeds ${from} to ${from + SEEDS_PER_TEST - 1} of ${mode}`, async () => {
        let acknowledged = 0
        let actions = 0
        for (let seed = from; seed < from + SEEDS_PER_TEST; seed++) {
          const { violations, counts } = await runPlan(drawPlan(`${seed}`, mode))
          expect(violations, `npm run sim -- --seed ${mode}/${seed}`).to.deep.equal([])
          acknowledged += counts.acknowledged
          actions += counts.actions
        }
        expect(acknowledged, 'records acknowledged').to.be.greaterThan(100 * SEEDS_PER_TEST)
        expect(actions, 'things that went wrong').to.be.greaterThan(5 * SEEDS_PER_TEST)
      })
    }
  }
})
