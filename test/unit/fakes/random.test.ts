import { expect } from 'chai'
import { FakeRandom } from '../../fakes/random.ts'

function draws(random: FakeRandom): number[] {
  return Array.from({ length: 10 }, () => random.fraction())
}

describe('the fake random source', () => {
  it('draws the same from the same seed, and something else from any other', () => {
    expect(draws(new FakeRandom(7))).to.deep.equal(draws(new FakeRandom('7')))
    const firsts = Array.from({ length: 1000 }, (_, seed) => new FakeRandom(seed).fraction())
    expect(new Set(firsts).size).to.equal(1000)
  })

  it('forks streams that know nothing of each other', () => {
    const one = new FakeRandom('seed')
    const other = new FakeRandom('seed')
    other.fraction()
    expect(draws(one.fork('disk'))).to.deep.equal(draws(other.fork('disk')))
    expect(draws(one.fork('disk'))).to.not.deep.equal(draws(one.fork('network')))
  })

  it('draws even where the answer is certain, so that knobs do not shift the rest', () => {
    const one = new FakeRandom('seed')
    const other = new FakeRandom('seed')
    expect(one.chance(0)).to.equal(false)
    expect(other.chance(1)).to.equal(true)
    expect(draws(one)).to.deep.equal(draws(other))
  })

  it('picks and shuffles without losing anything', () => {
    const random = new FakeRandom('cards')
    const cards = Array.from({ length: 20 }, (_, i) => i)
    const shuffled = random.shuffle(cards)
    expect(shuffled).to.have.members(cards)
    expect(shuffled).to.not.deep.equal(cards)
    expect(cards).to.include(random.pick(cards))
    expect(() => random.pick([])).to.throw('choose')
    expect(random.between(5, 6)).to.be.within(5, 6)
  })
})
