import { expect } from 'chai'
import { symlinkSync } from 'node:fs'
import { DiskError } from '../../src/platform/disk.ts'
import { DiskBench, bytes, expectRefusal, expectRejection, fakeDisk, realDisk } from './disk-subjects.ts'

for (const [name, subject] of Object.entries({ fake: fakeDisk, real: realDisk })) {
  describe(`the ${name} disk`, () => {
    const bench = new DiskBench(subject)

    describe('names', () => {
      it('lists what a directory holds', () => {
        expect(bench.disk.list(bench.root)).to.deep.equal([])
        bench.disk.makeDirectory(bench.at('orders-0'))
        bench.put(bench.at('meta.properties'), 'x')
        expect(bench.disk.list(bench.root)).to.have.members(['orders-0', 'meta.properties'])
      })

      it('cannot list what is missing or no directory', () => {
        bench.put(bench.at('file'), 'x')
        expectRefusal(() => bench.disk.list(bench.at('missing')), 'ENOENT', bench.at('missing'))
        expectRefusal(() => bench.disk.list(bench.at('file')), 'ENOTDIR', bench.at('file'))
      })

      it('tells files from directories, and nothing from both', () => {
        bench.put(bench.at('file'), 'four')
        bench.disk.makeDirectory(bench.at('directory'))
        expect(bench.disk.status(bench.at('file'))).to.include({ kind: 'file', sizeBytes: 4 })
        expect(bench.disk.status(bench.at('file'))?.modifiedMs).to.satisfy(Number.isInteger)
        expect(bench.disk.status(bench.at('directory'))).to.include({ kind: 'directory' })
        expect(bench.disk.status(bench.at('missing'))).to.equal(null)
        expect(bench.disk.status(bench.at('missing', 'too'))).to.equal(null)
        expect(bench.disk.status(bench.at('file', 'below'))).to.equal(null)
      })

      it('makes a directory with its missing parents, and takes an existing one', () => {
        bench.disk.makeDirectory(bench.at('a', 'b', 'c'))
        bench.disk.makeDirectory(bench.at('a', 'b', 'c'))
        bench.disk.makeDirectory(bench.at('a'))
        expect(bench.disk.list(bench.at('a', 'b'))).to.deep.equal(['c'])
      })

      it('cannot make a directory where a file is', () => {
        bench.put(bench.at('file'), 'x')
        expectRefusal(() => bench.disk.makeDirectory(bench.at('file')), 'EEXIST', bench.at('file'))
        expectRefusal(
          () => bench.disk.makeDirectory(bench.at('file', 'below')),
          'ENOTDIR',
          bench.at('file', 'below'),
        )
      })

      it('renames, with the content and whatever is open', () => {
        const file = bench.openFile(bench.at('before'))
        file.write([bytes('content')], 0)
        bench.disk.rename(bench.at('before'), bench.at('after'))
        expect(bench.disk.list(bench.root)).to.deep.equal(['after'])
        file.write([bytes('C')], 0)
        expect(bench.content(bench.at('after'))).to.equal('Content')
      })

      it('replaces the target of a rename in one step', () => {
        bench.put(bench.at('checkpoint'), 'old')
        bench.put(bench.at('checkpoint.tmp'), 'new')
        const reader = bench.openFile(bench.at('checkpoint'), 'read')
        bench.disk.rename(bench.at('checkpoint.tmp'), bench.at('checkpoint'))
        expect(bench.content(bench.at('checkpoint'))).to.equal('new')
        expect(bench.disk.list(bench.root)).to.deep.equal(['checkpoint'])
        const target = Buffer.alloc(3)
        expect(reader.read(target, 0, 3, 0)).to.equal(3)
        expect(target.toString()).to.equal('old')
      })

      it('renames a directory with all below it', () => {
        bench.disk.makeDirectory(bench.at('orders-0'))
        bench.put(bench.at('orders-0', '00.log'), 'records')
        bench.disk.rename(bench.at('orders-0'), bench.at('orders-0.deleted'))
        expect(bench.content(bench.at('orders-0.deleted', '00.log'))).to.equal('records')
        expect(bench.disk.status(bench.at('orders-0'))).to.equal(null)
        bench.disk.makeDirectory(bench.at('empty'))
        bench.disk.rename(bench.at('orders-0.deleted'), bench.at('empty'))
        expect(bench.content(bench.at('empty', '00.log'))).to.equal('records')
      })

      it('leaves alone what is renamed to itself', () => {
        bench.put(bench.at('file'), 'x')
        bench.disk.rename(bench.at('file'), bench.at('file'))
        expect(bench.content(bench.at('file'))).to.equal('x')
      })

      it('refuses renames that make no sense', () => {
        bench.put(bench.at('file'), 'x')
        bench.disk.makeDirectory(bench.at('empty'))
        bench.disk.makeDirectory(bench.at('full', 'below'))
        expectRefusal(
          () => bench.disk.rename(bench.at('missing'), bench.at('new')),
          'ENOENT',
          bench.at('missing'),
        )
        expectRefusal(() => bench.disk.rename(bench.at('file'), bench.at('missing', 'new')), 'ENOENT')
        expectRefusal(() => bench.disk.rename(bench.at('file'), bench.at('empty')), 'EISDIR')
        expectRefusal(() => bench.disk.rename(bench.at('empty'), bench.at('file')), 'ENOTDIR')
        expectRefusal(() => bench.disk.rename(bench.at('empty'), bench.at('full')), 'ENOTEMPTY')
        expectRefusal(() => bench.disk.rename(bench.at('full'), bench.at('full', 'below', 'deeper')), 'OTHER')
      })

      it('removes files, and takes missing ones calmly', () => {
        bench.put(bench.at('file'), 'x')
        bench.disk.remove(bench.at('file'))
        bench.disk.remove(bench.at('file'))
        bench.disk.remove(bench.at('missing', 'too'))
        expect(bench.disk.list(bench.root)).to.deep.equal([])
      })

      it('does not remove a directory as if it were a file', () => {
        bench.disk.makeDirectory(bench.at('directory'))
        expectRefusal(() => bench.disk.remove(bench.at('directory')), 'EISDIR', bench.at('directory'))
      })

      it('keeps a removed file for whoever has it open', () => {
        const file = bench.openFile(bench.at('file'))
        file.write([bytes('still here')], 0)
        bench.disk.remove(bench.at('file'))
        const target = Buffer.alloc(10)
        expect(file.read(target, 0, 10, 0)).to.equal(10)
        expect(target.toString()).to.equal('still here')
      })

      it('removes a tree, and takes a missing one calmly', () => {
        bench.disk.makeDirectory(bench.at('tree', 'deep', 'deeper'))
        bench.put(bench.at('tree', 'deep', 'file'), 'x')
        bench.put(bench.at('beside'), 'x')
        bench.disk.removeTree(bench.at('tree'))
        bench.disk.removeTree(bench.at('tree'))
        expect(bench.disk.list(bench.root)).to.deep.equal(['beside'])
        expectRefusal(() => bench.disk.removeTree(bench.at('beside')), 'ENOTDIR', bench.at('beside'))
      })

      it('syncs directories, and nothing else', async () => {
        bench.put(bench.at('file'), 'x')
        await bench.disk.syncDirectory(bench.root)
        await expectRejection(bench.disk.syncDirectory(bench.at('missing')), 'ENOENT', bench.at('missing'))
      })

      it('knows the device', () => {
        const { totalBytes, usableBytes } = bench.disk.space(bench.root)
        expect(totalBytes).to.be.greaterThan(0)
        expect(usableBytes).to.be.within(0, totalBytes)
        expectRefusal(() => bench.disk.space(bench.at('missing')), 'ENOENT', bench.at('missing'))
      })
    })

    describe('opening', () => {
      it('reads only what exists', () => {
        expectRefusal(
          () => bench.disk.open(bench.at('missing'), { mode: 'read' }),
          'ENOENT',
          bench.at('missing'),
        )
        expect(bench.disk.list(bench.root)).to.deep.equal([])
      })

      it('makes a file that is to be written, and keeps one that exists', () => {
        bench.openFile(bench.at('file')).write([bytes('kept')], 0)
        bench.openFile(bench.at('file'))
        expect(bench.content(bench.at('file'))).to.equal('kept')
      })

      it('creates only what does not exist', () => {
        bench.openFile(bench.at('file'), 'create').write([bytes('x')], 0)
        expectRefusal(() => bench.disk.open(bench.at('file'), { mode: 'create' }), 'EEXIST', bench.at('file'))
        expect(bench.content(bench.at('file'))).to.equal('x')
      })

      it('opens no directory', () => {
        bench.disk.makeDirectory(bench.at('directory'))
        expectRefusal(
          () => bench.disk.open(bench.at('directory'), { mode: 'read' }),
          'EISDIR',
          bench.at('directory'),
        )
        expectRefusal(
          () => bench.disk.open(bench.at('directory'), { mode: 'write' }),
          'EISDIR',
          bench.at('directory'),
        )
        expectRefusal(
          () => bench.disk.open(bench.at('directory'), { mode: 'create' }),
          'EEXIST',
          bench.at('directory'),
        )
      })

      it('opens nothing below what is missing or a file', () => {
        bench.put(bench.at('file'), 'x')
        expectRefusal(() => bench.disk.open(bench.at('missing', 'new'), { mode: 'write' }), 'ENOENT')
        expectRefusal(() => bench.disk.open(bench.at('file', 'new'), { mode: 'write' }), 'ENOTDIR')
        expectRefusal(() => bench.disk.open(bench.at('file', 'new'), { mode: 'read' }), 'ENOTDIR')
      })

      it('writes nothing through a file opened for reading', async () => {
        bench.put(bench.at('file'), 'x')
        const file = bench.openFile(bench.at('file'), 'read')
        expectRefusal(() => file.write([bytes('y')], 0), 'OTHER', bench.at('file'))
        expectRefusal(() => file.truncate(0), 'OTHER', bench.at('file'))
        expect(() => void file.writeAsync([bytes('y')], 0)).to.throw(DiskError)
        expect(bench.content(bench.at('file'))).to.equal('x')
        await file.sync()
      })

      it('takes a second close for an error of ours', () => {
        const file = bench.disk.open(bench.at('file'), { mode: 'write' })
        file.close()
        expect(() => file.close()).to.throw('closed twice')
        expect(() => file.sizeBytes()).to.throw('after close')
        expect(() => file.write([bytes('x')], 0)).to.throw('after close')
        expect(() => file.read(Buffer.alloc(1), 0, 1, 0)).to.throw('after close')
      })
    })
  })
}

describe('the real disk, for links', () => {
  it('follows a link that stands for a log directory, and removes a tree through it', () => {
    const { disk, root, close } = realDisk()
    try {
      disk.makeDirectory(`${root}/volume/orders-0`)
      symlinkSync(`${root}/volume`, `${root}/logs`)
      expect(disk.list(`${root}/logs`)).to.deep.equal(['orders-0'])
      expect(disk.status(`${root}/logs`)).to.include({ kind: 'directory' })
      disk.removeTree(`${root}/logs/orders-0`)
      expect(disk.list(`${root}/volume`)).to.deep.equal([])
    } finally {
      close()
    }
  })
})
