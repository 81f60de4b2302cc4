/** A server of the ensemble. */
export interface ServerAddress {
  /** A name, an IPv4 address, or an IPv6 address without brackets. */
  readonly host: string
  readonly port: number
}

/** The meaning of `zookeeper.connect`. */
export interface ConnectString {
  /** At least one. */
  readonly servers: readonly ServerAddress[]
  /** The path that all of ours are below: `/kafka`, or the empty text for none. */
  readonly chroot: string
}

export class ConnectStringError extends Error {
  override readonly name = 'ConnectStringError'

  constructor(text: string, fault: string) {
    super(`zookeeper.connect=${text}: ${fault}`)
  }
}

const DEFAULT_PORT = 2181

/**
 * The parts of `host1:2181,[::1]:2182/chroot`. The port may be left out; the chroot is written once, after the last
 * server, and holds for all of them. Throws ConnectStringError.
 * Source: Apache ZooKeeper ConnectStringParser.
 */
export function parseConnectString(text: string): ConnectString {
  const slash = text.indexOf('/')
  const list = slash === -1 ? text : text.slice(0, slash)
  const servers = list
    .split(',')
    .map((server) => server.trim())
    .filter((server) => server !== '')
    .map((server) => parseServer(text, server))
  if (servers.length === 0) throw new ConnectStringError(text, 'it names no server')
  return { servers, chroot: slash === -1 ? '' : parseChroot(text, text.slice(slash).trim()) }
}

function parseServer(text: string, server: string): ServerAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+(?:%[^\]]+)?)\]|([^:[\]\s]+))(?::([0-9]+))?$/.exec(server)
  if (match === null) {
    const hint = server.split(':').length > 2 ? '; an IPv6 address needs brackets' : ''
    throw new ConnectStringError(text, `"${server}" is not host:port${hint}`)
  }
  const port = match[3] === undefined ? DEFAULT_PORT : Number(match[3])
  if (port < 1 || port > 65_535) throw new ConnectStringError(text, `${match[3]} is not a port`)
  return { host: match[1] ?? match[2] ?? '', port }
}

function parseChroot(text: string, path: string): string {
  if (path === '/') return ''
  if (path.includes(',')) throw new ConnectStringError(text, 'the chroot belongs after the last server')
  if (/\/(\.{0,2})(\/|$)/.test(path)) throw new ConnectStringError(text, `${path} is not a path`)
  return path
}
