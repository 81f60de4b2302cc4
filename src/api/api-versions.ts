import { errorCode } from '../model/errors.ts'
import { apiNames, apis } from '../protocol/apis.ts'
import type { Handler, Handlers } from './handler.ts'

const SOFTWARE_NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/
const NAMES_SOFTWARE = 3

/**
 * Tells which APIs this broker serves, from the handler table itself.
 * Source: KIP-35; KIP-511 for the client's name; ApiVersionsRequest.isValid.
 */
export function apiVersions(services: {
  /** The table that this handler stands in: asked at the first request, when it is complete. */
  handlers: () => Handlers
  /** The version of `/feature`; -1 before it is known. */
  finalizedFeaturesEpoch: () => number
}): Handler<'ApiVersions'> {
  const { handlers, finalizedFeaturesEpoch } = services
  let apiKeys: { apiKey: number; minVersion: number; maxVersion: number }[] | null = null
  return (request, { version, isUnsupportedVersion, connection }) => {
    apiKeys ??= apiNames.filter((name) => handlers()[name] !== null).map((name) => entry(name))
    // The body of a version that we do not know was not read: only the answer of version 0 can be understood.
    if (isUnsupportedVersion) {
      const own = entry('ApiVersions')
      return { errorCode: errorCode('UNSUPPORTED_VERSION'), apiKeys: [own] }
    }
    const software = [request.clientSoftwareName, request.clientSoftwareVersion]
    if (version >= NAMES_SOFTWARE && !software.every((name) => SOFTWARE_NAME.test(name))) {
      return { errorCode: errorCode('INVALID_REQUEST'), apiKeys: [] }
    }
    if (version >= NAMES_SOFTWARE) {
      connection.software = { name: request.clientSoftwareName, version: request.clientSoftwareVersion }
    }
    return { errorCode: 0, apiKeys, finalizedFeaturesEpoch: finalizedFeaturesEpoch() }
  }
}

function entry(name: (typeof apiNames)[number]) {
  const { key, request } = apis[name]
  return { apiKey: key, minVersion: request.versions.min, maxVersion: request.versions.max }
}
