import { formatEndpoint, hostPort, isSecurityProtocol, parseEndpointText } from '../../src/model/endpoint.ts'
import type { Endpoint, SecurityProtocol } from '../../src/model/endpoint.ts'
import { znode } from '../znode.ts'
import { json, nothing } from './codecs.ts'
import type { JsonFields } from './json-fields.ts'

export const brokersRoot = znode({
  path: '/brokers',
  lifetime: 'persistent',
  acl: 'default',
  codec: nothing,
  meaning: 'Holds brokers and topics.',
})

export const brokerIds = znode({
  path: '/brokers/ids',
  lifetime: 'persistent',
  acl: 'default',
  codec: nothing,
  meaning: 'Its children are the living brokers; the controller watches them.',
})

/** The versions of a feature that a broker can work with. */
export interface SupportedFeature {
  readonly minVersion: number
  readonly maxVersion: number
}

/** What a broker says of itself. */
export interface BrokerInfo {
  /** Advertised listeners. */
  readonly endpoints: readonly Endpoint[]
  readonly rack: string | null
  readonly features: ReadonlyMap<string, SupportedFeature>
  /** -1: none. */
  readonly jmxPort: number
  /** When it was written, by the broker's wall clock. */
  readonly timestampMs: number
}

/** Source: kafka.zk.BrokerIdZNode; written as version 5, read as 1 to 5 and above. */
export const brokerInfo = znode({
  path: '/brokers/ids/{broker:int}',
  lifetime: 'ephemeral',
  acl: 'default',
  codec: json<BrokerInfo>({ format: 'JSON v5 (reads v1 to v5)', write: writeBroker, read: readBroker }),
  meaning: 'A living broker and its endpoints. Its creation zxid is the broker epoch.',
})

export const brokerSequence = znode({
  path: '/brokers/seqid',
  lifetime: 'persistent',
  acl: 'default',
  codec: nothing,
  meaning: 'Its data version counts the broker ids given out to brokers without one.',
})

function writeBroker({ endpoints, rack, features, jmxPort, timestampMs }: BrokerInfo): object {
  // Tools older than listeners read host and port: those of the first plaintext endpoint, or null and -1.
  const plain = endpoints.find((endpoint) => endpoint.securityProtocol === 'PLAINTEXT')
  return {
    features: Object.fromEntries(
      [...features].map(([name, { minVersion, maxVersion }]) => [
        name,
        { min_version: minVersion, max_version: maxVersion },
      ]),
    ),
    listener_security_protocol_map: Object.fromEntries(
      endpoints.map(({ listenerName, securityProtocol }) => [listenerName, securityProtocol]),
    ),
    endpoints: endpoints.map(formatEndpoint),
    ...(rack === null ? {} : { rack }),
    jmx_port: jmxPort,
    port: plain?.port ?? -1,
    host: plain?.host ?? null,
    version: 5,
    timestamp: String(timestampMs),
  }
}

function readBroker(fields: JsonFields): BrokerInfo {
  const version = fields.integer('version')
  if (version < 1) fields.fail(`version ${version} is below 1`)
  return {
    endpoints: version === 1 ? readOnlyEndpoint(fields) : readEndpoints(fields),
    rack: fields.optionalText('rack'),
    features: readFeatures(fields.objectOrEmpty('features')),
    jmxPort: fields.integer('jmx_port'),
    timestampMs: fields.has('timestamp') ? fields.integerText('timestamp') : -1,
  }
}

function readOnlyEndpoint(fields: JsonFields): Endpoint[] {
  return [
    {
      listenerName: 'PLAINTEXT',
      securityProtocol: 'PLAINTEXT',
      host: fields.text('host'),
      port: fields.integer('port'),
    },
  ]
}

function readEndpoints(fields: JsonFields): Endpoint[] {
  const protocols = fields.objectOrEmpty('listener_security_protocol_map')
  return fields.texts('endpoints').map((text) => {
    const parsed = parseEndpointText(text)
    if (parsed === null) return fields.fail(`${JSON.stringify(text)} is not an endpoint`)
    return { ...parsed, securityProtocol: protocolOf(parsed.listenerName) }
  })

  /** Listeners without an entry are named after their protocol, as all were before version 4. */
  function protocolOf(listenerName: string): SecurityProtocol {
    const name = protocols.has(listenerName) ? protocols.text(listenerName) : listenerName
    return isSecurityProtocol(name)
      ? name
      : fields.fail(`listener ${listenerName} has no known security protocol`)
  }
}

function readFeatures(fields: JsonFields): Map<string, SupportedFeature> {
  return new Map(
    fields.names().map((name) => {
      const range = fields.object(name)
      return [name, { minVersion: range.integer('min_version'), maxVersion: range.integer('max_version') }]
    }),
  )
}

/** `host:port` of every endpoint: no two brokers may share one. */
export function addressesOf(info: BrokerInfo): string[] {
  return info.endpoints.map(({ host, port }) => hostPort(host, port))
}
