import type { CheckedConfig } from './config.ts'
import type { Connection } from './connection.ts'
import type { Database } from './database.ts'
import type { LatencyStats } from './latency-stats.ts'
import type { WatchedPaths, WatchTable } from './watch-table.ts'

/** What the commands tell of. */
export interface ServerView {
  readonly config: CheckedConfig
  readonly port: number
  readonly hostName: string
  readonly database: Database
  readonly watches: WatchTable<Connection>
  readonly connections: ReadonlySet<Connection>
  readonly latency: LatencyStats
  readonly received: number
  readonly sent: number
  readonly nowMs: number
  readonly monotonicMs: number
  readonly startedAtMs: number
  storageSizes(): { readonly snapshotBytes: number; readonly logBytes: number }
  resetStats(): void
  resetConnectionStats(): void
}

/** The version whose behaviour this server has. */
const VERSION = '3.8.0-zurau, built on 2022-02-25 08:49 UTC'

/** Commands by their four letters. Source: ZooKeeper 3.8 server.command. */
const COMMANDS: Readonly<Record<string, (server: ServerView) => string>> = {
  ruok: () => 'imok',
  isro: () => 'rw',
  srvr: (server) => lines([`Zookeeper version: ${VERSION}`, ...summary(server)]),
  stat: (server) =>
    lines([
      `Zookeeper version: ${VERSION}`,
      'Clients:',
      ...[...server.connections].map((connection) => `${client(connection)})`),
      '',
      ...summary(server),
    ]),
  cons: (server) =>
    lines([...[...server.connections].map((connection) => connectionDetails(connection, server)), '']),
  conf: configuration,
  mntr: (server) => lines(monitored(server).map(([key, value]) => `zk_${key}\t${value}`)),
  wchs: ({ watches: { data } }) =>
    lines([
      `${data.watcherCount} connections watching ${data.pathCount} paths`,
      `Total watches:${data.count}`,
    ]),
  wchc: ({ watches: { data } }) =>
    lines([
      ...[...data.byWatcher()].flatMap(([connection, paths]) => [session(connection), ...indented(paths)]),
      '',
    ]),
  wchp: ({ watches: { data } }) => lines([...watchersByPath(data), '']),
  dump: sessionsAndEphemerals,
  envi: (server) =>
    lines([
      'Environment:',
      `zookeeper.version=${VERSION}`,
      `host.name=${server.hostName}`,
      'server.name=zurau',
    ]),
  dirs: (server) => {
    const { snapshotBytes, logBytes } = server.storageSizes()
    return lines([`datadir_size: ${snapshotBytes}`, `logdir_size: ${logBytes}`])
  },
  srst: (server) => {
    server.resetStats()
    return lines(['Server stats reset.'])
  },
  crst: (server) => {
    server.resetConnectionStats()
    return lines(['Connection stats reset.'])
  },
}

/** The answer to a four-letter word, or null when `word` is none. `srvr` is answered whatever the whitelist says. */
export function answerFourLetterWord(word: string, server: ServerView): string | null {
  const command = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined
  if (command === undefined) return null
  const { fourLetterWords } = server.config
  const isAnswered = word === 'srvr' || fourLetterWords.includes('*') || fourLetterWords.includes(word)
  return isAnswered ? command(server) : `${word} is not executed because it is not in the whitelist.\n`
}

function summary({ database, connections, latency, received, sent }: ServerView): string[] {
  return [
    `Latency min/avg/max: ${latency.minMs}/${decimal(latency.averageMs)}/${latency.maxMs}`,
    `Received: ${received}`,
    `Sent: ${sent}`,
    `Connections: ${connections.size}`,
    `Outstanding: ${outstanding(connections)}`,
    `Zxid: 0x${database.zxid.toString(16)}`,
    'Mode: standalone',
    `Node count: ${nodeCount(database)}`,
  ]
}

function configuration(server: ServerView): string {
  const { config, port } = server
  const { snapshotBytes, logBytes } = server.storageSizes()
  const directory = config.dataDirectory ?? ''
  return lines([
    `clientPort=${port}`,
    'secureClientPort=-1',
    `dataDir=${directory}`,
    `dataDirSize=${snapshotBytes}`,
    `dataLogDir=${directory}`,
    `dataLogSize=${logBytes}`,
    `tickTime=${config.tickTimeMs}`,
    `maxClientCnxns=${config.maxClientConnections}`,
    `minSessionTimeout=${config.minSessionTimeoutMs}`,
    `maxSessionTimeout=${config.maxSessionTimeoutMs}`,
    'clientPortListenBacklog=-1',
    'serverId=0',
  ])
}

