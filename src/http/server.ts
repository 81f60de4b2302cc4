import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { hostPort } from '../model/endpoint.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { NetworkError } from '../platform/network.ts'
import { assert } from '../std/assert.ts'
import { type HttpAnswer, HttpError, json, type Route } from './route.ts'

/** Limits of a side that serves people and one or two scrapers: generous to them, and tight to all others. */
const LIMITS = {
  connections: 256,
  headerBytes: 16 * 1024,
  /** For a request to arrive whole. */
  requestMs: 10_000,
  /** How often that is looked at. */
  checkMs: 5_000,
  /** Without a byte in either direction. */
  idleSocketMs: 30_000,
  /** Between two requests. Longer than the scrape interval that Prometheus has by default. */
  keepAliveMs: 75_000,
  /** For answers under way when the server stops. */
  stopMs: 1_000,
} as const

export interface HttpServerOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly routes: readonly Route[]
  /** Of the program, for the list at `/`. */
  readonly version: string
}

/**
 * The side for people and Prometheus. It has nothing to do with Kafka's protocol, and its library is loaded when it
 * starts: the Kafka port is open by then. Only GET and HEAD; requests have no bodies.
 */
export class HttpServer {
  private readonly options: HttpServerOptions
  private readonly logger: Logger
  private fastify: FastifyInstance | null = null

  constructor(options: HttpServerOptions) {
    this.options = options
    this.logger = options.logger.child('HttpServer')
  }

  /** Listens; returns where. Throws NetworkError when that is not possible. */
  async start(): Promise<{ readonly host: string; readonly port: number }> {
    assert(this.fastify === null, 'the HTTP side is started once')
    const { host, port } = this.options
    // The default export: a bundler that wraps CommonJS may know no other.
    const { default: fastify } = await import('fastify')
    const server = fastify({
      logger: false,
      http: { maxHeaderSize: LIMITS.headerBytes, connectionsCheckingInterval: LIMITS.checkMs },
      requestTimeout: LIMITS.requestMs,
      connectionTimeout: LIMITS.idleSocketMs,
      keepAliveTimeout: LIMITS.keepAliveMs,
      forceCloseConnections: 'idle',
    })
    server.server.maxConnections = LIMITS.connections
    this.addRules(server)
    for (const route of [...this.options.routes, this.list()]) this.addRoute(server, route)
    try {
      await server.listen({ host, port })
    } catch (error) {
      await server.close()
      throw listenError(error, host, port)
    }
    this.fastify = server
    const address = server.server.address()
    const bound =
      address === null || typeof address === 'string'
        ? { host, port }
        : { host: address.address, port: address.port }
    this.logger.info(`listening on http://${hostPort(bound.host, bound.port)}`)
    return bound
  }

  /** Stops listening, lets answers under way end for a while, then cuts them off. Harmless when not started. */
  async stop(): Promise<void> {
    const server = this.fastify
    if (server === null) return
    this.fastify = null
    const deadline = this.options.clock.after(LIMITS.stopMs, () => server.server.closeAllConnections())
    await server.close()
    deadline.cancel()
  }

  private addRules(server: FastifyInstance): void {
    server.removeAllContentTypeParsers()
    server.addHook('onRequest', async (request, reply) => {
      if (request.method === 'GET' || request.method === 'HEAD') return undefined
      // The body, if there is one, stays unread: the connection cannot be used again.
      return this.send(
        reply.headers({ allow: 'GET, HEAD', connection: 'close' }),
        errorAnswer(405, 'only GET is served'),
      )
    })
    server.addHook('onResponse', async (request, reply) => {
      this.logger.debug(`${request.method} ${pathOf(request)} ${reply.statusCode}`, { ms: reply.elapsedTime })
    })
    server.setNotFoundHandler((request, reply) =>
      this.send(reply, errorAnswer(404, `there is nothing at ${pathOf(request)}; / has the list`)),
    )
    server.setErrorHandler((error, request, reply) => {
      if (error instanceof HttpError) return this.send(reply, errorAnswer(error.status, error.message))
      const status = clientErrorStatus(error)
      if (status !== null) return this.send(reply, errorAnswer(status, 'the request is malformed'))
      this.logger.error(`${request.method} ${pathOf(request)} failed`, { error })
      return this.send(reply, errorAnswer(500, 'internal error; the log of the broker says more'))
    })
  }

  private addRoute(server: FastifyInstance, route: Route): void {
    server.get(route.path, async (request, reply) => {
      const answer = await route.answer({
        path: pathOf(request),
        query: request.query as Readonly<Record<string, string | readonly string[] | undefined>>,
      })
      return this.send(reply, answer)
    })
  }

  private list(): Route {
    const { routes, version } = this.options
    const lines = routes.map(({ path, doc }) => `${path.padEnd(12)} ${doc}`)
    const body = `Zürau ${version}\n\n${lines.join('\n')}\n`
    return {
      path: '/',
      doc: 'This list.',
      answer: () => ({ status: 200, contentType: 'text/plain; charset=utf-8', body }),
    }
  }

  private send(reply: FastifyReply, answer: HttpAnswer): FastifyReply {
    const { status, contentType, body } = answer
    void reply.code(status).headers({
      'content-type': contentType,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    return reply.send(typeof body === 'string' ? body : this.stream(reply, body))
  }

  private stream(reply: FastifyReply, body: AsyncIterable<string>): Readable | string {
    const stream = Readable.from(body)
    if (reply.request.method === 'HEAD') {
      stream.destroy()
      return ''
    }
    stream.once('error', (error) => {
      this.logger.error(`${reply.request.method} ${pathOf(reply.request)} broke off`, { error })
    })
    return stream
  }
}

function errorAnswer(status: number, message: string): HttpAnswer {
  return json(status, { status, message })
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? ''
}

/** The status of an error that the library blames on the client; null for ours. */
function clientErrorStatus(error: unknown): number | null {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : null
  return typeof status === 'number' && status >= 400 && status < 500 ? status : null
}

function listenError(error: unknown, host: string, port: number): NetworkError {
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'OTHER'
  const where = `http://${hostPort(host, port)}`
  const reasons: Record<string, string> = {
    EADDRINUSE: 'another process has the port; stop it or choose another one in zurau.http.listen',
    EACCES: 'this user may not have the port; choose one above 1023',
    EADDRNOTAVAIL: 'this machine does not have the address',
    ENOTFOUND: 'the host name is not known',
  }
  const reason = reasons[code] ?? (error instanceof Error ? error.message : String(error))
  return new NetworkError(code, `cannot listen on ${where}: ${reason}`, { cause: error })
}
