import type { CLOSE_CONNECTION, InboundRequest, NO_RESPONSE } from '../network/request.ts'
import type { ApiName, RequestOf, ResponseOf } from '../protocol/apis.ts'

/** What a handler may know of its request besides the message: version, client id, where it came in. */
export type RequestContext = InboundRequest

/** A response in the domain's words; the router adds throttling, the connection encodes it. */
export type Answer<N extends ApiName> = ResponseOf<N> | typeof CLOSE_CONNECTION | typeof NO_RESPONSE

/**
 * Authorises, translates, calls one component, answers. Called in the turn in which the request arrived; slices of
 * records in the request are valid until the handler's first `await`.
 */
export type Handler<N extends ApiName> = (
  request: RequestOf<N>,
  context: RequestContext,
) => Answer<N> | Promise<Answer<N>>

/** Every API, named: null where there is no handler yet; such an API is not advertised. */
export type Handlers = { readonly [N in ApiName]: Handler<N> | null }