function monitored(server: ServerView): [string, string | number][] {
  const { database, latency, watches, connections } = server
  return [
    ['version', VERSION],
    ['server_state', 'standalone'],
    ['avg_latency', decimal(latency.averageMs)],
    ['max_latency', latency.maxMs],
    ['min_latency', latency.minMs],
    ['packets_received', server.received],
    ['packets_sent', server.sent],
    ['num_alive_connections', connections.size],
    ['outstanding_requests', outstanding(connections)],
    ['znode_count', nodeCount(database)],
    ['watch_count', watches.count],
    ['ephemerals_count', database.tree.ephemeralCount],
    ['approximate_data_size', database.tree.approximateBytes],
    ['global_sessions', database.sessions.count],
    ['uptime', Math.round(server.monotonicMs - server.startedAtMs)],
  ]
}

function sessionsAndEphemerals(server: ServerView): string {
  const { database, connections, nowMs, monotonicMs } = server
  const byExpiry = new Map<number, string[]>()
  for (const [id, expiresAtMs] of database.sessions.expiries()) {
    byExpiry.set(expiresAtMs, [...(byExpiry.get(expiresAtMs) ?? []), `\t${hexId(id)}`])
  }
  const owners = [...database.tree.ephemeralOwners()]
  return lines([
    'SessionTracker dump:',
    `Session Sets (${byExpiry.size})/(${database.sessions.count}):`,
    ...[...byExpiry].flatMap(([expiresAtMs, ids]) => [
      `${ids.length} expire at ${new Date(nowMs + expiresAtMs - monotonicMs).toUTCString()}:`,
      ...ids,
    ]),
    'ephemeral nodes dump:',
    `Sessions with Ephemerals (${owners.length}):`,
    ...owners.flatMap(([owner, paths]) => [`${hexId(owner)}:`, ...indented(paths)]),
    'Connections dump:',
    `Connections (${connections.size}):`,
    ...[...connections].map(
      ({ address, remotePort, sessionId }) =>
        `\tip: /${address}:${remotePort} sessionId: ${hexId(sessionId)}`,
    ),
  ])
}

function connectionDetails(connection: Connection, { nowMs, monotonicMs }: ServerView): string {
  const wallClock = (atMs: number) => Math.round(nowMs + atMs - monotonicMs)
  if (!connection.hasSession) return `${client(connection)})`
  const { latency, lastReply } = connection
  return [
    client(connection),
    `sid=${session(connection)}`,
    `lop=${connection.lastOperation}`,
    `est=${wallClock(connection.openedAtMs)}`,
    `to=${connection.timeoutMs}`,
    `lcxid=0x${(connection.lastXid >>> 0).toString(16)}`,
    `lzxid=0x${lastReply.zxid.toString(16)}`,
    `lresp=${wallClock(lastReply.atMs)}`,
    `llat=${latency.lastMs}`,
    `minlat=${latency.minMs}`,
    `avglat=${Math.round(latency.averageMs)}`,
    `maxlat=${latency.maxMs})`,
  ].join(',')
}

/** ` /address:port[interest](queued=…`, to be continued. The interest is Java's: 1 for reading. */
function client({ address, remotePort, outstanding: queued, received, sent }: Connection): string {
  return ` /${address}:${remotePort}[1](queued=${queued},recved=${received},sent=${sent}`
}

function watchersByPath(paths: WatchedPaths<Connection>): string[] {
  return [...paths.byPath()].flatMap(([path, connections]) => [
    path,
    ...indented([...connections].map(session)),
  ])
}

/** Java counts the root twice, and its readers expect that. */
function nodeCount({ tree }: Database): number {
  return tree.nodeCount + 1
}

function outstanding(connections: ReadonlySet<Connection>): number {
  let count = 0
  for (const connection of connections) count += connection.outstanding
  return count
}

const session = ({ sessionId }: Connection): string => hexId(sessionId)
const hexId = (id: bigint): string => `0x${BigInt.asUintN(64, id).toString(16)}`
const indented = (texts: Iterable<string>): string[] => [...texts].map((text) => `\t${text}`)
const lines = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join('')
/** At least one digit behind the point, at most four. */
const decimal = (value: number): string => value.toFixed(4).replace(/(\.\d+?)0+$/, '$1')
