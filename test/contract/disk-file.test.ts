import { expect } from 'chai'
import type { DiskFile } from '../../src/platform/disk.ts'
import { DiskBench, bytes, expectRefusal, fakeDisk, realDisk } from './disk-subjects.ts'

for (const [name, subject] of Object.entries({ fake: fakeDisk, real: realDisk })) {
  describe(`a file of the ${name} disk`, () => {
    const bench = new DiskBench(subject)

    describe('in use', () => {
      let file: DiskFile

      beforeEach(() => {
        file = bench.openFile(bench.at('file'))
      })

      function read(length: number, position: number): string {
        const target = Buffer.alloc(length, '.')
        const count = file.read(target, 0, length, position)
        return target.toString('latin1', 0, count)
      }

      it('writes buffers one after the other at a position', () => {
        file.write([bytes('one '), bytes(''), bytes('two '), bytes('three')], 0)
        expect(bench.content(bench.at('file'))).to.equal('one two three')
        file.write([bytes('TWO')], 4)
        expect(bench.content(bench.at('file'))).to.equal('one TWO three')
        file.write([], 5)
        file.write([Buffer.alloc(0)], 500)
        expect(file.sizeBytes()).to.equal(13)
      })

      it('fills the gap before a write past the end with zeros', () => {
        file.write([bytes('end')], 20_000)
        expect(file.sizeBytes()).to.equal(20_003)
        expect(bench.disk.readSmallFile(bench.at('file'))).to.deep.equal(
          Buffer.concat([Buffer.alloc(20_000), bytes('end')]),
        )
      })

      it('reads at a position, less only at the end', () => {
        file.write([bytes('0123456789')], 0)
        expect(read(4, 3)).to.equal('3456')
        expect(read(4, 8)).to.equal('89')
        expect(read(4, 10)).to.equal('')
        expect(read(4, 1000)).to.equal('')
        expect(read(0, 3)).to.equal('')
      })

      it('reads into the middle of the target and touches nothing else', () => {
        file.write([bytes('abc')], 0)
        const target = bytes('..........')
        expect(file.read(target, 4, 3, 0)).to.equal(3)
        expect(target.toString()).to.equal('....abc...')
      })

      it('refuses ranges that are none', () => {
        const target = Buffer.alloc(4)
        expect(() => file.read(target, 2, 3, 0)).to.throw('fits')
        expect(() => file.read(target, -1, 1, 0)).to.throw('fits')
        expect(() => file.read(target, 0, 1, -1)).to.throw('position')
        expect(() => file.read(target, 0, 1, 1.5)).to.throw('position')
        expect(() => file.write([target], -1)).to.throw('position')
        expect(() => file.truncate(-1)).to.throw('position')
      })

      it('writes a thousand and more buffers in one call', () => {
        const buffers = Array.from({ length: 2500 }, (_, i) => bytes(String(i % 10)))
        file.write(buffers, 0)
        expect(bench.content(bench.at('file'))).to.equal('0123456789'.repeat(250))
      })

      it('keeps large content apart from its neighbours', () => {
        const large = Buffer.alloc(300_000, 'large')
        file.write([bytes('head'), large], 0)
        file.write([bytes('tail')], 300_004)
        const whole = bench.disk.readSmallFile(bench.at('file'))
        expect(whole).to.have.length(300_008)
        expect(whole.subarray(4, 300_004).equals(large)).to.equal(true)
        expect(whole.toString('latin1', 300_004)).to.equal('tail')
      })

      it('shows a write to every open file at once', () => {
        const reader = bench.openFile(bench.at('file'), 'read')
        file.write([bytes('seen')], 0)
        const target = Buffer.alloc(4)
        expect(reader.read(target, 0, 4, 0)).to.equal(4)
        expect(target.toString()).to.equal('seen')
        expect(reader.sizeBytes()).to.equal(4)
      })

      it('cuts, and extends with zeros', () => {
        file.write([bytes('0123456789')], 0)
        file.truncate(4)
        expect(bench.content(bench.at('file'))).to.equal('0123')
        file.truncate(8)
        expect(bench.content(bench.at('file'))).to.equal('0123\0\0\0\0')
        file.truncate(40_000)
        expect(file.sizeBytes()).to.equal(40_000)
        expect(
          bench.disk
            .readSmallFile(bench.at('file'))
            .subarray(4)
            .every((byte) => byte === 0),
        ).to.equal(true)
        file.truncate(0)
        expect(file.sizeBytes()).to.equal(0)
      })

      it('reads and writes off the event loop as on it', async () => {
        await file.writeAsync([bytes('one '), bytes('two')], 0)
        await file.writeAsync([], 0)
        await file.writeAsync([bytes('!')], 7)
        const target = Buffer.alloc(20, '.')
        expect(await file.readAsync(target, 1, 19, 4)).to.equal(4)
        expect(target.toString('latin1', 0, 6)).to.equal('.two!.')
        expect(await file.readAsync(target, 0, 4, 100)).to.equal(0)
        expect(await file.readAsync(target, 0, 0, 0)).to.equal(0)
      })

      it('writes many buffers off the event loop', async () => {
        const buffers = Array.from({ length: 2500 }, (_, i) => bytes(String(i % 10)))
        await file.writeAsync(buffers, 3)
        expect(bench.content(bench.at('file'))).to.equal(`\0\0\0${'0123456789'.repeat(250)}`)
      })

      it('finishes what is under way when the file is closed meanwhile', async () => {
        const doomed = bench.disk.open(bench.at('file'), { mode: 'write' })
        const written = doomed.writeAsync([bytes('finished')], 0)
        const synced = doomed.sync()
        doomed.close()
        await Promise.all([written, synced])
        expect(bench.content(bench.at('file'))).to.equal('finished')
      })

      it('syncs', async () => {
        file.write([bytes('x')], 0)
        await file.sync()
        await file.sync()
      })
    })

    describe('small files', () => {
      it('are read whole', () => {
        bench.put(bench.at('file'), '')
        expect(bench.disk.readSmallFile(bench.at('file'))).to.have.length(0)
        bench.put(bench.at('file'), 'version=0\n')
        expect(bench.content(bench.at('file'))).to.equal('version=0\n')
        expect(bench.disk.readSmallFile(bench.at('file'), 10)).to.have.length(10)
      })

      it('are refused when they are not small, not there or not files', () => {
        bench.put(bench.at('file'), '0123456789')
        bench.disk.makeDirectory(bench.at('directory'))
        expectRefusal(() => bench.disk.readSmallFile(bench.at('file'), 9), 'OTHER', bench.at('file'))
        expectRefusal(() => bench.disk.readSmallFile(bench.at('missing')), 'ENOENT', bench.at('missing'))
        expectRefusal(() => bench.disk.readSmallFile(bench.at('directory')), 'EISDIR', bench.at('directory'))
      })
    })

    describe('locks', () => {
      it('are held by one at a time, and given back', () => {
        const lock = bench.disk.lock(bench.at('.lock'))
        expect(lock).to.have.property('release')
        expect(bench.disk.lock(bench.at('.lock')))
          .to.have.property('heldBy')
          .that.is.a('string')
        expect(bench.disk.lock(bench.at('.other'))).to.have.property('release')
        if ('release' in lock) lock.release()
        const next = bench.disk.lock(bench.at('.lock'))
        expect(next).to.have.property('release')
        // The first holder has nothing to give back any more.
        if ('release' in lock) lock.release()
        expect(bench.disk.lock(bench.at('.lock'))).to.have.property('heldBy')
      })

      it('take over the empty file that Kafka leaves behind', () => {
        bench.put(bench.at('.lock'), '')
        expect(bench.disk.lock(bench.at('.lock'))).to.have.property('release')
        expect(bench.disk.lock(bench.at('.lock'))).to.have.property('heldBy')
      })

      it('leave no litter beside the lock file', () => {
        bench.put(bench.at('.lock'), '')
        const lock = bench.disk.lock(bench.at('.lock'))
        bench.disk.lock(bench.at('.lock'))
        if ('release' in lock) lock.release()
        expect(bench.disk.list(bench.root)).to.deep.equal(['.lock'])
      })

      it('need a place to be', () => {
        bench.disk.makeDirectory(bench.at('directory'))
        expectRefusal(() => bench.disk.lock(bench.at('missing', '.lock')), 'ENOENT')
        expectRefusal(() => bench.disk.lock(bench.at('directory')), 'EISDIR')
      })
    })
  })
}
