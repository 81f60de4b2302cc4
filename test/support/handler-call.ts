import type { Handler } from '../../src/api/handler.ts'
import type { InboundRequest } from '../../src/network/request.ts'
import {
  apis,
  type ApiName,
  type RequestInput,
  type RequestOf,
  type ResponseRead,
} from '../../src/protocol/apis.ts'
import { decode, encode } from './codec-calls.ts'

export interface CallOptions {
  /** Default: the newest. */
  readonly version?: number
  readonly securityProtocol?: 'PLAINTEXT' | 'SASL_PLAINTEXT'
  readonly clientId?: string
}

/**
 * Asks a handler as a client does: the request and the answer go through the codecs of the version, so that what
 * cannot be said in it is found out, and fields that are left out have their defaults.
 */
export async function call<N extends ApiName>(
  api: N,
  handler: Handler<N>,
  request: RequestInput<N>,
  options: CallOptions = {},
): Promise<ResponseRead<N>> {
  const version = options.version ?? apis[api].request.versions.max
  const messages = apis[api]
  const sent = encode(messages.request, version, request as never)
  const body = decode(messages.request, version, sent) as RequestOf<N>
  const answer = await handler(body, inbound(api, version, body, options))
  if (typeof answer === 'symbol') throw new Error(`no answer: ${String(answer)}`)
  const received = encode(messages.response, version, answer as never)
  return decode(messages.response, version, received)
}

export function inbound(
  api: ApiName,
  version: number,
  body: unknown,
  { securityProtocol = 'PLAINTEXT', clientId = 'test' }: CallOptions = {},
): InboundRequest {
  return {
    connection: {
      id: 1,
      listenerName: securityProtocol,
      securityProtocol,
      remoteAddress: '127.0.0.1',
      remotePort: 40_000,
      localAddress: '127.0.0.1',
      localPort: 9092,
    },
    api,
    version,
    correlationId: 1,
    clientId,
    body,
    sizeBytes: 0,
    receivedMs: 0,
    handledMs: 0,
    readyMs: 0,
    isUnsupportedVersion: false,
    mayBeFollowed: false,
  }
}
