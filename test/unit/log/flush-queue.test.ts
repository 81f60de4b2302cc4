import { expect } from 'chai'
import { FlushQueue, type Flushable } from '../../../src/log/flush-queue.ts'
import { deferred } from '../../../src/std/deferred.ts'

class DirtyLog implements Flushable {
  unflushedBytes = 0
  flushes = 0
  private readonly queue: () => FlushQueue
  private readonly order: DirtyLog[]

  constructor(queue: () => FlushQueue, order: DirtyLog[]) {
    this.queue = queue
    this.order = order
  }

  write(bytes: number): void {
    this.unflushedBytes += bytes
    this.queue().noteWritten(this, bytes)
  }

  async flush(): Promise<void> {
    this.flushes++
    this.order.push(this)
    const bytes = this.unflushedBytes
    this.unflushedBytes = 0
    this.queue().noteFlushed(this, bytes)
    await Promise.resolve()
  }
}

function setUp(count: number): {
  queue: FlushQueue
  logs: DirtyLog[]
  order: DirtyLog[]
  failures: unknown[]
} {
  const failures: unknown[] = []
  const order: DirtyLog[] = []
  const queue: FlushQueue = new FlushQueue({ maxDirtyBytes: 100, onFailure: (error) => failures.push(error) })
  return {
    queue,
    order,
    failures,
    logs: Array.from({ length: count }, () => new DirtyLog(() => queue, order)),
  }
}

describe('flushing in the background', () => {
  it('begins with the log that has waited longest when too much is dirty, and goes on to half of that', async () => {
    const { queue, logs, order } = setUp(4)
    const [a, b, c, d] = logs as [DirtyLog, DirtyLog, DirtyLog, DirtyLog]
    b.write(30)
    a.write(30)
    c.write(30)
    b.write(10)
    expect(order).to.deep.equal([])
    d.write(5)
    await queue.close()
    expect(order).to.deep.equal([b])
    expect(queue.unflushedBytes).to.equal(65)
  })

  it('goes on until half is clean', async () => {
    const { queue, logs, order } = setUp(4)
    for (const log of logs) log.write(30)
    for (let i = 0; i < 10; i++) await Promise.resolve()
    expect(order).to.deep.equal(logs.slice(0, 3))
    expect(queue.unflushedBytes).to.equal(30)
  })

  it('flushes those that ask for it one after the other, and again who asks after his flush has begun', async () => {
    const { queue, logs, order } = setUp(3)
    for (const log of [...logs, ...logs]) queue.flushSoon(log)
    for (let i = 0; i < 20; i++) await Promise.resolve()
    expect(order.map((log) => logs.indexOf(log))).to.deep.equal([0, 1, 2, 0])
  })

  it('tells of a failure and begins nothing more', async () => {
    const { queue, logs, failures, order } = setUp(2)
    const [first, second] = logs as [DirtyLog, DirtyLog]
    first.flush = () => Promise.reject(new Error('EIO'))
    queue.flushSoon(first)
    queue.flushSoon(second)
    for (let i = 0; i < 10; i++) await Promise.resolve()
    expect(failures).to.have.length(1)
    expect(order).to.deep.equal([])
  })

  it('waits for the flush under way when it is closed, and begins no other', async () => {
    const { queue, logs, order } = setUp(2)
    const [first, second] = logs as [DirtyLog, DirtyLog]
    const gate = deferred<void>()
    first.flush = () => gate.promise
    queue.flushSoon(first)
    queue.flushSoon(second)
    let isClosed = false
    const closing = queue.close().then(() => (isClosed = true))
    await Promise.resolve()
    expect(isClosed).to.equal(false)
    gate.resolve()
    await closing
    queue.flushSoon(second)
    expect(order).to.deep.equal([])
  })
})
