import { expect } from 'chai'
import { checkpointText, offsetsText } from '../../../src/log/checkpoints.ts'
import { buildBatch } from '../../../src/records/batch-builder.ts'
import type { FakeDisk } from '../../fakes/disk.ts'
import { LOG_DIR, LogWorld } from '../../support/log-fixture.ts'

const T = 1_700_000_000_000
const FOLDER = `${LOG_DIR}/orders-0`

function one(i: number): Buffer {
  return buildBatch([{ key: `k${i}`, value: `value ${i}`, timestamp: T + i * 1000 }], {
    producerId: 4000,
    producerEpoch: 0,
    baseSequence: i,
  })
}

const SIZE = one(0).length

/** Ten batches, three to a segment, flushed up to `flushed`. */
async function written(options: { seed?: string; config?: Record<string, number> } = {}): Promise<LogWorld> {
  const world = await new LogWorld({
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    config: { 'segment.bytes': 3 * SIZE, 'index.interval.bytes': SIZE - 1, ...options.config },
  }).start()
  for (let i = 0; i < 10; i++) await world.append(world.log(), one(i), { leaderEpoch: Math.floor(i / 4) })
  return world
}

function name(base: number, suffix: string): string {
  return `${FOLDER}/${String(base).padStart(20, '0')}${suffix}`
}

function overwrite(disk: FakeDisk, path: string, content: Buffer | string): void {
  const file = disk.open(path, { mode: 'write' })
  file.truncate(0)
  file.write([Buffer.from(content)], 0)
  file.close()
}

/** Everything that can be asked of a recovered log, in one value. */
async function picture(world: LogWorld): Promise<unknown> {
  const log = world.log()
  return {
    offsets: [log.logStartOffset, log.logEndOffset],
    values: (await world.readAll(log)).map((record) => String(record.value)),
    epochs: log.leaderEpochs.map(({ epoch, startOffset }) => [epoch, startOffset]),
    producers: log
      .activeProducers()
      .map(({ producerId, batches }) => [producerId, batches.at(-1)?.lastSequence]),
    latest: (await world.run(log.offsetOfMaxTimestamp()))?.offset,
    later: (await world.run(log.offsetForTimestamp(T + 4500)))?.offset,
  }
}

function expected(count: number): unknown {
  return {
    offsets: [0, count],
    values: Array.from({ length: count }, (_, i) => `value ${i}`),
    epochs: [
      [0, 0],
      [1, 4],
      [2, 8],
    ].filter(([, start]) => (start as number) < count),
    producers: count === 0 ? [] : [[4000, count - 1]],
    latest: count === 0 ? undefined : count - 1,
    later: count > 5 ? 5 : undefined,
  }
}

