import { errorCode, errorOf, type ErrorName } from '../model/errors.ts'
import {
  CLOSE_CONNECTION,
  type ConnectionInfo,
  type InboundRequest,
  type Outcome,
  type RequestServer,
  type RequestSession,
} from '../network/request.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { hasVersion, type ApiName } from '../protocol/apis.ts'
import type { Handler, Handlers } from './handler.ts'
import { failureAnswer } from './failure-answer.ts'
import type { RequestMetrics } from './request-metrics.ts'

/**
 * From a decoded request to its handler and back: the session's state, timers, and the one error boundary. A handler
 * that throws a KafkaError gets it answered in its API's own shape; anything else is a fault of ours, logged and
 * answered with UNKNOWN_SERVER_ERROR.
 */
export class Router implements RequestServer {
  private readonly handlers: Handlers
  private readonly logger: Logger
  private readonly metrics: RequestMetrics
  private readonly clock: Clock

  constructor(options: { handlers: Handlers; clock: Clock; logger: Logger; metrics: RequestMetrics }) {
    this.handlers = options.handlers
    this.clock = options.clock
    this.logger = options.logger.child('Router')
    this.metrics = options.metrics
  }

  serves(api: ApiName, version: number): boolean {
    return this.handlers[api] !== null && hasVersion(api, version)
  }

  open(_info: ConnectionInfo): RequestSession {
    return {
      handle: (request) => this.handle(request),
      answered: (request, sentMs) => this.metrics.answered(request, sentMs, this.clock.monotonicMs()),
      closed: () => undefined,
    }
  }

  private handle(request: InboundRequest): Outcome | Promise<Outcome> {
    const handler = this.handlers[request.api] as Handler<ApiName> | null
    if (handler === null) return CLOSE_CONNECTION
    const begunMs = this.clock.monotonicMs()
    try {
      const answer = handler(request.body as never, request)
      this.metrics.handled(request, begunMs, this.clock.monotonicMs())
      return answer instanceof Promise
        ? answer.catch((error: unknown) => this.failure(request, error))
        : answer
    } catch (error) {
      return this.failure(request, error)
    }
  }

  private failure(request: InboundRequest, thrown: unknown): Outcome {
    const name: ErrorName = errorOf(thrown)
    if (name === 'UNKNOWN_SERVER_ERROR') {
      const { api, version, clientId, connection } = request
      this.logger.error('a request failed unexpectedly', {
        api,
        version,
        clientId,
        client: connection.remoteAddress,
        error: thrown,
      })
    }
    this.metrics.failed(request, name)
    return failureAnswer(
      request,
      errorCode(name),
      thrown instanceof Error && name !== 'UNKNOWN_SERVER_ERROR' ? thrown.message : null,
    )
  }
}
