import { KafkaError } from '../model/errors.ts'
import { hostPort } from '../model/endpoint.ts'
import type { Clock, Timer } from '../platform/clock.ts'
import type { ByteStream, Network, StreamHandler } from '../platform/network.ts'
import { apis, type ApiName, type RequestInput, type ResponseRead } from '../protocol/apis.ts'
import { codec } from '../protocol/codec.ts'
import { RequestHeader, requestHeaderVersion, responseHeaderVersion } from '../protocol/header.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'
import { Reader } from '../protocol/reader.ts'
import { Writer } from '../protocol/writer.ts'
import { SerialQueue } from '../std/serial-queue.ts'
import { FrameDecoder } from './frame-decoder.ts'

/** A request that has been written and not been answered. */
interface Call {
  readonly api: ApiName
  readonly version: number
  readonly correlationId: number
  readonly deadline: Timer
  readonly resolve: (response: object) => void
  readonly reject: (error: Error) => void
}

export interface BrokerChannelOptions {
  readonly clock: Clock
  readonly network: Network
  readonly host: string
  readonly port: number
  readonly clientId: string
  readonly connectTimeoutMs: number
  /** How long a call may take, its connecting included, unless it says otherwise. */
  readonly requestTimeoutMs: number
  readonly maxResponseBytes: number
}

/**
 * One outbound connection to a broker, opened when it is first needed and again after it broke. Calls may be
 * pipelined; answers come in order. A call fails with KafkaError NETWORK_EXCEPTION when the connection cannot be made
 * or breaks, REQUEST_TIMED_OUT after its deadline (the connection is then given up: its answers would come too late).
 */
export class BrokerChannel implements StreamHandler {
  private readonly options: BrokerChannelOptions
  private readonly connecting = new SerialQueue()
  private readonly writer = new Writer()
  private readonly reader = new Reader(Buffer.alloc(0))
  private stream: ByteStream | null = null
  private decoder: FrameDecoder
  private calls: Call[] = []
  private nextCorrelationId = 0
  private isClosed = false

  constructor(options: BrokerChannelOptions) {
    this.options = options
    this.decoder = this.newDecoder()
  }

  get address(): string {
    return hostPort(this.options.host, this.options.port)
  }

  get isConnected(): boolean {
    return this.stream !== null
  }

  /**
   * Sends a request in the given version and returns the decoded answer. Slices of records in it are the caller's
   * to keep. With `expectsAnswer` false (acks=0) resolves to null once it is written.
   */
  async call<N extends ApiName>(
    api: N,
    version: number,
    request: RequestInput<N>,
    timeoutMs?: number,
  ): Promise<ResponseRead<N>> {
    const stream = await this.connected()
    this.mustBeOpen(stream)
    return (await new Promise<object>((resolve, reject) => {
      const correlationId = this.takeCorrelationId()
      this.write(stream, api, version, correlationId, request)
      const deadline = this.options.clock.after(timeoutMs ?? this.options.requestTimeoutMs, () =>
        stream.destroy(new KafkaError('REQUEST_TIMED_OUT', `${this.address} did not answer ${api} in time`)),
      )
      this.calls.push({ api, version, correlationId, deadline, resolve, reject })
    })) as ResponseRead<N>
  }

  /** Sends a request that the broker will not answer (Produce with acks=0). */
  async send<N extends ApiName>(api: N, version: number, request: RequestInput<N>): Promise<void> {
    const stream = await this.connected()
    this.mustBeOpen(stream)
    this.write(stream, api, version, this.takeCorrelationId(), request)
  }

  /** Ends the connection; calls in flight fail. The channel cannot be used again. */
  close(): void {
    this.isClosed = true
    this.stream?.destroy()
  }

  /** Ends the connection, so that the next call makes a new one. */
  disconnect(): void {
    this.stream?.destroy()
  }

