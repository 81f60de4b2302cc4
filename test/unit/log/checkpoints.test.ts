import { expect } from 'chai'
import {
  checkpointText,
  CorruptCheckpointError,
  offsetsText,
  parseEpochLine,
  readCheckpoint,
  readOffsets,
  replaceFile,
} from '../../../src/log/checkpoints.ts'
import { FakeDisk } from '../../fakes/disk.ts'

function diskWith(path: string, content: string): FakeDisk {
  const disk = new FakeDisk()
  disk.makeDirectory('/d')
  const file = disk.open(path, { mode: 'write' })
  if (content !== '') file.write([Buffer.from(content)], 0)
  file.close()
  return disk
}

describe('checkpoint files', () => {
  it('are written as Kafka does', () => {
    const text = offsetsText([
      { topic: 'orders', partition: 0, offset: 110 },
      { topic: 'orders', partition: 1, offset: 7 },
    ])
    expect(text).to.equal('0\n2\norders 0 110\norders 1 7\n')
    expect(checkpointText(['0 0', '3 57'])).to.equal('0\n2\n0 0\n3 57\n')
    expect(checkpointText([])).to.equal('0\n0\n')
  })

  it('are read', () => {
    const disk = diskWith('/d/f', '0\n2\norders 0 110\nmy-topic.x 12 9007199254740991\n')
    expect([...readOffsets(disk, '/d/f')]).to.deep.equal([
      ['orders-0', 110],
      ['my-topic.x-12', 9007199254740991],
    ])
  })

  it('hold nothing when they do not exist', () => {
    expect(readCheckpoint(diskWith('/d/f', ''), '/d/other')).to.deep.equal([])
  })

  it('hold nothing when Kafka has made them and not written yet', () => {
    expect(readCheckpoint(diskWith('/d/f', ''), '/d/f')).to.deep.equal([])
  })

  const corrupt: [string, string][] = [
    ['a line feed alone', '\n'],
    ['another version', '1\n0\n'],
    ['fewer lines than announced', '0\n2\norders 0 110\n'],
    ['more lines than announced', '0\n1\norders 0 110\norders 1 7\n'],
    ['a count that is none', '0\nx\n'],
    ['a line with too little', '0\n1\norders 0\n'],
    ['a line with too much', '0\n1\norders 0 1 2\n'],
    ['a negative offset', '0\n1\norders 0 -1\n'],
    ['an offset beyond what a number holds', '0\n1\norders 0 9223372036854775807\n'],
    ['only zeros', '\0\0\0\0'],
  ]
  for (const [name, content] of corrupt) {
    it(`are refused as ${name}`, () => {
      expect(() => readOffsets(diskWith('/d/f', content), '/d/f')).to.throw(CorruptCheckpointError)
    })
  }

  it('of epochs have two numbers a line', () => {
    expect(parseEpochLine('3 57', 'f')).to.deep.equal({ epoch: 3, startOffset: 57 })
    expect(() => parseEpochLine('3', 'f')).to.throw(CorruptCheckpointError)
    expect(() => parseEpochLine('3 x', 'f')).to.throw(CorruptCheckpointError)
  })

  it('are the old or the new one after a power cut at any moment', async () => {
    for (let calls = 0; calls < 8; calls++) {
      const disk = diskWith('/d/f', 'old')
      await disk.open('/d/f', { mode: 'write' }).sync()
      await disk.syncDirectory('/d')
      await disk.syncDirectory('/')
      disk.inject({
        on: ['open', 'truncate', 'write', 'sync', 'close', 'rename', 'syncDirectory'],
        skip: calls,
        times: Infinity,
        error: 'EIO',
      })
      const failed = await replaceFile(disk, '/d', 'f', 'brand new').then(
        () => false,
        () => true,
      )
      disk.clearFaults()
      disk.crash()
      const content = disk.readSmallFile('/d/f').toString()
      expect(content, `after ${calls} calls`).to.be.oneOf(failed ? ['old', 'brand new'] : ['brand new'])
    }
  })
})
