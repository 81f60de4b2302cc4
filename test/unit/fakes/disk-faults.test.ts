import { expect } from 'chai'
import type { DiskFile } from '../../../src/platform/disk.ts'
import { DiskError } from '../../../src/platform/disk.ts'
import { FakeClock } from '../../fakes/clock.ts'
import { FakeDisk } from '../../fakes/disk.ts'
import { Scheduler } from '../../fakes/scheduler.ts'
import { SimulatedProcess } from '../../fakes/simulated-process.ts'

function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

function content(disk: FakeDisk, path: string): string | null {
  return disk.status(path) === null ? null : disk.readSmallFile(path).toString('latin1')
}

/** A file with durable content under a durable name. */
async function durableFile(disk: FakeDisk, path: string, text: string): Promise<DiskFile> {
  const file = disk.open(path, { mode: 'create' })
  file.write([bytes(text)], 0)
  await file.sync()
  await disk.syncDirectory('/')
  return file
}

describe('a fake disk with faults', () => {
  let disk: FakeDisk
  let file: DiskFile

  beforeEach(async () => {
    disk = new FakeDisk()
    file = await durableFile(disk, '/log', '0123456789')
  })

  async function rejected(promise: Promise<unknown>): Promise<string> {
    return promise.then(
      () => 'nothing',
      (error: unknown) => (error instanceof DiskError ? error.code : 'something else'),
    )
  }

  it('fails the calls that were asked for, as often as asked for', () => {
    const fault = disk.inject({ on: 'read', path: '/log', skip: 1, times: 2, error: 'EIO' })
    const read = (): number => file.read(Buffer.alloc(4), 0, 4, 0)
    expect(read()).to.equal(4)
    for (let i = 0; i < 2; i++) expect(read).to.throw(DiskError).with.property('code', 'EIO')
    expect(read()).to.equal(4)
    expect(fault.hits).to.equal(2)
  })

  it('chooses by path: one file, a tree, or a pattern', () => {
    disk.makeDirectory('/a/b')
    disk.inject({ on: 'any', path: '/a', times: Infinity, error: 'EACCES' })
    expect(() => disk.list('/a/b')).to.throw(DiskError)
    expect(() => disk.list('/a')).to.throw(DiskError)
    expect(disk.status('/ab')).to.equal(null)
    disk.clearFaults()
    disk.inject({ on: ['open', 'rename'], path: /\.log$/, error: 'EMFILE' })
    expect(() => disk.open('/a/0.log', { mode: 'write' }))
      .to.throw(DiskError)
      .with.property('code', 'EMFILE')
  })

  it('can be repaired', () => {
    const fault = disk.inject({ on: 'write', times: Infinity, error: 'EIO' })
    expect(() => file.write([bytes('x')], 0)).to.throw(DiskError)
    fault.withdraw()
    file.write([bytes('x')], 0)
  })

  it('breaks only sometimes when asked', () => {
    const fault = disk.inject({ on: 'status', times: Infinity, probability: 0.3, error: 'EIO' })
    for (let i = 0; i < 200; i++) {
      try {
        disk.status('/log')
      } catch {
        // Counted below.
      }
    }
    expect(fault.hits).to.be.within(30, 90)
  })

  it('writes a part and fails', () => {
    disk.inject({ on: 'write', error: 'EIO', afterBytes: 3 })
    expect(() => file.write([bytes('ab'), bytes('cdef')], 0)).to.throw(DiskError)
    expect(content(disk, '/log')).to.equal('abc3456789')
  })

  it('fails asynchronous calls alike', async () => {
    disk.inject({ on: 'read', error: 'EIO' })
    disk.inject({ on: 'write', error: 'ENOSPC', afterBytes: 2 })
    disk.inject({ on: 'syncDirectory', error: 'EIO' })
    expect(await rejected(file.readAsync(Buffer.alloc(1), 0, 1, 0))).to.equal('EIO')
    expect(await rejected(file.writeAsync([bytes('abcd')], 0))).to.equal('ENOSPC')
    expect(await rejected(disk.syncDirectory('/'))).to.equal('EIO')
    expect(content(disk, '/log')).to.equal('ab23456789')
  })

  it('turns a bit over, once in what is read, for good in what is written', () => {
    const ones = (buffer: Buffer): number =>
      [...buffer].reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0)
    const zeros = Buffer.alloc(100)
    file.write([zeros], 0)
    disk.inject({ on: 'read', flipsBit: true })
    const target = Buffer.alloc(100)
    file.read(target, 0, 100, 0)
    expect(ones(target)).to.equal(1)
    file.read(target, 0, 100, 0)
    expect(ones(target)).to.equal(0)
    disk.inject({ on: 'write', flipsBit: true })
    file.write([zeros], 0)
    expect(ones(disk.readSmallFile('/log'))).to.equal(1)
    disk.flipBit('/log', 99, 7)
    expect(disk.readSmallFile('/log')[99]).to.not.equal(0)
  })

  it('forgets pages whose sync failed, and says nothing of it the next time', async () => {
    file.write([bytes('lost')], 0)
    disk.inject({ on: 'sync', error: 'EIO', dropsPages: true })
    expect(await rejected(file.sync())).to.equal('EIO')
    expect(content(disk, '/log')).to.equal('lost456789')
    file.write([bytes('kept')], 6)
    await file.sync()
    disk.crash('lost')
    expect(content(disk, '/log')).to.equal('012345kept')
  })

  it('keeps pages whose sync failed otherwise', async () => {
    file.write([bytes('kept')], 0)
    disk.inject({ on: 'sync', error: 'EIO' })
    expect(await rejected(file.sync())).to.equal('EIO')
    await file.sync()
    disk.crash('lost')
    expect(content(disk, '/log')).to.equal('kept456789')
  })

  it('notices a buffer that changes under an asynchronous write', async () => {
    const buffer = bytes('abcd')
    const written = file.writeAsync([buffer], 0)
    buffer[0] = 0
    expect(String(await written.catch((error: unknown) => error))).to.contain(
      'changed before its write had settled',
    )
  })

  it('is wiped with all that was on it', async () => {
    disk.makeDirectory('/data/topic-0')
    await disk.syncDirectory('/')
    disk.wipe('/data')
    expect(disk.list('/data')).to.deep.equal([])
    disk.crash()
    expect(disk.list('/data')).to.deep.equal([])
  })
})