  private connected(): Promise<ByteStream> {
    return this.connecting.run(async () => {
      if (this.isClosed) throw new KafkaError('NETWORK_EXCEPTION', `the channel to ${this.address} is closed`)
      if (this.stream !== null) return this.stream
      const { network, host, port, connectTimeoutMs } = this.options
      const stream = await network.dial({ host, port, timeoutMs: connectTimeoutMs }).catch((error: Error) => {
        throw new KafkaError('NETWORK_EXCEPTION', `${this.address}: ${error.message}`, { cause: error })
      })
      if (this.isClosed) {
        stream.destroy()
        throw new KafkaError('NETWORK_EXCEPTION', `the channel to ${this.address} is closed`)
      }
      this.decoder = this.newDecoder()
      this.stream = stream
      stream.start(this)
      return stream
    })
  }

  private takeCorrelationId(): number {
    const id = this.nextCorrelationId
    this.nextCorrelationId = (id + 1) & 0x7fffffff
    return id
  }

  /** A stream may break between the moment it is there and the moment its caller runs. */
  private mustBeOpen(stream: ByteStream): void {
    if (this.stream !== stream)
      throw new KafkaError('NETWORK_EXCEPTION', `${this.address} closed the connection`)
  }

  private write(
    stream: ByteStream,
    api: ApiName,
    version: number,
    correlationId: number,
    request: object,
  ): void {
    const { writer } = this
    const header = {
      requestApiKey: apis[api].key,
      requestApiVersion: version,
      correlationId,
      clientId: this.options.clientId,
    }
    writer.beginFrame()
    try {
      codec(RequestHeader, requestHeaderVersion(api, version)).encode(writer, header)
      codec(apis[api].request, version).encode(writer, request)
    } catch (error) {
      writer.takeBuffers()
      throw error
    }
    writer.endFrame()
    stream.write(writer.takeBuffers())
    if (stream.unsentBytes === 0) writer.reuse()
    else writer.retire()
  }

  // --- StreamHandler ------------------------------------------------------------------------------------------------

  onData(buffer: Buffer, length: number): void {
    try {
      this.decoder.feed(buffer, length)
    } catch (error) {
      this.stream?.destroy(error as Error)
    }
  }

  onDrain(): void {
    // Calls are bounded by their callers; there is nothing to resume.
  }

  onEnd(): void {
    // No answer will come any more. Not `end`: until the close somebody may still make a call.
    this.stream?.destroy()
  }

  onClose(error: Error | null): void {
    this.stream = null
    const failed = this.calls
    this.calls = []
    const reason =
      error instanceof KafkaError
        ? error
        : new KafkaError(
            'NETWORK_EXCEPTION',
            `${this.address} closed the connection`,
            error === null ? {} : { cause: error },
          )
    for (const call of failed) {
      call.deadline.cancel()
      call.reject(reason)
    }
  }

  private newDecoder(): FrameDecoder {
    return new FrameDecoder({
      maxFrameBytes: this.options.maxResponseBytes,
      onFrame: (buffer, start, end, isOwned) => this.onResponse(buffer, start, end, isOwned),
    })
  }

  private onResponse(buffer: Buffer, start: number, end: number, isOwned: boolean): void {
    const call = this.calls.shift()
    if (call === undefined) throw new ProtocolError(`${this.address} answered what was not asked`)
    call.deadline.cancel()
    try {
      // The caller reads records later, when a shared buffer holds other bytes.
      const frame = isOwned ? buffer.subarray(start, end) : Buffer.from(buffer.subarray(start, end))
      const reader = this.reader.reset(frame, 0, frame.length)
      const correlationId = reader.int32()
      if (correlationId !== call.correlationId) {
        throw new ProtocolError(
          `${this.address} answered request ${correlationId} in place of ${call.correlationId}`,
        )
      }
      if (responseHeaderVersion(call.api, call.version) > 0) reader.unknownTags()
      call.resolve(codec(apis[call.api].response, call.version).decode(reader))
    } catch (error) {
      call.reject(new KafkaError('NETWORK_EXCEPTION', (error as Error).message, { cause: error }))
      throw error
    }
  }
}
