import type { Message } from './schema.ts'

/**
 * To whom a client must send a request. Others answer with an error that makes the client ask anew who it is
 * (NOT_LEADER_OR_FOLLOWER, NOT_COORDINATOR, NOT_CONTROLLER).
 *
 * - `every-broker`: each answers for itself only, and the client puts the answers together;
 * - `named-broker`: the request is about that broker;
 * - `any-or-named-broker`: any, unless it is about a broker's own configuration or loggers: then that one.
 */
export type Recipient =
  | 'any'
  | 'every-broker'
  | 'named-broker'
  | 'any-or-named-broker'
  | 'controller'
  | 'partition-leader'
  | 'group-coordinator'
  | 'transaction-coordinator'

/**
 * What a request counts against besides its processing time, which counts for all but `exempt` ones: bytes appended,
 * bytes read, or partitions created and deleted.
 */
export type QuotaKind = 'request' | 'produce' | 'fetch' | 'controller-mutation' | 'exempt'

/** One API. The broker serves and advertises all versions of its request. */
export interface Api<Request extends Message = Message, Response extends Message = Message> {
  /** The number that stands for the API on the wire. */
  readonly key: number
  readonly request: Request
  readonly response: Response
  readonly sentTo: Recipient
  /** Whether only brokers may send it: it takes CLUSTER_ACTION on the cluster, whatever listener it came in on. */
  readonly clusterAction: boolean
  /** Whether it may be sent before the client has authenticated. */
  readonly beforeLogin: boolean
  readonly quota: QuotaKind
  /** First version that is refused with THROTTLING_QUOTA_EXCEEDED; earlier ones are done first, throttled afterwards. */
  readonly strictQuotaFrom: number | null
  /** What else there is to know about who may be sent it. */
  readonly note: string | null
}

type Extras = Pick<Api, 'clusterAction' | 'beforeLogin' | 'quota' | 'strictQuotaFrom' | 'note'>

const USUAL: Extras = {
  clusterAction: false,
  beforeLogin: false,
  quota: 'request',
  strictQuotaFrom: null,
  note: null,
}

export function api<Request extends Message, Response extends Message>(
  key: number,
  sentTo: Recipient,
  request: Request,
  response: Response,
  extras?: Partial<Extras>,
): Api<Request, Response> {
  return { key, request, response, sentTo, ...USUAL, ...extras }
}
