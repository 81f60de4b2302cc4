import { expect } from 'chai'
import { scanBatches } from '../../../src/log/segment-scanner.ts'
import type { DiskFile } from '../../../src/platform/disk.ts'
import { buildBatch } from '../../../src/records/batch-builder.ts'
import { baseOffsetOf, batchSizeOf } from '../../../src/records/record-batch.ts'
import { FakeDisk } from '../../fakes/disk.ts'

function fileOf(...parts: Buffer[]): DiskFile {
  const disk = new FakeDisk()
  disk.makeDirectory('/d')
  const file = disk.open('/d/f', { mode: 'write' })
  const content = Buffer.concat(parts)
  if (content.length > 0) file.write([content], 0)
  return file
}

function batch(baseOffset: number, bytes: number): Buffer {
  return buildBatch([{ value: Buffer.alloc(bytes, 7) }], { baseOffset })
}

const sizes = [10, 900, 1, 4000, 30, 100]
const batches = sizes.map((size, i) => batch(i, size))

describe('scanning a segment file', () => {
  for (const window of [61, 100, 1000, 5000, 1 << 20]) {
    it(`visits every batch once, whole, through a window of ${window} bytes`, async () => {
      const file = fileOf(...batches)
      const seen: [number, number][] = []
      const result = await scanBatches(
        file,
        0,
        file.sizeBytes(),
        (buffer, at, position) => {
          expect(at + batchSizeOf(buffer, at)).to.be.at.most(buffer.length)
          expect(
            buffer
              .subarray(at, at + batchSizeOf(buffer, at))
              .equals(batches[baseOffsetOf(buffer, at)] as Buffer),
          ).to.equal(true)
          seen.push([baseOffsetOf(buffer, at), position])
          return true
        },
        window,
      )
      let position = 0
      expect(seen).to.deep.equal(
        batches.map((bytes, i) => {
          position += bytes.length
          return [i, position - bytes.length]
        }),
      )
      expect(result).to.deep.equal({ position, reason: 'end' })
    })
  }

  it('begins where it is told and ends where the visitor says', async () => {
    const file = fileOf(...batches)
    const start = (batches[0] as Buffer).length
    const seen: number[] = []
    const result = await scanBatches(file, start, file.sizeBytes(), (buffer, at) => {
      seen.push(baseOffsetOf(buffer, at))
      return seen.length < 3
    })
    expect(seen).to.deep.equal([1, 2, 3])
    expect(result).to.deep.equal({
      position: start + (batches[1] as Buffer).length + (batches[2] as Buffer).length,
      reason: 'stopped',
    })
  })

  const first = batches[0] as Buffer
  const ends: [string, Buffer, 'end' | 'corrupt'][] = [
    ['nothing', Buffer.alloc(0), 'end'],
    ['a part of a batch', batch(1, 5000).subarray(0, 3000), 'end'],
    ['a part of a header', first.subarray(0, 9), 'end'],
    ['zeros', Buffer.alloc(100), 'corrupt'],
    [
      'a batch that claims two gigabytes',
      Buffer.concat([
        Buffer.alloc(8),
        Buffer.from('7fffffff', 'hex'),
        Buffer.alloc(4),
        Buffer.from([2]),
        Buffer.alloc(50),
      ]),
      'end',
    ],
    [
      'magic 9',
      Buffer.concat([
        Buffer.alloc(8),
        Buffer.from('00000040', 'hex'),
        Buffer.alloc(4),
        Buffer.from([9]),
        Buffer.alloc(80),
      ]),
      'corrupt',
    ],
  ]
  for (const [name, behind, reason] of ends) {
    it(`ends before ${name}`, async () => {
      const file = fileOf(first, behind)
      const result = await scanBatches(file, 0, file.sizeBytes(), () => true, 200)
      expect(result).to.deep.equal({ position: first.length, reason })
    })
  }
})
