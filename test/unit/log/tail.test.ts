import { expect } from 'chai'
import fc from 'fast-check'
import { OpenFiles } from '../../../src/log/open-files.ts'
import { Segment } from '../../../src/log/segment.ts'
import { Tail, TailWrite } from '../../../src/log/tail.ts'
import { TailMemory } from '../../../src/log/tail-memory.ts'
import { buildBatch } from '../../../src/records/batch-builder.ts'
import { FakeDisk } from '../../fakes/disk.ts'
import { logConfigDefaults } from '../../support/log-config.ts'
import { batchesIn } from '../../support/log-fixture.ts'

const KB = 1024

class Bench {
  readonly memory: TailMemory
  readonly tail: Tail
  nextOffset = 0
  private readonly folder
  segment: Segment

  constructor(maxBytes: number, memory = new TailMemory({ maxBytes })) {
    const disk = new FakeDisk()
    disk.makeDirectory('/d')
    this.folder = { path: '/d', disk, files: new OpenFiles({ disk }), config: logConfigDefaults }
    this.memory = memory
    this.tail = new Tail(memory)
    this.segment = this.newSegment(0)
  }

  newSegment(baseOffset: number): Segment {
    return new Segment({
      folder: this.folder,
      baseOffset,
      isActive: true,
      isNew: true,
      jitterMs: 0,
      nowMs: 0,
    })
  }

  roll(): void {
    this.segment = this.newSegment(this.nextOffset)
  }

  add(bytes: number, count = 1, nowMs = 0): void {
    const batch = buildBatch(
      Array.from({ length: count }, () => ({ value: Buffer.alloc(Math.floor(bytes / count), 1) })),
      { baseOffset: this.nextOffset },
    )
    const chunk = this.tail.room(this.segment, batch.length, this.nextOffset, nowMs)
    batch.copy(chunk.buffer, chunk.used)
    this.tail.added(chunk, batch.length, this.nextOffset, this.nextOffset + count)
    this.segment.noteAppend(batch.length, -1)
    this.nextOffset += count
  }

  /** Returns (segment, position, bytes) of every write. */
  writeAll(): [number, number, number][] {
    const writes: [number, number, number][] = []
    const write = new TailWrite()
    while (this.tail.nextWrite(write)) {
      writes.push([(write.segment as Segment).baseOffset, write.position, write.bytes])
      expect(write.buffers.reduce((sum, buffer) => sum + buffer.length, 0)).to.equal(write.bytes)
      this.tail.wrote(write)
    }
    return writes
  }

  collect(
    offset: number,
    maxBytes = 1 << 30,
    endOffset = this.nextOffset,
  ): { batches: [number, number][]; next: number } {
    const place = this.tail.find(offset)
    if (place === null) return { batches: [], next: -1 }
    const records: Buffer[] = []
    const next = this.tail.collect(
      place,
      { maxBytes, endOffset, atLeastOne: true, startOffset: offset },
      records,
    )
    return { batches: batchesIn({ records }), next }
  }
}

