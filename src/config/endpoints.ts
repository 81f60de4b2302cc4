import type { Endpoint, SecurityProtocol } from '../model/endpoint.ts'
import { isSecurityProtocol } from '../model/endpoint.ts'
import { ConfigRuleError, demand } from './config-error.ts'
import { splitList } from './types.ts'

/** The configuration that says where a broker listens and where it is reached. */
export interface EndpointSettings {
  readonly listeners: string
  /** Null: as `listeners`. */
  readonly advertisedListeners: string | null
  readonly securityProtocolMap: string
  readonly interBrokerListenerName: string | null
  readonly interBrokerSecurityProtocol: SecurityProtocol
  /** Whether `security.inter.broker.protocol` was set and not just left at its default. */
  readonly isInterBrokerSecurityProtocolSet: boolean
  readonly controlPlaneListenerName: string | null
}

export interface BrokerEndpoints {
  /** Where to listen. A host may be empty: every address. A port may be 0: any free one. */
  readonly listeners: readonly Endpoint[]
  /** What to tell others. Hosts may be empty and ports 0 until the listeners are open. */
  readonly advertised: readonly Endpoint[]
  readonly interBrokerListener: { readonly name: string; readonly securityProtocol: SecurityProtocol }
  readonly controlPlaneListenerName: string | null
}

/**
 * Where a broker listens, and the rules for that. Listener names are in capitals afterwards.
 * Throws ConfigRuleError in Kafka's words. Source: KafkaConfig.listeners, CoreUtils.listenerListToEndPoints.
 */
export function brokerEndpoints(settings: EndpointSettings): BrokerEndpoints {
  const protocols = parseProtocolMap(settings.securityProtocolMap)
  const interBrokerListener = findInterBrokerListener(settings, protocols)
  const listeners = parseEndpoints(settings.listeners, protocols)
  checkPorts(listeners, settings.listeners)
  const advertised =
    settings.advertisedListeners === null
      ? listeners
      : parseEndpoints(settings.advertisedListeners, protocols)
  const controlPlaneListenerName = settings.controlPlaneListenerName?.toUpperCase() ?? null
  checkNames({ listeners, advertised, interBrokerListener, controlPlaneListenerName })
  return { listeners, advertised, interBrokerListener, controlPlaneListenerName }
}

/** `NAME:value` entries, split at the last colon as Kafka does. Throws ConfigRuleError for an entry without one. */
export function parsePairs(key: string, text: string): Map<string, string> {
  const pairs = new Map<string, string>()
  for (const entry of splitList(text)) {
    const colon = entry.lastIndexOf(':')
    if (colon < 0) {
      // What Java's substring says; clients compare it.
      const range = `begin 0, end -1, length ${entry.length}`
      throw new ConfigRuleError(`Error parsing configuration property '${key}': ${range}`)
    }
    pairs.set(entry.slice(0, colon).trim(), entry.slice(colon + 1).trim())
  }
  return pairs
}

/** The security protocol of each listener name. */
function parseProtocolMap(text: string): ReadonlyMap<string, SecurityProtocol> {
  const key = 'listener.security.protocol.map'
  const protocols = new Map<string, SecurityProtocol>()
  for (const [listener, name] of parsePairs(key, text)) {
    const protocol = name.toUpperCase()
    if (!isSecurityProtocol(protocol)) {
      throw new ConfigRuleError(`Invalid security protocol \`${name}\` defined in ${key}`)
    }
    protocols.set(listener.toUpperCase(), protocol)
  }
  return protocols
}

function findInterBrokerListener(
  settings: EndpointSettings,
  protocols: ReadonlyMap<string, SecurityProtocol>,
): BrokerEndpoints['interBrokerListener'] {
  if (settings.interBrokerListenerName === null) {
    const securityProtocol = settings.interBrokerSecurityProtocol
    return { name: securityProtocol, securityProtocol }
  }
  if (settings.isInterBrokerSecurityProtocolSet) {
    throw new ConfigRuleError(
      'Only one of inter.broker.listener.name and security.inter.broker.protocol should be set.',
    )
  }
  const name = settings.interBrokerListenerName.toUpperCase()
  const securityProtocol = protocols.get(name)
  if (securityProtocol === undefined) {
    throw new ConfigRuleError(
      `Listener with name ${name} defined in inter.broker.listener.name not found in listener.security.protocol.map.`,
    )
  }
  return { name, securityProtocol }
}

