import { once } from 'node:events'
import { Agent, get as httpGet, type IncomingHttpHeaders, request as httpRequest } from 'node:http'
import { connect, createServer } from 'node:net'
import { expect } from 'chai'
import { type HealthCheck, healthRoutes, type HealthSource } from '../../src/http/health.ts'
import { metricsRoute } from '../../src/http/metrics.ts'
import { ProcessMetrics } from '../../src/http/process-metrics.ts'
import { HttpError, type Route } from '../../src/http/route.ts'
import { HttpServer } from '../../src/http/server.ts'
import { createMetrics, type Metrics } from '../../src/metrics/registry.ts'
import { NetworkError } from '../../src/platform/network.ts'
import { NodeClock } from '../../src/platform/node/node-clock.ts'
import { NodeProcessStats } from '../../src/platform/node/node-process-stats.ts'
import { FakeLogger } from '../fakes/logger.ts'
import { parseExposition } from '../support/parse-exposition.ts'

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

describe('HTTP side', () => {
  const clock = new NodeClock()
  let logger: FakeLogger
  let metrics: Metrics
  let processMetrics: ProcessMetrics
  let server: HttpServer
  let agent: Agent
  let port: number
  let ready: HealthCheck[]

  const odd: Route[] = [
    {
      path: '/broken',
      doc: 'Fails.',
      answer: () => {
        throw new Error('the secret is 42')
      },
    },
    {
      path: '/refused',
      doc: 'Refuses.',
      answer: async () => {
        throw new HttpError(409, 'not now')
      },
    },
    {
      path: '/breaks-off',
      doc: 'Fails half-way.',
      answer: () => ({
        status: 200,
        contentType: 'text/plain',
        body: (async function* () {
          yield 'one'
          throw new Error('no more')
        })(),
      }),
    },
  ]

  function call(path: string, method = 'GET', body = ''): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers = body === '' ? {} : { 'content-length': body.length }
      const request = httpRequest({ host: '127.0.0.1', port, path, method, headers, agent }, (response) => {
        const pieces: Buffer[] = []
        response.on('data', (piece: Buffer) => pieces.push(piece))
        response.on('error', reject)
        response.on('end', () => {
          const { statusCode = 0, headers } = response
          resolve({ status: statusCode, headers, body: Buffer.concat(pieces).toString() })
        })
      })
      request.on('error', reject)
      request.end(body)
    })
  }

  beforeEach(async () => {
    logger = new FakeLogger()
    agent = new Agent({ keepAlive: true, maxSockets: 4 })
    metrics = createMetrics({ clock })
    processMetrics = new ProcessMetrics({ clock, metrics, stats: new NodeProcessStats(), version: '1.2.3' })
    processMetrics.start()
    ready = [{ name: 'zookeeper', ok: true }]
    const source: HealthSource = {
      live: () => [],
      started: () => ready,
      ready: () => ready,
      inSync: () => [],
    }
    server = new HttpServer({
      clock,
      logger,
      host: '127.0.0.1',
      port: 0,
      version: '1.2.3',
      routes: [
        ...healthRoutes({ clock, source, eventLoopDelayMs: () => 0 }),
        metricsRoute({ clock, metrics, showPartitions: () => true, isController: () => false }),
        ...odd,
      ],
    })
    port = (await server.start()).port
  })

  afterEach(async () => {
    processMetrics.stop()
    agent.destroy()
    await server.stop()
  })

  it('says where it listens', () => {
    expect(logger.messages('info')).to.deep.equal([`listening on http://127.0.0.1:${port}`])
  })

  it('lists what is here', async () => {
    const { status, headers, body } = await call('/')
    expect(status).to.equal(200)
    expect(headers['content-type']).to.equal('text/plain; charset=utf-8')
    expect(body).to.match(/^Zürau 1\.2\.3\n/)
    for (const path of ['/healthz', '/readyz', '/startupz', '/metrics']) expect(body).to.include(`\n${path} `)
  })

  it('answers probes with 200, then 503 and the reason', async () => {
    const well = await call('/readyz')
    expect(well.status).to.equal(200)
    expect(well.headers).to.include({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
    ready = [{ name: 'zookeeper', ok: false, why: 'session expired' }]
    const ill = await call('/readyz?isr=1')
    expect(ill.status).to.equal(503)
    expect(JSON.parse(ill.body)).to.deep.include({ status: 'failing' })
    expect(ill.body).to.include('session expired')
    expect((await call('/healthz')).status).to.equal(200)
    expect((await call('/startupz')).status).to.equal(503)
  })

  it('shows the metrics of this very process', async () => {
    metrics.counter('kafka_server_brokertopicmetrics_messagesin_total').with({ topic: 'a' }).add(7)
    const { status, headers, body } = await call('/metrics')
    expect(status).to.equal(200)
    expect(headers['content-type']).to.equal('text/plain; version=0.0.4; charset=utf-8')
    const shown = parseExposition(body)
    const value = (name: string): number => shown.get(name)?.samples[0]?.value ?? NaN
    expect(value('kafka_server_brokertopicmetrics_messagesin_total')).to.equal(7)
    expect(value('process_cpu_seconds_total')).to.be.greaterThan(0)
    expect(value('process_resident_memory_bytes')).to.be.within(10e6, 10e9)
    expect(value('nodejs_heap_size_used_bytes')).to.be.within(1e6, 10e9)
    expect(value('process_start_time_seconds')).to.be.within(1.7e9, Date.now() / 1_000)
    expect(value('nodejs_eventloop_utilization')).to.be.within(0, 1)
    if (process.platform === 'linux') {
      expect(value('process_open_fds')).to.be.within(3, value('process_max_fds'))
      expect(value('process_virtual_memory_bytes')).to.be.greaterThan(value('process_resident_memory_bytes'))
    }
  })

  it('streams twenty thousand series over a connection that it keeps', async () => {
    metrics.collect('kafka_log_log_size', (emit) => {
      for (let partition = 0; partition < 20_000; partition++) emit(partition, { topic: 'orders', partition })
    })
    for (let scrape = 0; scrape < 2; scrape++) {
      const { body, headers } = await call('/metrics')
      expect(parseExposition(body).get('kafka_log_log_size')?.samples).to.have.length(20_000)
      expect(headers.connection).to.equal('keep-alive')
    }
    expect(Object.values(agent.freeSockets).flat()).to.have.length(1)
  })

  it('lets go of scrapes whose readers go away', async () => {
    metrics.collect('kafka_log_log_size', (emit) => {
      for (let partition = 0; partition < 20_000; partition++)
        emit(partition, { topic: 'x'.repeat(200), partition })
    })
    for (let n = 0; n < 6; n++) {
      const request = httpGet({ host: '127.0.0.1', port, path: '/metrics', agent: false })
      const [response] = (await once(request, 'response')) as [{ destroy(): void }]
      response.destroy()
      await once(request, 'close')
    }
    let status = 503
    for (let attempt = 0; attempt < 1_000 && status !== 200; attempt++) ({ status } = await call('/metrics'))
    expect(status).to.equal(200)
    expect(logger.messages('error')).to.deep.equal([])
  })

  it('answers HEAD without a body, and without making one', async () => {
    for (let n = 0; n < 6; n++) {
      const { status, body, headers } = await call('/metrics', 'HEAD')
      expect({ status, body }).to.deep.equal({ status: 200, body: '' })
      expect(headers['content-type']).to.match(/^text\/plain; version=0\.0\.4/)
    }
  })

  it('answers 404 for what is not here', async () => {
    const { status, body } = await call('/nothing?token=secret')
    expect(status).to.equal(404)
    expect(JSON.parse(body)).to.deep.equal({
      status: 404,
      message: 'there is nothing at /nothing; / has the list',
    })
  })

  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
    it(`answers 405 to ${method}, without reading its body`, async () => {
      const { status, headers } = await call('/metrics', method, 'x'.repeat(10))
      expect(status).to.equal(405)
      expect(headers.allow).to.equal('GET, HEAD')
      expect(headers.connection).to.equal('close')
    })
  }

  it('answers 400 to a parameter that makes no sense', async () => {
    const { status, body } = await call('/readyz?isr=perhaps')
    expect(status).to.equal(400)
    expect(body).to.include('query parameter isr')
  })

  it('answers 400 to a path that cannot be decoded', async () => {
    expect((await call('/%zz')).status).to.equal(400)
  })

  it('tells the client of an expected failure what it says', async () => {
    const { status, body } = await call('/refused')
    expect(JSON.parse(body)).to.deep.equal({ status: 409, message: 'not now' })
    expect(status).to.equal(409)
    expect(logger.messages('error')).to.deep.equal([])
  })

  it('keeps an unexpected failure to the log', async () => {
    const { status, body } = await call('/broken?a=1')
    expect(status).to.equal(500)
    expect(body).not.to.include('42')
    const line = logger.lines.find(({ level }) => level === 'error')
    expect(line?.message).to.equal('GET /broken failed')
    expect(line?.details['error']).to.be.an('error').with.property('message', 'the secret is 42')
  })

  it('breaks the connection where a body fails half-way, so that nobody takes it for whole', async () => {
    const error = await call('/breaks-off').catch((thrown: unknown) => thrown)
    expect(error).to.be.an('error')
    expect(logger.messages('error')).to.deep.equal(['GET /breaks-off broke off'])
  })

  it('answers 400 or hangs up on what is not HTTP', async () => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write('\x00\x00\x00\x10not http at all\r\n\r\n')
    let received = ''
    socket.on('data', (data: Buffer) => (received += data.toString()))
    await once(socket, 'close')
    expect(received).to.match(/^(HTTP\/1\.1 400 |$)/)
    expect((await call('/healthz')).status).to.equal(200)
  })

  it('takes a bounded number of connections, and others when those have gone', async () => {
    const sockets = Array.from({ length: 257 }, () => connect(port, '127.0.0.1').on('error', () => undefined))
    const refused = await Promise.race(sockets.map((socket) => once(socket, 'close').then(() => socket)))
    for (const socket of sockets) if (socket !== refused) expect(socket.destroyed).to.equal(false)
    const gone = sockets.filter((socket) => !socket.closed).map((socket) => once(socket, 'close'))
    for (const socket of sockets) socket.destroy()
    await Promise.all(gone)
    let answer: Answer | null = null
    for (let attempt = 0; attempt < 1_000 && answer === null; attempt++) {
      answer = await call('/healthz').catch(() => null)
    }
    expect(answer?.status).to.equal(200)
  })

  it('says whose the port is when it is taken', async () => {
    const holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    const taken = (holder.address() as { port: number }).port
    const other = new HttpServer({ clock, logger, host: '127.0.0.1', port: taken, routes: [], version: '1' })
    const error = await other.start().catch((thrown: unknown) => thrown)
    holder.close()
    expect(error).to.be.instanceOf(NetworkError).and.to.have.property('code', 'EADDRINUSE')
    expect((error as Error).message).to.equal(
      `cannot listen on http://127.0.0.1:${taken}: another process has the port; stop it or choose another one in zurau.http.listen`,
    )
  })

  it('says that an address is not of this machine', async () => {
    const other = new HttpServer({ clock, logger, host: '192.0.2.1', port: 0, routes: [], version: '1' })
    const error = await other.start().catch((thrown: unknown) => thrown)
    expect(error).to.be.instanceOf(NetworkError).and.to.have.property('code', 'EADDRNOTAVAIL')
  })

  it('stops at once with idle connections open, twice without harm, and frees its port', async () => {
    await call('/healthz')
    await server.stop()
    await server.stop()
    const successor = createServer().listen(port, '127.0.0.1')
    await once(successor, 'listening')
    successor.close()
  })

  it('cuts off an answer that nobody reads when it stops', async () => {
    metrics.collect('kafka_log_log_size', (emit) => {
      for (let partition = 0; partition < 20_000; partition++)
        emit(partition, { topic: 'x'.repeat(250), partition })
    })
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write('GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n')
    await once(socket, 'readable')
    const startMs = clock.monotonicMs()
    await server.stop()
    expect(clock.monotonicMs() - startMs).to.be.lessThan(10_000)
    socket.destroy()
  })
})
