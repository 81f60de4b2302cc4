import { expect } from 'chai'
import fc from 'fast-check'
import type { DiskFile } from '../../../src/platform/disk.ts'
import { DiskError } from '../../../src/platform/disk.ts'
import { FakeDisk } from '../../fakes/disk.ts'
import { CRASH_OUTCOMES } from '../../fakes/file-node.ts'
import { FakeRandom } from '../../fakes/random.ts'

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

/** Every result of a crash over many seeds. */
async function results(
  prepare: (disk: FakeDisk) => Promise<void>,
  look: (disk: FakeDisk) => string,
): Promise<Set<string>> {
  const seen = new Set<string>()
  for (let seed = 0; seed < 300; seed++) {
    const disk = new FakeDisk({ random: new FakeRandom(seed) })
    await prepare(disk)
    disk.crash()
    seen.add(look(disk))
  }
  return seen
}

describe('a fake disk that loses power', () => {
  it('keeps what was synced, content and name', async () => {
    const seen = await results(
      async (disk) => void (await durableFile(disk, '/log', 'synced')),
      (disk) => String(content(disk, '/log')),
    )
    expect([...seen]).to.deep.equal(['synced'])
  })

  it('forgets the name of a file whose directory was not synced, however synced the file is', async () => {
    const seen = await results(
      async (disk) => {
        const file = disk.open('/log', { mode: 'create' })
        file.write([bytes('synced')], 0)
        await file.sync()
      },
      (disk) => String(content(disk, '/log')),
    )
    expect(seen).to.deep.equal(new Set(['synced', 'null']))
  })

  it('keeps any part of what was not synced, but nothing that was never written', async () => {
    const seen = await results(
      async (disk) => {
        const file = await durableFile(disk, '/log', 'AAAA')
        file.write([bytes('BBBB')], 4)
        file.write([bytes('CCCC')], 8)
      },
      (disk) => String(content(disk, '/log')),
    )
    for (const text of seen) expect(text).to.match(/^AAAA(B{0,4}|BBBBC{0,4}|\0{1,8}|BBBB\0{1,4})$/)
    expect(seen).to.include('AAAA')
    expect(seen).to.include('AAAABBBB')
    expect(seen).to.include('AAAABBBBCCCC')
    expect([...seen].some((text) => text.includes('\0'))).to.equal(true)
  })

  it('tears a large write at the sectors of the device', async () => {
    const sizes = new Set<number>()
    for (let seed = 0; seed < 100; seed++) {
      const disk = new FakeDisk({ random: new FakeRandom(seed) })
      const file = await durableFile(disk, '/log', 'A'.repeat(100))
      file.write([Buffer.alloc(20_000, 'B')], 100)
      disk.crash('torn')
      sizes.add(disk.status('/log')?.sizeBytes ?? -1)
    }
    expect(sizes.size).to.be.greaterThan(10)
    for (const size of sizes) expect(size === 100 || size % 512 === 0, `${size} bytes`).to.equal(true)
  })

  it('leaves out whole pages of what was written back in another order', async () => {
    const disk = new FakeDisk({ random: new FakeRandom('holes') })
    const file = await durableFile(disk, '/log', 'A'.repeat(5000))
    file.write([Buffer.alloc(40_000, 'B')], 4000)
    disk.crash('holes')
    const bytesNow = disk.readSmallFile('/log')
    expect(bytesNow).to.have.length(44_000)
    const pages = Array.from({ length: 11 }, (_, i) => bytesNow.subarray(i * 4096, (i + 1) * 4096))
    // Where a page was lost, what was durable shows, and zeros where nothing was.
    const old = Buffer.concat([Buffer.alloc(5000, 'A'), Buffer.alloc(40_000)])
    const written = Buffer.concat([Buffer.alloc(4000, 'A'), Buffer.alloc(40_000, 'B')])
    let lost = 0
    pages.forEach((page, i) => {
      const start = i * 4096
      const isLost = page.equals(old.subarray(start, start + page.length))
      if (isLost) lost++
      else expect(page.equals(written.subarray(start, start + page.length))).to.equal(true)
    })
    expect(lost).to.be.within(1, 10)
  })

  it('can be told what becomes of the content', async () => {
    for (const [outcome, text] of [
      ['lost', 'AAAA'],
      ['kept', 'AAxxBB'],
    ] as const) {
      const disk = new FakeDisk()
      const file = await durableFile(disk, '/log', 'AAAA')
      file.write([bytes('xxBB')], 2)
      disk.crash(outcome)
      expect(content(disk, '/log')).to.equal(text)
    }
  })

  it('keeps only what was written before a sync began', async () => {
    const disk = new FakeDisk()
    const file = await durableFile(disk, '/log', '')
    file.write([bytes('before')], 0)
    const synced = file.sync()
    file.write([bytes('after')], 6)
    await synced
    disk.crash('lost')
    expect(content(disk, '/log')).to.equal('before')
  })

  it('replays overwriting and cutting in the order in which they were done', async () => {
    const seen = await results(
      async (disk) => {
        const file = await durableFile(disk, '/log', 'AAAA')
        file.write([bytes('BBBB')], 4)
        file.truncate(6)
        file.write([bytes('CC')], 6)
        file.write([bytes('DD')], 0)
      },
      (disk) => String(content(disk, '/log')).replaceAll('\0', '0'),
    )
    const whole = ['AAAA', 'AAAABBBB', 'AAAABB', 'AAAABBCC', 'DDAABBCC']
    for (const text of whole) expect(seen).to.include(text)
    for (const text of seen)
      expect(text).to.match(/^(AAAA(B{0,4}|0{1,4})|AAAABB(C{0,2}|0{1,2})|AAAABBCC|DDAABBCC|AAAA0000)$/)
  })

  it('keeps renames in their order: a replaced file is whole, the old one or the new one', async () => {
    const seen = await results(
      async (disk) => {
        await durableFile(disk, '/checkpoint', 'old')
        for (const text of ['new', 'newer']) {
          const file = disk.open('/checkpoint.tmp', { mode: 'create' })
          file.write([bytes(text)], 0)
          await file.sync()
          file.close()
          disk.rename('/checkpoint.tmp', '/checkpoint')
        }
      },
      (disk) => String(content(disk, '/checkpoint')),
    )
    expect(seen).to.deep.equal(new Set(['old', 'new', 'newer']))
  })

  it('brings a removed file back when its directory was not synced', async () => {
    const seen = await results(
      async (disk) => {
        const file = await durableFile(disk, '/log', 'still here')
        file.close()
        disk.remove('/log')
      },
      (disk) => String(content(disk, '/log')),
    )
    expect(seen).to.deep.equal(new Set(['null', 'still here']))
  })

  it('syncs with a rename what the rename builds on, in both directories', async () => {
    const disk = new FakeDisk()
    disk.makeDirectory('/a')
    disk.makeDirectory('/b')
    await disk.syncDirectory('/')
    const file = disk.open('/a/log', { mode: 'create' })
    file.write([bytes('x')], 0)
    await file.sync()
    disk.rename('/a/log', '/b/log')
    await disk.syncDirectory('/b')
    disk.crash('lost')
    expect(disk.list('/a')).to.deep.equal([])
    expect(content(disk, '/b/log')).to.equal('x')
  })

  it('forgets a whole directory whose name was not synced', async () => {
    const seen = await results(
      async (disk) => {
        disk.makeDirectory('/topic-0')
        disk.open('/topic-0/log', { mode: 'create' })
        await disk.syncDirectory('/topic-0')
      },
      (disk) =>
        disk
          .list('/')
          .concat(disk.status('/topic-0') === null ? [] : disk.list('/topic-0'))
          .join(),
    )
    expect(seen).to.deep.equal(new Set(['', 'topic-0,log']))
  })

  it('has nobody left with open files and locks', async () => {
    const disk = new FakeDisk()
    const file = await durableFile(disk, '/log', 'x')
    disk.lock('/.lock')
    disk.crash()
    expect(disk.openFiles).to.equal(0)
    expect(() => file.read(Buffer.alloc(1), 0, 1, 0)).to.throw(DiskError, 'dead')
    expect(disk.lock('/.lock')).to.have.property('release')
  })

  it('ends the same way for the same seed', async () => {
    const run = async (): Promise<string> => {
      const disk = new FakeDisk({ random: new FakeRandom('again') })
      const file = await durableFile(disk, '/log', '')
      for (let i = 0; i < 50; i++) file.write([Buffer.alloc(700, i)], i * 700)
      disk.crash()
      return disk.readSmallFile('/log').toString('hex')
    }
    expect(await run()).to.equal(await run())
  })

  it('never keeps a byte at a place where it was not written, whatever was done', () => {
    const step = fc.oneof(
      fc.record({ act: fc.constant('write' as const), at: fc.nat(9000), length: fc.nat(6000) }),
      fc.record({ act: fc.constant('truncate' as const), at: fc.nat(9000), length: fc.constant(0) }),
      fc.record({ act: fc.constant('sync' as const), at: fc.constant(0), length: fc.constant(0) }),
    )
    const outcomes = fc.constantFrom(...CRASH_OUTCOMES)
    return fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 25 }),
        outcomes,
        fc.nat(),
        async (steps, outcome, seed) => {
          const disk = new FakeDisk({ random: new FakeRandom(seed) })
          const file = await durableFile(disk, '/f', '')
          // A bit per value that a position may have after the crash: what was written there since the last sync, or 0.
          const maybe = new Int32Array(16_000).fill(1)
          let synced: Buffer = Buffer.alloc(0)
          for (const [i, { act, at, length }] of steps.entries()) {
            if (act === 'write') {
              file.write([Buffer.alloc(length, i + 1)], at)
              for (let k = at; k < at + length; k++) maybe[k]! |= 1 << (i + 1)
            } else if (act === 'truncate') {
              file.truncate(at)
            } else {
              await file.sync()
              synced = disk.readSmallFile('/f')
              maybe.fill(1)
              synced.forEach((value, k) => (maybe[k]! |= 1 << value))
            }
          }
          const before = disk.readSmallFile('/f')
          disk.crash(outcome)
          const after = disk.readSmallFile('/f')
          if (outcome === 'lost') expect(after.equals(synced)).to.equal(true)
          if (outcome === 'kept') expect(after.equals(before)).to.equal(true)
          expect(after.findIndex((value, k) => ((maybe[k]! >> value) & 1) === 0)).to.equal(-1)
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('a fake disk whose process dies', () => {
  it('keeps everything that was written', async () => {
    const disk = new FakeDisk()
    const file = disk.open('/log', { mode: 'create' })
    file.write([bytes('not synced')], 0)
    disk.rename('/log', '/other')
    disk.kill()
    expect(content(disk, '/other')).to.equal('not synced')
  })

  it('has done any part of what the thread pool was doing, and tells nobody', async () => {
    const seen = new Set<string>()
    for (let seed = 0; seed < 60; seed++) {
      const disk = new FakeDisk({ random: new FakeRandom(seed) })
      const file = disk.open('/log', { mode: 'create' })
      let isSettled = false
      const settled = (): void => void (isSettled = true)
      file.writeAsync([bytes('ABCD')], 0).then(settled, settled)
      disk.kill()
      await Promise.resolve()
      await Promise.resolve()
      expect(isSettled).to.equal(false)
      seen.add(String(content(disk, '/log')))
    }
    expect(seen).to.include('').and.to.include('ABCD').and.to.include('AB')
  })

  it('is out of reach for the dead', async () => {
    const first = new FakeDisk()
    const file = first.open('/log', { mode: 'create' })
    first.retire()
    const second = new FakeDisk({ image: first.image })
    expect(() => first.list('/')).to.throw(DiskError, 'dead')
    expect(() => file.write([bytes('zombie')], 0)).to.throw(DiskError, 'dead')
    file.close()
    expect(content(second, '/log')).to.equal('')
  })
})
