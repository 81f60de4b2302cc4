import { apis, type ApiName } from './apis.ts'
import { int16, int32, inVersions, message, string, type TypeOf } from './schema.ts'

/** What every request begins with. Version 0 has no client id, version 2 ends in tagged fields. */
export const RequestHeader = message('RequestHeader', '0-2', '2+', {
  requestApiKey: int16('0+', 'API key.'),
  requestApiVersion: int16('0+', 'Version of the request, and of its response.'),
  correlationId: int32('0+', 'Number that the response repeats.'),
  // Not compact in version 2 either, so that a broker can read it whatever version of ApiVersions it is asked for.
  clientId: string('1+', 'Name that the client gave itself; null counts as empty.', {
    nullable: '1+',
    default: '',
    ignorable: true,
    flexible: 'none',
  }),
})
export interface RequestHeader extends TypeOf<typeof RequestHeader> {}

/** What every response begins with. Version 1 ends in tagged fields. */
export const ResponseHeader = message('ResponseHeader', '0-1', '1+', {
  correlationId: int32('0+', 'Number of the request.'),
})
export interface ResponseHeader extends TypeOf<typeof ResponseHeader> {}

/**
 * The header version of requests of an API in a version, which need not be one that the API has: a broker must read
 * the header of an ApiVersions request from the future in order to refuse it.
 * Source: ApiKeys.requestHeaderVersion; KIP-482.
 */
export function requestHeaderVersion(name: ApiName, version: number): 0 | 1 | 2 {
  // The one API that is older than client ids.
  if (name === 'ControlledShutdown' && version === 0) return 0
  return inVersions(apis[name].request.flexible, version) ? 2 : 1
}

/**
 * The header version of responses. ApiVersions keeps version 0: a client reads it before it knows what the broker
 * speaks, and the answer to an unknown version comes in version 0.
 * Source: ApiKeys.responseHeaderVersion; KIP-511.
 */
export function responseHeaderVersion(name: ApiName, version: number): 0 | 1 {
  if (name === 'ApiVersions') return 0
  return inVersions(apis[name].response.flexible, version) ? 1 : 0
}
