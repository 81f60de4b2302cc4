import { expect } from 'chai'
import { OpenFiles } from '../../../src/log/open-files.ts'
import { TransactionIndex } from '../../../src/log/transaction-index.ts'
import { DiskError } from '../../../src/platform/disk.ts'
import { FakeDisk } from '../../fakes/disk.ts'

const aborted = { producerId: 4000, firstOffset: 100, lastOffset: 113, lastStableOffset: 100 }

function open(disk: FakeDisk, isNew = false): TransactionIndex {
  return new TransactionIndex({
    folder: { path: '/d' },
    name: 'i',
    disk,
    files: new OpenFiles({ disk }),
    isNew,
  })
}

function newDisk(): FakeDisk {
  const disk = new FakeDisk()
  disk.makeDirectory('/d')
  return disk
}

describe('a transaction index', () => {
  it('is written as Kafka does, and only when there is something to say', () => {
    const disk = newDisk()
    const index = open(disk, true)
    expect(disk.status('/d/i')).to.equal(null)
    index.append(aborted)
    expect(disk.readSmallFile('/d/i').toString('hex')).to.equal(
      '00000000000000000fa0000000000000006400000000000000710000000000000064',
    )
  })

  it('is read when it is asked for', () => {
    const disk = newDisk()
    expect(open(disk).transactions).to.deep.equal([])
    const first = open(disk, true)
    first.append(aborted)
    first.append({ ...aborted, lastOffset: 120 })
    expect(open(disk).transactions.map((transaction) => transaction.lastOffset)).to.deep.equal([113, 120])
  })

  it('goes on where it ended', () => {
    const disk = newDisk()
    open(disk, true).append(aborted)
    open(disk).append({ ...aborted, lastOffset: 120 })
    expect(open(disk).transactions).to.have.length(2)
  })

  it('forgets markers at an offset and behind it', () => {
    const disk = newDisk()
    const index = open(disk, true)
    for (const lastOffset of [113, 120, 130]) index.append({ ...aborted, lastOffset })
    index.truncateTo(120)
    expect(open(disk).transactions.map((transaction) => transaction.lastOffset)).to.deep.equal([113])
    index.reset()
    expect(disk.status('/d/i')).to.equal(null)
    expect(index.transactions).to.deep.equal([])
  })

  it('is a failure of the disk when it is not whole entries of a known version', () => {
    const disk = newDisk()
    open(disk, true).append(aborted)
    const file = disk.open('/d/i', { mode: 'write' })
    file.truncate(40)
    expect(() => open(disk).transactions).to.throw(DiskError, /40 bytes/)
    file.truncate(34)
    file.write([Buffer.from([0, 1])], 0)
    expect(() => open(disk).transactions).to.throw(DiskError, /version 1/)
  })
})
