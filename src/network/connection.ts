import type { Clock } from '../platform/clock.ts'
import type { ByteStream, StreamHandler } from '../platform/network.ts'
import type { Logger } from '../platform/logger.ts'
import { apiByKey, apis } from '../protocol/apis.ts'
import { codec } from '../protocol/codec.ts'
import { RequestHeader, requestHeaderVersion, responseHeaderVersion } from '../protocol/header.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'
import type { Reader } from '../protocol/reader.ts'
import type { Writer } from '../protocol/writer.ts'
import { FrameDecoder } from './frame-decoder.ts'
import type { ListenerTraffic } from './listener-traffic.ts'
import {
  CLOSE_CONNECTION,
  type ConnectionInfo,
  type InboundRequest,
  type Outcome,
  type RequestServer,
  type RequestSession,
} from './request.ts'

/** How many produce requests of one connection may wait for their answers at a time. */
const MAX_PIPELINED = 100

/** Answers that may gather before they are written, however many requests one delivery holds. */
const MAX_UNWRITTEN = 16

/** A request that has not been answered. */
interface Pending {
  readonly request: InboundRequest
  /** False while it waits for requests before it. */
  hasBegun: boolean
  outcome: Outcome | null
}

/** What a server's connections have in common. */
export interface ConnectionContext {
  readonly clock: Clock
  readonly logger: Logger
  readonly server: RequestServer
  readonly maxRequestBytes: number
  /** Answers of all connections are written through one writer, each connection's in one go. */
  readonly writer: Writer
  readonly reader: Reader
  readonly onClose: (connection: Connection) => void
}

/**
 * One client. Requests are handled one at a time and answered in order; the stream is not read while an answer is
 * outstanding, so that a client which does not read its answers is held back by TCP. The exception: produce requests
 * that have taken their place in the log may be followed by further produce requests (see `mayBeFollowed`).
 */
export class Connection implements StreamHandler {
  readonly info: ConnectionInfo
  /** When the client was heard last, by the monotonic clock. */
  lastActivityMs: number
  private readonly stream: ByteStream
  private readonly context: ConnectionContext
  private readonly session: RequestSession
  private readonly decoder: FrameDecoder
  private readonly traffic: ListenerTraffic
  private readonly pending: Pending[] = []
  /** Answers of which the operating system has not taken all. */
  private readonly unsent: InboundRequest[] = []
  private unsentSinceMs = 0
  private flushScheduled = false
  private isClosing = false
  private isClosed = false

  constructor(
    stream: ByteStream,
    info: ConnectionInfo,
    context: ConnectionContext,
    traffic: ListenerTraffic,
  ) {
    this.stream = stream
    this.info = info
    this.traffic = traffic
    this.context = context
    this.lastActivityMs = context.clock.monotonicMs()
    this.session = context.server.open(info)
    this.decoder = new FrameDecoder({
      maxFrameBytes: context.maxRequestBytes,
      onFrame: (buffer, start, end) => this.onFrame(buffer, start, end),
    })
  }

  /** Whether a request is being handled or an answer is on its way. */
  get isBusy(): boolean {
    return this.pending.length > 0
  }

  /** Requests that are here and whose handler has not begun. */
  get waitingRequests(): number {
    return this.pending.reduce((count, { hasBegun }) => (hasBegun ? count : count + 1), 0)
  }

  /** Answers that are ready, and of which the operating system has not taken all. */
  get waitingAnswers(): number {
    return this.pending.reduce(
      (count, { outcome }) => (outcome === null ? count : count + 1),
      this.unsent.length,
    )
  }

  start(): void {
    this.stream.start(this)
  }

  close(reason?: string): void {
    this.stream.destroy(reason === undefined ? undefined : new Error(reason))
  }

  // --- StreamHandler ------------------------------------------------------------------------------------------------

  onData(buffer: Buffer, length: number): void {
    this.lastActivityMs = this.context.clock.monotonicMs()
    this.traffic.bytesIn += length
    if (this.isClosing) return
    try {
      this.decoder.feed(buffer, length)
    } catch (error) {
      this.onProtocolError(error)
    }
  }

  onDrain(): void {
    for (const request of this.unsent.splice(0)) this.session.answered(request, this.unsentSinceMs)
    this.proceed()
  }

  onEnd(): void {
    this.closeAfterAnswers()
  }

  onClose(_error: Error | null): void {
    this.isClosed = true
    const nowMs = this.context.clock.monotonicMs()
    for (const request of this.unsent.splice(0)) this.session.answered(request, this.unsentSinceMs)
    for (const { request } of this.pending) this.session.answered(request, nowMs)
    this.pending.length = 0
    this.session.closed()
    this.context.onClose(this)
  }

  private onProtocolError(error: unknown): void {
    if (!(error instanceof ProtocolError)) throw error
    this.context.logger.info('closing a connection that does not speak the protocol', {
      client: `${this.info.remoteAddress}:${this.info.remotePort}`,
      listener: this.info.listenerName,
      reason: error.message,
    })
    this.closeAfterAnswers()
  }

  /** What was asked before still gets its answers, then the connection closes. */
  private closeAfterAnswers(): void {
    this.isClosing = true
    this.hold()
    this.flush()
  }

  // --- requests -----------------------------------------------------------------------------------------------------

  private onFrame(buffer: Buffer, start: number, end: number): void {
    const request = this.parse(buffer, start, end)
    const pending: Pending = { request, hasBegun: false, outcome: null }
    this.pending.push(pending)
    if (request.api === 'Produce' || this.isFirstUnanswered(pending)) this.begin(pending)
    else this.hold()
  }

