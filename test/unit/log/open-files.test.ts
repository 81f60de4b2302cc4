import { expect } from 'chai'
import { FileRef, OpenFiles } from '../../../src/log/open-files.ts'
import { DiskError } from '../../../src/platform/disk.ts'
import { FakeDisk } from '../../fakes/disk.ts'

function setUp(limit: number, count: number): { disk: FakeDisk; files: OpenFiles; refs: FileRef[] } {
  const disk = new FakeDisk()
  disk.makeDirectory('/d')
  const folder = { path: '/d' }
  const refs = Array.from({ length: count }, (_, i) => new FileRef(folder, `f${i}`, true))
  return { disk, files: new OpenFiles({ disk, limit }), refs }
}

describe('open files', () => {
  it('are never more than allowed', () => {
    const { disk, files, refs } = setUp(3, 10)
    for (let round = 0; round < 3; round++) {
      for (const [i, ref] of refs.entries()) {
        files.use(ref).write([Buffer.from([i])], round)
        expect(disk.openFiles).to.be.at.most(3)
        expect(files.openCount).to.equal(disk.openFiles)
      }
    }
    expect(disk.readSmallFile('/d/f7')).to.deep.equal(Buffer.from([7, 7, 7]))
  })

  it('keep those that are used again and again', () => {
    const { files, refs } = setUp(3, 10)
    const [hot, ...others] = refs as [FileRef, ...FileRef[]]
    const file = files.use(hot)
    for (const other of others) {
      files.use(other)
      expect(files.use(hot)).to.equal(file)
    }
  })

  it('keep those with a call under way', () => {
    const { disk, files, refs } = setUp(2, 5)
    const [pinned, ...others] = refs as [FileRef, ...FileRef[]]
    const file = files.use(pinned)
    files.pin(pinned)
    for (const other of others) files.use(other)
    expect(files.use(pinned)).to.equal(file)
    files.close(pinned)
    file.write([Buffer.from('x')], 0)
    files.unpin(pinned)
    expect(() => file.sizeBytes()).to.throw()
    expect(disk.openFiles).to.equal(1)
  })

  it('follow their folder to its new name', () => {
    const { disk, files } = setUp(2, 0)
    const folder = { path: '/d' }
    const ref = new FileRef(folder, 'f', true)
    files.use(ref).write([Buffer.from('x')], 0)
    disk.rename('/d', '/e')
    folder.path = '/e'
    files.use(ref).write([Buffer.from('y')], 1)
    files.close(ref)
    expect(disk.readSmallFile('/e/f').toString()).to.equal('xy')
    expect(files.use(ref).sizeBytes()).to.equal(2)
  })

  it('are not made by reading', () => {
    const { disk, files } = setUp(2, 0)
    expect(() => files.use(new FileRef({ path: '/d' }, 'f', false)))
      .to.throw(DiskError)
      .with.property('code', 'ENOENT')
    expect(disk.status('/d/f')).to.equal(null)
    expect(files.openCount).to.equal(0)
  })
})
