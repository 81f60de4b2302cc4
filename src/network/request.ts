import type { SecurityProtocol } from '../model/endpoint.ts'
import type { ApiName } from '../protocol/apis.ts'

/** A request off the wire, decoded: what its handler may know of it besides the message. */
export interface InboundRequest {
  readonly connection: ConnectionInfo
  readonly api: ApiName
  readonly version: number
  readonly correlationId: number
  readonly clientId: string | null
  /** The decoded message. Slices of records in it are valid until the first `await`. */
  readonly body: unknown
  /** Size of the frame without its prefix. */
  readonly sizeBytes: number
  /** When the frame was complete, by the monotonic clock. */
  readonly receivedMs: number
  /** When the handler had returned: an answer, or a promise of one. Set by who calls it. */
  handledMs: number
  /** When a promised answer was there; 0 for one that was there as soon as it was handled. Set by the connection. */
  readyMs: number
  /** ApiVersions asked in a version that we do not have: to be answered in version 0, with an error. */
  readonly isUnsupportedVersion: boolean
  /**
   * Set by the handler once the request has taken its place in every log: the next produce request of the connection
   * may begin before this one is answered, and nothing can come out of order.
   */
  mayBeFollowed: boolean
}

/** Where a connection came in. */
export interface ConnectionInfo {
  /** Unique within this process, from 1. */
  readonly id: number
  readonly listenerName: string
  readonly securityProtocol: SecurityProtocol
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  /** What the client says it is, in ApiVersions from version 3 on (KIP-511). */
  software?: { readonly name: string; readonly version: string }
}

/** In place of an answer: close the connection without one. */
export const CLOSE_CONNECTION = Symbol('close the connection')
/** In place of an answer: the client wants none (acks=0). */
export const NO_RESPONSE = Symbol('no response')

/** A response message of the request's API and version, or what to do instead. */
export type Outcome = object | typeof CLOSE_CONNECTION | typeof NO_RESPONSE

/** One connection's side of the request handling: who the client is, what it has set up. */
export interface RequestSession {
  /** Never throws and never rejects. A value where the answer is known at once: it costs no promise. */
  handle(request: InboundRequest): Outcome | Promise<Outcome>
  /**
   * The response has been handed to the operating system, or lost with the connection. `sentMs`: when its first byte was
   * written, by the monotonic clock.
   */
  answered(request: InboundRequest, sentMs: number): void
  closed(): void
}

/** What the network needs of the layer above it. */
export interface RequestServer {
  open(info: ConnectionInfo): RequestSession
  /** Whether requests of this API and version are handled; others close the connection. */
  serves(api: ApiName, version: number): boolean
}
