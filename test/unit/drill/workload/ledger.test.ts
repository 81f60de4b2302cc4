import { expect } from 'chai'
import { Ledger } from '../../../../src/drill/workload/ledger.ts'

describe('the ledger of acknowledged records', () => {
  const acknowledged = (ledger: Ledger, count: number): string[] =>
    Array.from({ length: count }, () => {
      const sequence = ledger.send('all', 0)
      ledger.acknowledge('all', 0, sequence)
      return ledger.keyOf('all', 0, sequence)
    })

  it('finds nothing wrong when everything is read once, in order', () => {
    const ledger = new Ledger('run')
    for (const key of acknowledged(ledger, 3)) ledger.found(key, 0)
    expect(ledger.truth()).to.deep.equal([
      { lane: 'all', sent: 3, acknowledged: 3, failed: 0, read: 3, lost: 0, duplicated: 0, reordered: 0 },
    ])
  })

  it('counts a record that was acknowledged and is missing as lost', () => {
    const ledger = new Ledger('run')
    const [first, , third] = acknowledged(ledger, 3)
    ledger.found(first!, 0)
    ledger.found(third!, 0)
    expect(ledger.truth()[0]).to.include({ read: 2, lost: 1 })
  })

  it('does not call lost what was refused or never answered', () => {
    const ledger = new Ledger('run')
    ledger.fail('all', 0, ledger.send('all', 0))
    ledger.send('all', 0)
    expect(ledger.truth()[0]).to.include({ sent: 2, acknowledged: 0, failed: 1, lost: 0 })
  })

  it('counts every further copy as a duplicate, and not as out of order', () => {
    const ledger = new Ledger('run')
    const [first, second] = acknowledged(ledger, 2)
    for (const key of [first, second, first, first]) ledger.found(key!, 0)
    expect(ledger.truth()[0]).to.include({ read: 2, duplicated: 2, reordered: 0 })
  })

  it('counts what stands behind a later record as reordered', () => {
    const ledger = new Ledger('run')
    const [first, second, third] = acknowledged(ledger, 3)
    for (const key of [second, third, first]) ledger.found(key!, 0)
    expect(ledger.truth()[0]).to.include({ reordered: 1, lost: 0 })
  })

  it('ignores records of other runs, and those that stray into another partition', () => {
    const ledger = new Ledger('run')
    const [first] = acknowledged(ledger, 1)
    ledger.found(new Ledger('other').keyOf('all', 0, 0), 0)
    ledger.found(first!, 1)
    ledger.found('nonsense', 0)
    expect(ledger.truth()[0]).to.include({ read: 0, lost: 1 })
  })

  it('keeps lanes apart', () => {
    const ledger = new Ledger('run')
    acknowledged(ledger, 1)
    ledger.acknowledge('1', 0, ledger.send('1', 0))
    ledger.found(ledger.keyOf('1', 0, 0), 0)
    expect(ledger.truth().map(({ lane, lost }) => [lane, lost])).to.deep.equal([
      ['all', 1],
      ['1', 0],
    ])
  })
})