describe('the newest bytes of a log', () => {
  it('are handed over for writing in order, segment by segment', () => {
    const bench = new Bench(1 << 20)
    bench.add(100)
    bench.add(100)
    bench.roll()
    bench.add(300)
    const writes = bench.writeAll()
    expect(writes.map(([segment, position]) => [segment, position])).to.deep.equal([
      [0, 0],
      [2, 0],
    ])
    expect(bench.tail.unwrittenBytes).to.equal(0)
    const before = bench.segment.sizeBytes
    bench.add(10)
    expect(bench.writeAll()).to.deep.equal([[2, before, bench.segment.sizeBytes - before]])
  })

  it('are not given to readers before they are written', () => {
    const bench = new Bench(1 << 20)
    bench.add(100)
    bench.writeAll()
    bench.add(100)
    expect(bench.collect(0, 1 << 20, 1)).to.deep.equal({ batches: [[0, 0]], next: 1 })
  })

  it('are found by any offset in them', () => {
    const bench = new Bench(16 << 20)
    for (let i = 0; i < 300; i++) bench.add(100 + (i % 7) * 300, 3)
    bench.writeAll()
    for (let offset = 0; offset < 900; offset += 11) {
      expect(bench.collect(offset, 1).batches, `${offset}`).to.deep.equal([
        [offset - (offset % 3), offset - (offset % 3) + 2],
      ])
    }
    expect(bench.tail.find(900)).to.equal(null)
    expect(bench.collect(0).next).to.equal(900)
  })

  it('give way to newer ones, of this log first and then of any', () => {
    const memory = new TailMemory({ maxBytes: 400 * KB })
    const [one, two] = [new Bench(0, memory), new Bench(0, memory)]
    for (let i = 0; i < 40; i++) {
      one.add(10 * KB)
      one.writeAll()
    }
    expect(memory.usedBytes).to.be.at.most(100 * KB)
    expect(one.tail.find(39)).not.to.equal(null)
    expect(one.tail.find(0)).to.equal(null)
    for (let i = 0; i < 60; i++) {
      two.add(10 * KB)
      two.writeAll()
      expect(memory.usedBytes).to.be.at.most(400 * KB)
    }
  })

  it('stay though memory is short while they are not written', () => {
    const bench = new Bench(64 * KB)
    for (let i = 0; i < 40; i++) bench.add(10 * KB)
    expect(bench.memory.usedBytes).to.be.greaterThan(400 * KB)
    bench.writeAll()
    expect(bench.memory.usedBytes).to.be.at.most(64 * KB)
  })

  it('take the room of one batch that is larger than all of it', () => {
    const bench = new Bench(64 * KB)
    bench.add(500 * KB)
    bench.add(10)
    bench.writeAll()
    expect(bench.collect(1).batches).to.deep.equal([[1, 1]])
    expect(bench.memory.usedBytes).to.be.at.most(64 * KB)
  })

  it('go when nothing was appended for long', () => {
    const bench = new Bench(1 << 20)
    bench.add(10, 1, 1000)
    bench.memory.dropIdle(5000)
    expect(bench.tail.isEmpty, 'not written').to.equal(false)
    bench.writeAll()
    bench.memory.dropIdle(1000)
    expect(bench.tail.isEmpty, 'not long enough').to.equal(false)
    bench.memory.dropIdle(1001)
    expect(bench.tail.isEmpty).to.equal(true)
    expect(bench.memory.usedBytes).to.equal(0)
  })

  it('use memory again that no reader has seen, and only that', () => {
    const bench = new Bench(16 << 20)
    const fill = (): void => {
      for (let i = 0; i < 200; i++) bench.add(100 * KB)
      bench.writeAll()
    }
    fill()
    const place = bench.tail.find(bench.nextOffset - 1)
    const seen = place?.chunk.buffer.subarray(0, place.chunk.used)
    const copy = Buffer.from(seen as Buffer)
    bench.collect(bench.nextOffset - 1)
    fill()
    fill()
    expect((seen as Buffer).equals(copy)).to.equal(true)
  })

  it('are what a list of batches would be, whatever happens', () => {
    const step = fc.oneof(
      fc.record({
        do: fc.constant('add' as const),
        bytes: fc.integer({ min: 1, max: 30_000 }),
        count: fc.integer({ min: 1, max: 4 }),
      }),
      fc.record({ do: fc.constant('write' as const) }),
      fc.record({ do: fc.constant('roll' as const) }),
      fc.record({
        do: fc.constant('read' as const),
        where: fc.double({ min: 0, max: 1, noNaN: true }),
        maxBytes: fc.nat(60_000),
      }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const bench = new Bench(100 * KB)
        const all: [number, number][] = []
        let written = 0
        for (const one of steps) {
          if (one.do === 'add') {
            all.push([bench.nextOffset, bench.nextOffset + one.count - 1])
            bench.add(one.bytes, one.count)
          } else if (one.do === 'write') {
            bench.writeAll()
            written = bench.nextOffset
          } else if (one.do === 'roll') bench.roll()
          else if (written > 0) {
            const offset = Math.min(written - 1, Math.floor(one.where * written))
            const { batches } = bench.collect(offset, one.maxBytes, written)
            const from = all.findIndex(([, last]) => last >= offset)
            expect(batches).to.deep.equal(all.slice(from, from + batches.length))
          }
          expect(bench.tail.isEmpty || bench.memory.usedBytes > 0).to.equal(true)
        }
        bench.writeAll()
        bench.tail.clear()
        expect([bench.memory.usedBytes, bench.tail.unwrittenBytes]).to.deep.equal([0, 0])
      }),
      { numRuns: 200 },
    )
  })
})