describe('recovery of a log', () => {
  it('finds everything after a kill', async () => {
    const world = await written()
    await world.killAndStart()
    expect(await picture(world)).to.deep.equal(expected(10))
    expect(await world.append(world.log(), one(10))).to.equal(10)
  })

  it('cuts a torn tail behind the last whole batch, wherever it is torn', async () => {
    for (let bytes = 0; bytes <= 2 * SIZE; bytes++) {
      const world = await written({ config: { 'segment.bytes': 1 << 20 } })
      world.disk.kill()
      const file = world.disk.open(name(0, '.log'), { mode: 'write' })
      file.truncate(8 * SIZE + bytes)
      file.close()
      await world.killAndStart()
      const whole = 8 + Math.floor(bytes / SIZE)
      expect(await picture(world), `${bytes} bytes of the last two batches`).to.deep.equal(expected(whole))
      expect(world.disk.status(name(0, '.log'))?.sizeBytes).to.equal(whole * SIZE)
      expect(await world.append(world.log(), one(whole))).to.equal(whole)
    }
  })

  it('cuts at a byte that is wrong, wherever it is, and drops the segments behind', async () => {
    for (let at = 0; at < 3 * SIZE; at += 7) {
      const world = await written()
      world.disk.kill()
      world.disk.flipBit(name(3, '.log'), at, at % 8)
      // What the leader stamps is not covered by the checksum: a wrong epoch cannot be seen.
      if (at % SIZE >= 12 && at % SIZE < 16) continue
      await world.killAndStart()
      const whole = 3 + Math.floor(at / SIZE)
      const found = (await picture(world)) as { offsets: number[] }
      // A wrong base offset may still be a possible one, further up.
      if (at % SIZE < 8) expect(found.offsets[1], `byte ${at}`).to.be.at.least(whole)
      else expect(found, `byte ${at}`).to.deep.equal(expected(whole))
      if (at % SIZE >= 8) {
        expect(world.logger.messages('warn').join('\n'), `byte ${at}`).to.contain(
          'Corruption found in segment 3',
        )
        // The segment that was sealed once takes the next batch.
        expect(await world.append(world.log(), one(whole)), `byte ${at}`).to.equal(whole)
      }
    }
  })

  it('cuts what is zeros or garbage behind the last batch', async () => {
    for (const behind of [
      Buffer.alloc(5000),
      Buffer.alloc(100, 0xff),
      one(10).subarray(0, 60),
      Buffer.from([1]),
    ]) {
      const world = await written()
      world.disk.kill()
      world.disk.open(name(9, '.log'), { mode: 'write' }).write([behind], SIZE)
      await world.killAndStart()
      expect(await picture(world)).to.deep.equal(expected(10))
      expect(world.disk.status(name(9, '.log'))?.sizeBytes).to.equal(SIZE)
    }
  })

  it('does not look at what is before the recovery point', async () => {
    const world = await written()
    await world.run(world.log().flush())
    await world.run(world.manager.upkeep.checkpointRecoveryPoints())
    world.disk.kill()
    let read = 0
    world.disk.inject({ on: 'read', path: name(0, '.log'), times: Infinity, delayMs: 0 })
    const fault = world.disk.inject({ on: 'read', path: name(3, '.log'), times: Infinity, delayMs: 0 })
    await world.killAndStart()
    read = fault.hits
    expect(read).to.equal(0)
    expect(await picture(world)).to.deep.equal(expected(10))
  })

  for (const [what, spoil] of [
    ['missing', (disk: FakeDisk, path: string) => disk.remove(path)],
    ['torn', (disk: FakeDisk, path: string) => disk.open(path, { mode: 'write' }).truncate(5)],
    ['full of zeros', (disk: FakeDisk, path: string) => overwrite(disk, path, Buffer.alloc(240))],
    ['full of ones', (disk: FakeDisk, path: string) => overwrite(disk, path, Buffer.alloc(240, 0xff))],
  ] as const) {
    for (const suffix of ['.index', '.timeindex']) {
      it(`makes anew an ${suffix} that is ${what}`, async () => {
        const world = await written()
        const good = world.disk.readSmallFile(name(3, suffix)).toString('hex')
        await world.run(world.log().flush())
        await world.run(world.manager.upkeep.checkpointRecoveryPoints())
        world.disk.kill()
        spoil(world.disk, name(3, suffix))
        await world.killAndStart()
        expect(world.disk.readSmallFile(name(3, suffix)).toString('hex')).to.equal(good)
        expect(await picture(world)).to.deep.equal(expected(10))
      })
    }
  }

  it('makes anew an index that is missing after a clean stop', async () => {
    const world = await written()
    await world.stop()
    const good = world.disk.readSmallFile(name(3, '.index')).toString('hex')
    world.disk.remove(name(3, '.index'))
    await world.killAndStart()
    expect(await picture(world)).to.deep.equal(expected(10))
    await world.stop()
    expect(world.disk.readSmallFile(name(3, '.index')).toString('hex')).to.equal(good)
  })

  it('removes indexes of segments that are not there', async () => {
    const world = await written()
    overwrite(world.disk, name(77, '.index'), Buffer.alloc(8))
    await world.killAndStart()
    expect(world.disk.status(name(77, '.index'))).to.equal(null)
  })

  for (const spoil of ['removed', 'flipped', 'emptied'] as const) {
    it(`knows its producers though snapshots are ${spoil}`, async () => {
      const world = await written()
      await world.run(world.log().flush())
      await world.run(world.manager.upkeep.checkpointRecoveryPoints())
      world.disk.kill()
      for (const base of [3, 6, 9]) {
        if (spoil === 'removed') world.disk.remove(name(base, '.snapshot'))
        else if (spoil === 'flipped') world.disk.flipBit(name(base, '.snapshot'), 20)
        else world.disk.open(name(base, '.snapshot'), { mode: 'write' }).truncate(0)
      }
      await world.killAndStart()
      expect(await picture(world)).to.deep.equal(expected(10))
    })
  }

  for (const content of ['', '0\n3\n0 0\n', 'x', '0\n1\n0 x\n']) {
    it(`takes leader epochs from the batches when their file is ${JSON.stringify(content)}`, async () => {
      const world = await written()
      await world.run(world.log().flush())
      await world.run(world.manager.upkeep.checkpointRecoveryPoints())
      world.disk.kill()
      overwrite(world.disk, `${FOLDER}/leader-epoch-checkpoint`, content)
      await world.killAndStart()
      expect(await picture(world)).to.deep.equal(expected(10))
    })
  }

  for (const file of ['recovery-point-offset-checkpoint', 'log-start-offset-checkpoint']) {
    it(`goes without a ${file} that is broken`, async () => {
      const world = await written()
      world.disk.kill()
      overwrite(world.disk, `${LOG_DIR}/${file}`, '0\n5\ntorn')
      await world.killAndStart()
      expect(await picture(world)).to.deep.equal(expected(10))
    })
  }

  it('takes a directory offline whose high watermarks are broken: nobody could make them up', async () => {
    const world = await written()
    world.disk.kill()
    overwrite(world.disk, `${LOG_DIR}/replication-offset-checkpoint`, '0\n5\ntorn')
    await world.killAndStart()
    expect(world.offline).to.have.length(1)
  })

  it('begins anew at the log start when the log ends before it', async () => {
    const world = await written()
    world.disk.kill()
    overwrite(
      world.disk,
      `${LOG_DIR}/log-start-offset-checkpoint`,
      offsetsText([{ topic: 'orders', partition: 0, offset: 50 }]),
    )
    await world.killAndStart()
    expect([world.log().logStartOffset, world.log().logEndOffset]).to.deep.equal([50, 50])
    expect(await world.append(world.log(), one(50))).to.equal(50)
  })

  it('trusts no recovery point beyond the end', async () => {
    const world = await written()
    world.disk.kill()
    overwrite(
      world.disk,
      `${LOG_DIR}/recovery-point-offset-checkpoint`,
      offsetsText([{ topic: 'orders', partition: 0, offset: 500 }]),
    )
    await world.killAndStart()
    expect(world.log().recoveryPoint).to.equal(10)
    expect(await picture(world)).to.deep.equal(expected(10))
  })

  it('clamps the high watermark to the log', async () => {
    const world = await written()
    world.disk.kill()
    overwrite(
      world.disk,
      `${LOG_DIR}/replication-offset-checkpoint`,
      offsetsText([{ topic: 'orders', partition: 0, offset: 500 }]),
    )
    await world.killAndStart()
    expect(world.log().highWatermark).to.equal(10)
  })

  it('finishes a compaction that was putting its result in place', async () => {
    const world = await written()
    await world.stop()
    const { disk } = world
    // Segments 0 and 3 were compacted into one that is complete; 6 was still being written.
    const compacted = Buffer.concat([
      disk.readSmallFile(name(0, '.log')).subarray(2 * SIZE),
      disk.readSmallFile(name(3, '.log')),
    ])
    overwrite(disk, name(0, '.log.swap'), compacted)
    overwrite(disk, name(0, '.index.swap'), Buffer.alloc(0))
    overwrite(disk, name(0, '.timeindex.swap'), Buffer.alloc(0))
    overwrite(disk, name(99, '.log.cleaned'), 'half')
    overwrite(disk, name(2, '.log.deleted'), 'old')
    await world.killAndStart()
    const log = world.log()
    expect((await world.readAll(log)).map((record) => record.offset)).to.deep.equal([2, 3, 4, 5, 6, 7, 8, 9])
    expect(disk.list(FOLDER).filter((file) => /swap|cleaned|deleted/.test(file))).to.deep.equal([])
    expect(disk.status(name(3, '.log'))).to.equal(null)
  })

  it('drops both halves of a segment that was being split, for one is not complete', async () => {
    const world = await written()
    await world.stop()
    overwrite(world.disk, name(5, '.log.swap'), 'half')
    overwrite(world.disk, name(3, '.log.cleaned'), 'half')
    await world.killAndStart()
    expect(await picture(world)).to.deep.equal(expected(10))
  })

  it('after a power cut keeps all that was flushed, and of the rest a beginning', async () => {
    for (let seed = 0; seed < 60; seed++) {
      const world = await written({ seed: `crash ${seed}` })
      const flushed = seed % 10
      if (flushed > 0) {
        await world.run(world.log().flush())
        for (let i = 10; i < 10 + flushed; i++) await world.append(world.log(), one(i), { leaderEpoch: 2 })
      }
      await world.crashAndStart()
      const log = world.manager.get(world.log().topicPartition)
      const found = (await picture(world)) as { offsets: [number, number] }
      const end = found.offsets[1]
      expect(end, `seed ${seed}`)
        .to.be.at.least(flushed > 0 ? 10 : 0)
        .and.at.most(10 + flushed)
      expect(found, `seed ${seed}`).to.deep.equal(expected(end))
      expect(log?.recoveryPoint).to.be.at.most(end)
      expect(await world.append(world.log(), one(end), { leaderEpoch: 2 })).to.equal(end)
    }
  })

  it('after a power cut in the middle of recovery recovers all the same', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const world = await written({ seed: `twice ${seed}` })
      await world.run(world.log().flush())
      await world.crashAndStart()
      await world.crashAndStart()
      expect(await picture(world), `seed ${seed}`).to.deep.equal(expected(10))
    }
  })
})