/** Endpoints of a list, with unique names. Ports beyond 65535 or below 0 are refused here and not when opening them. */
function parseEndpoints(text: string, protocols: ReadonlyMap<string, SecurityProtocol>): Endpoint[] {
  const endpoints = splitList(text)
    .filter((entry) => entry !== '')
    .map((entry): Endpoint => {
      const match = /^(.*):\/\/\[?([0-9a-zA-Z\-%._:]*)\]?:([0-9]{1,5})$/.exec(entry)
      const port = Number(match?.[3])
      if (!match || port > 65_535) throw cannotCreate(text, `Unable to parse ${entry} to a broker endpoint`)
      const listenerName = (match[1] ?? '').toUpperCase()
      const securityProtocol = protocols.get(listenerName)
      if (securityProtocol === undefined) {
        throw cannotCreate(text, `No security protocol defined for listener ${listenerName}`)
      }
      return { listenerName, securityProtocol, host: match[2] ?? '', port }
    })
  const names = new Set(endpoints.map(({ listenerName }) => listenerName))
  demand(names.size === endpoints.length, `Each listener must have a different name, listeners: ${text}`)
  return endpoints
}

function cannotCreate(listeners: string, why: string): ConfigRuleError {
  return new ConfigRuleError(`Error creating broker listeners from '${listeners}': ${why}`)
}

function ipVersion(host: string): 4 | 6 | null {
  if (/^(\d{1,3}\.){3}\d{1,3}$/.test(host)) return 4
  return /^[0-9a-fA-F]*:[0-9a-fA-F:.]*(%.*)?$/.test(host) ? 6 : null
}

/** Two listeners may share a port only as an IPv4 and an IPv6 address. */
function checkPorts(endpoints: readonly Endpoint[], text: string): void {
  for (const port of new Set(endpoints.map((endpoint) => endpoint.port))) {
    const sharing = endpoints.filter((endpoint) => endpoint.port === port)
    if (port === 0 || sharing.length === 1) continue
    const versions = sharing.map(({ host }) => ipVersion(host)).filter((version) => version !== null)
    demand(versions.length > 0, `Each listener must have a different port, listeners: ${text}`)
    if (versions.length !== 2) {
      throw new ConfigRuleError(
        'Each listener must have a different port unless exactly one listener has an IPv4 address and the other ' +
          `IPv6 address, listeners: ${text}, port: ${port}`,
      )
    }
    demand(
      versions[0] !== versions[1] && sharing.length === 2,
      'If you have two listeners on the same port then one needs to be IPv4 and the other IPv6, ' +
        `listeners: ${text}, port: ${port}`,
    )
  }
}

function checkNames({
  listeners,
  advertised,
  interBrokerListener,
  controlPlaneListenerName,
}: BrokerEndpoints): void {
  const names = listeners.map(({ listenerName }) => listenerName)
  const advertisedNames = advertised.map(({ listenerName }) => listenerName)
  const options = `The valid options based on currently configured listeners are ${advertisedNames.join(',')}`
  demand(advertised.length > 0, 'There must be at least one broker advertised listener.')
  demand(
    advertisedNames.includes(interBrokerListener.name),
    `inter.broker.listener.name must be a listener name defined in advertised.listeners. ${options}`,
  )
  demand(
    advertisedNames.every((name) => names.includes(name)),
    'advertised.listeners listener names must be equal to or a subset of the ones defined in listeners. Found ' +
      `${advertisedNames.join(',')}. The valid options based on the current configuration are ${names.join(',')}`,
  )
  demand(
    !advertised.some(({ host }) => host === '0.0.0.0'),
    'advertised.listeners cannot use the nonroutable meta-address 0.0.0.0. Use a routable IP address.',
  )
  if (controlPlaneListenerName === null) return
  demand(
    advertisedNames.includes(controlPlaneListenerName),
    `control.plane.listener.name must be a listener name defined in advertised.listeners. ${options}`,
  )
  demand(
    controlPlaneListenerName !== interBrokerListener.name,
    'control.plane.listener.name, when defined, should have a different value from the inter broker listener name. ' +
      `Currently they both have the value ListenerName(${controlPlaneListenerName})`,
  )
}
