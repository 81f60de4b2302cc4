/** How a listener's bytes are protected, with the ids that UpdateMetadata puts on the wire. */
export const SECURITY_PROTOCOL_IDS = { PLAINTEXT: 0, SSL: 1, SASL_PLAINTEXT: 2, SASL_SSL: 3 } as const
export type SecurityProtocol = keyof typeof SECURITY_PROTOCOL_IDS

export function isSecurityProtocol(name: string): name is SecurityProtocol {
  return Object.hasOwn(SECURITY_PROTOCOL_IDS, name)
}

export function securityProtocolOfId(id: number): SecurityProtocol | null {
  for (const [name, value] of Object.entries(SECURITY_PROTOCOL_IDS)) {
    if (value === id && isSecurityProtocol(name)) return name
  }
  return null
}

/** Where a broker listens, or where it tells others to reach it. */
export interface Endpoint {
  readonly listenerName: string
  readonly securityProtocol: SecurityProtocol
  readonly host: string
  readonly port: number
}

/** `host:port`, an IPv6 address in brackets. */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** `LISTENER://host:port`, as `/brokers/ids/N` and `listeners` spell it. */
export function formatEndpoint(endpoint: Endpoint): string {
  return `${endpoint.listenerName}://${hostPort(endpoint.host, endpoint.port)}`
}

/** The parts of `LISTENER://host:port`; the host may be empty, an IPv6 address stands in brackets. Null when malformed. */
export function parseEndpointText(text: string): { listenerName: string; host: string; port: number } | null {
  const match = /^([^:/]+):\/\/(?:\[([0-9a-fA-F:.%a-zA-Z]+)\]|([^:[\]]*)):(-?[0-9]+)$/.exec(text.trim())
  if (!match) return null
  const port = Number(match[4])
  if (!Number.isInteger(port) || port > 65_535) return null
  return { listenerName: match[1] ?? '', host: match[2] ?? match[3] ?? '', port }
}
