import { expect } from 'chai'

import type { Transaction } from '../../../../zk/embedded/transaction.ts'
import { cutLog, readLog, TxnLog } from '../../../../zk/embedded/txn-log.ts'
import type { Zxid } from '../../../../zk/zookeeper.ts'
import { FakePlatform } from '../../../fakes/platform.ts'

const DIRECTORY = '/zk'
const nothing = (zxid: number): Transaction => ({ zxid: zxid as Zxid, timeMs: 1000 * zxid, kind: 'nothing' })
const setting = (zxid: number, text: string): Transaction => ({
  ...{ zxid: zxid as Zxid, timeMs: 1000 * zxid, kind: 'changes' },
  changes: [{ kind: 'set', path: '/a', data: Buffer.from(text) }],
})

describe('transaction log', () => {
  let platform: FakePlatform
  let durable: number[]
  let failures: unknown[]
  let log: TxnLog

  function open(zxid = 0): TxnLog {
    return new TxnLog({
      disk: platform.disk,
      directory: DIRECTORY,
      zxid: zxid as Zxid,
      onDurable: () => durable.push(log.durableZxid),
      onFailure: (error) => failures.push(error),
    })
  }

  async function read(
    path = `${DIRECTORY}/log.0000000000000001`,
  ): Promise<{ transactions: Transaction[]; endBytes: number; isWhole: boolean }> {
    const transactions: Transaction[] = []
    const good = await readLog(platform.disk, path, (transaction) => transactions.push(transaction))
    return { transactions, ...good }
  }

  beforeEach(() => {
    platform = new FakePlatform({ disk: { latencyMs: (call) => (call === 'sync' ? 10 : 0) } })
    platform.disk.makeDirectory(DIRECTORY)
    durable = []
    failures = []
    log = open()
  })

  it('makes transactions durable and reads them again', async () => {
    const transactions = [nothing(1), setting(2, 'x'.repeat(1000)), setting(3, '')]
    for (const transaction of transactions) log.append(transaction)
    await platform.clock.until(log.close())
    expect(durable).to.deep.equal([3])
    expect(await read()).to.deep.include({ transactions, isWhole: true })
    expect(platform.disk.openFiles).to.equal(0)
  })

  it('survives a power cut from the moment when it says so', async () => {
    log.append(nothing(1))
    log.commit()
    await platform.scheduler.untilTrue(() => durable.length > 0)
    const next = platform.restart()
    next.disk.crash('lost')
    platform = next
    expect((await read()).transactions).to.deep.equal([nothing(1)])
  })

  it('says nothing before the sync has ended', async () => {
    log.append(nothing(1))
    log.commit()
    await platform.clock.advance(9)
    expect([durable, log.durableZxid]).to.deep.equal([[], 0])
    await platform.clock.advance(1)
    expect([durable, log.durableZxid]).to.deep.equal([[1], 1])
  })

  it('gathers during a sync what becomes durable with the next', async () => {
    log.append(nothing(1))
    log.commit()
    await platform.clock.advance(5)
    for (let zxid = 2; zxid <= 50; zxid++) {
      log.append(nothing(zxid))
      log.commit()
    }
    expect(log.pendingBytes).to.be.greaterThan(0)
    await platform.clock.advance(15)
    expect(durable).to.deep.equal([1, 50])
    expect(log.pendingBytes).to.equal(0)
  })

  it('does not write before it is told to', async () => {
    log.append(nothing(1))
    await platform.clock.advance(1000)
    expect(platform.disk.list(DIRECTORY)).to.deep.equal([])
  })

  it('goes on in a new file after a roll, named after its first transaction', async () => {
    for (let zxid = 1; zxid <= 4; zxid++) {
      if (zxid === 3) log.roll()
      log.append(nothing(zxid))
    }
    await platform.clock.until(log.close())
    expect(durable).to.deep.equal([2, 4])
    expect(platform.disk.list(DIRECTORY)).to.have.members(['log.0000000000000001', 'log.0000000000000003'])
    expect((await read()).transactions).to.deep.equal([nothing(1), nothing(2)])
    expect((await read(`${DIRECTORY}/log.0000000000000003`)).transactions).to.deep.equal([
      nothing(3),
      nothing(4),
    ])
  })

  it('writes groups that are larger than a turn may take', async () => {
    const large = setting(1, 'x'.repeat(1_000_000))
    log.append(large)
    log.append(nothing(2))
    await platform.clock.until(log.close())
    expect((await read()).transactions).to.deep.equal([large, nothing(2)])
  })

  for (const call of ['open', 'write', 'sync', 'syncDirectory'] as const) {
    it(`stops for good when ${call} fails`, async () => {
      platform.disk.inject({ on: call, error: 'EIO' })
      log.append(nothing(1))
      log.commit()
      await platform.clock.advance(100)
      expect(failures).to.have.lengthOf(1)
      log.append(nothing(2))
      log.commit()
      await platform.clock.advance(100)
      await platform.clock.until(log.close())
      expect([durable, failures.length]).to.deep.equal([[], 1])
    })
  }

  describe('with a torn end', () => {
    const transactions = [nothing(1), setting(2, 'two'), nothing(3), setting(4, 'four')]

    it('gives the whole transactions before it, wherever it is torn', async () => {
      const ends: number[] = []
      for (const transaction of transactions) {
        log.append(transaction)
        log.commit()
        await platform.clock.advance(100)
        ends.push(platform.disk.status(`${DIRECTORY}/log.0000000000000001`)?.sizeBytes ?? NaN)
      }
      await platform.clock.until(log.close())
      const path = `${DIRECTORY}/log.0000000000000001`
      const size = ends.at(-1)!
      for (let end = size - 1; end >= 0; end--) {
        await platform.clock.until(cutLog(platform.disk, path, end))
        const whole = ends.filter((one) => one <= end).length
        const good = await read()
        expect(good.transactions, `cut at ${end}`).to.deep.equal(transactions.slice(0, whole))
        expect(good.endBytes).to.equal(end < 16 ? 0 : (ends[whole - 1] ?? 16))
        expect(good.isWhole).to.equal(good.endBytes === end && end >= 16)
      }
    })

    it('gives the transactions before a flipped bit, wherever it is', async () => {
      for (const transaction of transactions) log.append(transaction)
      await platform.clock.until(log.close())
      const path = `${DIRECTORY}/log.0000000000000001`
      const size = platform.disk.status(path)!.sizeBytes
      for (let position = 0; position < size; position++) {
        platform.disk.flipBit(path, position, position % 8)
        const good = await read()
        expect(good.isWhole, `byte ${position}`).to.equal(false)
        expect(good.transactions).to.deep.equal(transactions.slice(0, good.transactions.length))
        expect(good.endBytes).to.be.at.most(position)
        platform.disk.flipBit(path, position, position % 8)
      }
      expect((await read()).isWhole).to.equal(true)
    })

    it('does not take what an earlier life left behind for its continuation', async () => {
      for (const transaction of transactions) log.append(transaction)
      await platform.clock.until(log.close())
      const path = `${DIRECTORY}/log.0000000000000001`
      const old = platform.disk.readSmallFile(path)
      log = open()
      log.append(nothing(1))
      log.append(setting(2, 'new'))
      await platform.clock.until(log.close())
      const file = platform.disk.open(path, { mode: 'write' })
      const end = file.sizeBytes()
      // Of equal length, so that the old third transaction stands just where the new one would.
      expect(old.length).to.be.greaterThan(end)
      file.write([old.subarray(end)], end)
      file.close()
      expect((await read()).transactions).to.deep.equal([nothing(1), setting(2, 'new')])
    })
  })
})
