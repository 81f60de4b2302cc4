import { expect } from 'chai'
import { DiskError } from '../../../src/platform/disk.ts'
import { partitionMetadataText, readPartitionMetadata } from '../../../src/log/partition-metadata.ts'
import type { Uuid } from '../../../src/model/uuid.ts'
import { FakeDisk } from '../../fakes/disk.ts'

const topicId = '5L6g3nShT-eMCtK--X86sw' as Uuid

function diskWith(content: string | null): FakeDisk {
  const disk = new FakeDisk()
  disk.makeDirectory('/d')
  if (content === null) return disk
  const file = disk.open('/d/partition.metadata', { mode: 'write' })
  file.write([Buffer.from(content)], 0)
  file.close()
  return disk
}

describe('partition.metadata', () => {
  it('is written as Kafka does', () => {
    expect(partitionMetadataText(topicId)).to.equal('version: 0\ntopic_id: 5L6g3nShT-eMCtK--X86sw')
  })

  it('is read, with and without a line feed at the end', () => {
    for (const end of ['', '\n']) {
      expect(readPartitionMetadata(diskWith(partitionMetadataText(topicId) + end), '/d')).to.equal(topicId)
    }
  })

  it('may be missing', () => {
    expect(readPartitionMetadata(diskWith(null), '/d')).to.equal(null)
  })

  for (const content of [
    'x',
    'version: 1\ntopic_id: 5L6g3nShT-eMCtK--X86sw',
    'version: 0\ntopic_id: short',
  ]) {
    it(`is refused as ${JSON.stringify(content)}`, () => {
      expect(() => readPartitionMetadata(diskWith(content), '/d')).to.throw(DiskError)
    })
  }
})