describe('opening a log after a clean stop', () => {
  it('opens no file', async () => {
    const world = await written()
    await world.stop()
    const opened = world.disk.inject({ on: 'open', path: FOLDER, times: Infinity, delayMs: 0 })
    const read = world.disk.inject({ on: 'readSmallFile', path: FOLDER, times: Infinity, delayMs: 0 })
    await world.killAndStart()
    expect([opened.hits, read.hits]).to.deep.equal([0, 0])
    expect([world.log().logEndOffset, world.log().recoveryPoint]).to.deep.equal([10, 10])
    expect(await picture(world)).to.deep.equal(expected(10))
  })

  it('finds the end by itself when the checkpoint does not say', async () => {
    const world = await written()
    await world.stop()
    overwrite(world.disk, `${LOG_DIR}/recovery-point-offset-checkpoint`, checkpointText([]))
    await world.killAndStart()
    expect(await picture(world)).to.deep.equal(expected(10))
  })

  it('does not write behind a file that was changed meanwhile: the directory goes offline', async () => {
    for (const bytes of [0, SIZE - 1, SIZE + 1]) {
      const world = await written()
      await world.stop()
      const file = world.disk.open(name(9, '.log'), { mode: 'write' })
      file.truncate(bytes)
      file.close()
      await world.killAndStart()
      const log = world.log()
      expect(() => log.appendAsLeader(one(10), { leaderEpoch: 2, origin: 'client' })).to.throw(/offline/)
      expect(world.offline, `${bytes} bytes`).to.have.length(1)
    }
  })

  it('keeps only the snapshots that are of use', async () => {
    const world = await written()
    await world.restart()
    await world.append(world.log(), one(10))
    await world.restart()
    const snapshots = world.disk.list(FOLDER).filter((file) => file.endsWith('.snapshot'))
    expect(snapshots.map((file) => Number(file.slice(0, 20))).sort((a, b) => a - b)).to.deep.equal([
      3, 6, 9, 11,
    ])
  })
})
