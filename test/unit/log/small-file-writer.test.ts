import { expect } from 'chai'
import { SmallFileWriter } from '../../../src/log/small-file-writer.ts'
import { FakeClock } from '../../fakes/clock.ts'
import { FakeDisk } from '../../fakes/disk.ts'

function setUp(latencyMs = 1): {
  clock: FakeClock
  disk: FakeDisk
  writer: SmallFileWriter
  failures: unknown[]
} {
  const clock = new FakeClock()
  const disk = new FakeDisk({ clock, latencyMs: () => latencyMs })
  for (const name of ['/a', '/b']) disk.makeDirectory(name)
  const failures: unknown[] = []
  return {
    clock,
    disk,
    failures,
    writer: new SmallFileWriter({ disk, onFailure: (error) => failures.push(error) }),
  }
}

describe('small files in the background', () => {
  it('become one write however often they change meanwhile', async () => {
    const { clock, disk, writer } = setUp()
    const folder = { path: '/a' }
    const renames = disk.inject({ on: 'rename', times: Infinity, delayMs: 0 })
    for (let i = 0; i < 100; i++) writer.save(folder, 'f', () => `content ${i}`)
    await clock.until(writer.idle())
    expect(disk.readSmallFile('/a/f').toString()).to.equal('content 99')
    expect(renames.hits).to.be.at.most(2)
    expect(writer.pending).to.equal(0)
  })

  it('are written a few at a time', async () => {
    const { clock, disk, writer } = setUp()
    for (let i = 0; i < 50; i++) writer.save({ path: '/a' }, `f${i}`, () => `${i}`)
    expect(disk.openFiles).to.equal(4)
    await clock.until(writer.idle())
    expect(disk.list('/a')).to.have.length(50)
    expect(disk.openFiles).to.equal(0)
  })

  it('of one folder can be waited for', async () => {
    const { clock, disk, writer } = setUp()
    const [a, b] = [{ path: '/a' }, { path: '/b' }]
    for (let i = 0; i < 20; i++) writer.save(a, `f${i}`, () => 'x')
    writer.save(b, 'f', () => 'y')
    await clock.until(writer.settle(b))
    expect(disk.readSmallFile('/b/f').toString()).to.equal('y')
    await clock.until(writer.settle(a))
    expect(disk.list('/a')).to.have.length(20)
  })

  it('of a folder that goes are dropped, and what fails there is no failure', async () => {
    const { clock, disk, writer, failures } = setUp()
    const folder = { path: '/a' }
    for (let i = 0; i < 20; i++) writer.save(folder, `f${i}`, () => 'x')
    const forgetting = writer.forget(folder)
    disk.rename('/a', '/gone')
    await clock.until(forgetting)
    expect(failures).to.deep.equal([])
    writer.save({ path: '/b' }, 'f', () => 'y')
    await clock.until(writer.idle())
    expect(disk.readSmallFile('/b/f').toString()).to.equal('y')
  })

  it('stop at the first failure, which is told once', async () => {
    const { clock, disk, writer, failures } = setUp()
    disk.inject({ on: 'sync', times: Infinity, error: 'EIO' })
    for (let i = 0; i < 20; i++) writer.save({ path: '/a' }, `f${i}`, () => 'x')
    await clock.until(writer.idle())
    expect(failures).to.have.length(1)
    expect(writer.pending).to.equal(0)
    writer.save({ path: '/a' }, 'late', () => 'x')
    expect(writer.pending).to.equal(0)
  })
})