describe('a fake disk that is small', () => {
  it('fills up, by the byte, and has room again after removing and cutting', () => {
    const disk = new FakeDisk({ capacityBytes: 10_000 })
    const file = disk.open('/a', { mode: 'write' })
    file.write([Buffer.alloc(9_990)], 0)
    expect(disk.space('/')).to.deep.equal({ totalBytes: 10_000, usableBytes: 10 })
    expect(() => file.write([Buffer.alloc(11)], 9_990))
      .to.throw(DiskError)
      .with.property('code', 'ENOSPC')
    expect(file.sizeBytes()).to.equal(10_000)
    file.write([Buffer.alloc(10_000, 1)], 0)
    file.truncate(4_000)
    expect(disk.space('/').usableBytes).to.equal(6_000)
    const other = disk.open('/b', { mode: 'write' })
    other.write([Buffer.alloc(6_000)], 0)
    disk.remove('/b')
    expect(disk.space('/').usableBytes).to.equal(0)
    other.close()
    expect(disk.space('/').usableBytes).to.equal(6_000)
    disk.crash()
    expect(disk.space('/').usableBytes).to.be.at.least(0)
  })

  it('counts no holes', () => {
    const disk = new FakeDisk({ capacityBytes: 100_000 })
    const file = disk.open('/index', { mode: 'write' })
    file.truncate(10 * 1024 * 1024)
    expect(disk.space('/').usableBytes).to.equal(100_000)
    file.write([Buffer.alloc(100)], 5_000_000)
    expect(disk.space('/').usableBytes).to.be.within(80_000, 99_900)
  })

  it('has a limit of open files', () => {
    const disk = new FakeDisk({ maxOpenFiles: 1 })
    const file = disk.open('/a', { mode: 'write' })
    expect(() => disk.open('/b', { mode: 'write' }))
      .to.throw(DiskError)
      .with.property('code', 'EMFILE')
    file.close()
    disk.open('/b', { mode: 'write' })
    expect(disk.openFiles).to.equal(1)
  })
})

describe('a fake disk that is slow', () => {
  it('settles asynchronous calls later, and blocks its process in synchronous ones', async () => {
    const scheduler = new Scheduler()
    const process = new SimulatedProcess(scheduler, 'broker-1')
    const clock = new FakeClock({ scheduler, process })
    const disk = new FakeDisk({ clock, latencyMs: (call) => (call === 'sync' ? 5 : 0) })
    const file = disk.open('/log', { mode: 'write' })
    await clock.until(file.sync())
    expect(clock.monotonicMs()).to.equal(5)
    disk.inject({ on: 'write', delayMs: 30 })
    const before = clock.monotonicMs()
    file.write([bytes('slow')], 0)
    expect(clock.monotonicMs() - before).to.equal(30)
    disk.inject({ on: 'write', delayMs: 50 })
    const start = clock.monotonicMs()
    await clock.until(file.writeAsync([bytes('slow')], 0))
    expect(clock.monotonicMs() - start).to.equal(50)
  })
})