  private isFirstUnanswered(pending: Pending): boolean {
    for (const earlier of this.pending) {
      if (earlier === pending) return true
      if (earlier.outcome === null) return false
    }
    return false
  }

  private begin(pending: Pending): void {
    pending.hasBegun = true
    const outcome = this.session.handle(pending.request)
    if (!(outcome instanceof Promise)) {
      this.complete(pending, outcome)
      return
    }
    void outcome.then((value) => {
      pending.request.readyMs = this.context.clock.monotonicMs()
      this.complete(pending, value)
    })
    if (!pending.request.mayBeFollowed || this.pending.length >= MAX_PIPELINED) this.hold()
  }

  private parse(buffer: Buffer, start: number, end: number): InboundRequest {
    const { reader, clock, server } = this.context
    if (end - start < 8) throw new ProtocolError(`a request of ${end - start} bytes`)
    const key = buffer.readInt16BE(start)
    const version = buffer.readInt16BE(start + 2)
    const api = apiByKey(key)
    if (api === null) throw new ProtocolError(`unknown API key ${key}`)
    const isServed = server.serves(api, version)
    // A client that is newer than we are learns from version 0 of the answer what we have.
    const isUnsupportedVersion = !isServed && api === 'ApiVersions'
    if (!isServed && !isUnsupportedVersion) throw new ProtocolError(`${api} version ${version} is not served`)
    reader.reset(buffer, start, end)
    const header = codec(RequestHeader, requestHeaderVersion(api, version)).decode(reader)
    return {
      connection: this.info,
      api,
      version: isUnsupportedVersion ? 0 : version,
      correlationId: header.correlationId,
      clientId: header.clientId,
      body: isUnsupportedVersion ? null : codec(apis[api].request, version).decode(reader),
      sizeBytes: end - start,
      receivedMs: clock.monotonicMs(),
      handledMs: 0,
      readyMs: 0,
      isUnsupportedVersion,
      mayBeFollowed: false,
    }
  }

  // --- answers ------------------------------------------------------------------------------------------------------

  private complete(pending: Pending, outcome: Outcome): void {
    if (this.isClosed) return
    pending.outcome = outcome
    if (this.pending[0]?.outcome === null) return
    if (this.pending.length >= MAX_UNWRITTEN) this.flush()
    else this.scheduleFlush()
  }

  /** At the end of this turn's microtasks: what else is ready by then goes out in the same write. */
  private scheduleFlush(): void {
    if (this.flushScheduled) return
    this.flushScheduled = true
    queueMicrotask(() => {
      this.flushScheduled = false
      if (!this.isClosed) this.flush()
    })
  }

  private flush(): void {
    const { writer } = this.context
    let count = 0
    for (const { request, outcome } of this.pending) {
      if (outcome === null) break
      count++
      if (outcome === CLOSE_CONNECTION) {
        this.isClosing = true
        count = this.pending.length
        break
      }
      if (typeof outcome === 'object' && !this.encode(writer, request, outcome)) return
    }
    const sentMs = this.context.clock.monotonicMs()
    this.send(writer)
    if (count === 0 && !this.isClosing) return
    const isTaken = this.stream.unsentBytes === 0
    if (!isTaken) this.unsentSinceMs = sentMs
    for (const { request } of this.pending.splice(0, count)) {
      if (isTaken) this.session.answered(request, sentMs)
      else this.unsent.push(request)
    }
    this.proceed()
  }

  /** False, and the connection closed, when the handler's answer cannot be put into the request's version. */
  private encode(writer: Writer, request: InboundRequest, outcome: object): boolean {
    try {
      encodeResponse(writer, request, outcome)
      return true
    } catch (error) {
      this.context.logger.error('an answer does not fit its version', {
        api: request.api,
        version: request.version,
        error,
      })
      writer.takeBuffers()
      this.stream.destroy()
      return false
    }
  }

  private send(writer: Writer): void {
    if (writer.length === 0) return
    this.traffic.bytesOut += writer.length
    this.stream.write(writer.takeBuffers())
    if (this.stream.unsentBytes === 0) writer.reuse()
    else writer.retire()
  }

  // --- flow ---------------------------------------------------------------------------------------------------------

  private hold(): void {
    if (this.decoder.isStopped) return
    this.decoder.stop()
    this.stream.pause()
  }

  /** Goes on with the next request, unless an answer is outstanding or unsent. */
  private proceed(): void {
    if (this.isClosed) return
    if (this.isClosing && !this.pending.some(({ hasBegun }) => hasBegun)) {
      // Reading on, so that the client's own end is seen.
      this.stream.resume()
      this.stream.end()
      return
    }
    if (this.stream.unsentBytes > 0) {
      this.hold()
      return
    }
    if (!this.decoder.isStopped || this.isClosing) return
    const next = this.pending[0]
    if (next !== undefined && !next.hasBegun) this.begin(next)
    if (this.pending.some(({ request, hasBegun }) => !hasBegun || !request.mayBeFollowed)) return
    try {
      if (this.decoder.proceed()) this.stream.resume()
    } catch (error) {
      this.onProtocolError(error)
    }
  }
}

function encodeResponse(writer: Writer, request: InboundRequest, response: object): void {
  const { api, version, correlationId } = request
  writer.beginFrame()
  writer.int32(correlationId)
  if (responseHeaderVersion(api, version) > 0) writer.unsignedVarint(0)
  codec(apis[api].response, version).encode(writer, response)
  writer.endFrame()
}
