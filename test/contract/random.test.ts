import { expect } from 'chai'
import { NodeRandom } from '../../src/platform/node/node-random.ts'
import { FakeRandom } from '../fakes/random.ts'

for (const [name, make] of Object.entries({ fake: () => new FakeRandom(), real: () => new NodeRandom() })) {
  describe(`the ${name} random source`, () => {
    it('gives as many bytes as asked for, and others every time', () => {
      const random = make()
      expect(random.bytes(0)).to.have.length(0)
      const draws = Array.from({ length: 100 }, () => random.bytes(16).toString('hex'))
      expect(new Set(draws).size).to.equal(100)
      expect(draws[0]).to.have.length(32)
    })

    it('gives every byte value', () => {
      expect(new Set(make().bytes(10_000)).size).to.equal(256)
    })

    it('gives fractions from 0 up to but not including 1, evenly', () => {
      const random = make()
      let sum = 0
      const tenths = new Array<number>(10).fill(0)
      for (let i = 0; i < 10_000; i++) {
        const fraction = random.fraction()
        expect(fraction >= 0 && fraction < 1).to.equal(true)
        sum += fraction
        tenths[Math.floor(fraction * 10)]!++
      }
      // 0.05 is 17 standard deviations, 800 of 1000 more than 6: no false alarm in this universe.
      expect(sum / 10_000).to.be.closeTo(0.5, 0.05)
      for (const count of tenths) expect(count).to.be.within(800, 1200)
    })

    it('gives whole numbers below the limit, and each of them', () => {
      const random = make()
      const seen = new Set<number>()
      for (let i = 0; i < 1000; i++) seen.add(random.below(6))
      expect([...seen].sort()).to.deep.equal([0, 1, 2, 3, 4, 5])
      expect(random.below(1)).to.equal(0)
      expect(random.below(2 ** 48)).to.be.within(0, 2 ** 48 - 1)
    })

    it('refuses a limit below which there is no number', () => {
      for (const limit of [0, -1, 1.5, NaN, Infinity]) expect(() => make().below(limit)).to.throw('limit')
    })
  })
}
