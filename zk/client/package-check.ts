import packageJson from 'node-zookeeper-client/package.json' with { type: 'json' }
import ConnectionManager from 'node-zookeeper-client/lib/ConnectionManager.js'
import jute from 'node-zookeeper-client/lib/jute/index.js'
import { OPERATION } from './requests.ts'

/** The one version that is built on. Its inner parts are used, so that no other will do without a look at them. */
const EXPECTED_VERSION = '1.1.3'

/** What Link takes over from the package's connection, or relies on. */
const EXPECTED_METHODS = [
  'addAuthInfo',
  'cleanupPendingQueue',
  'close',
  'connect',
  'findNextServer',
  'getSessionId',
  'getSessionPassword',
  'getSessionTimeout',
  'onPacketQueueReadable',
  'onSocketClosed',
  'onSocketConnectTimeout',
  'onSocketConnected',
  'onSocketData',
  'onSocketDrain',
  'onSocketError',
  'onSocketTimeout',
  'queue',
  'registerChildWatcher',
  'registerDataWatcher',
  'registerExistenceWatcher',
  'setState',
  'updateTimeout',
]

const EXPECTED_RECORDS = [
  'AuthPacket',
  'CreateRequest',
  'DeleteRequest',
  'ExistsRequest',
  'GetACLRequest',
  'GetChildren2Request',
  'GetDataRequest',
  'RequestHeader',
  'SetACLRequest',
  'SetDataRequest',
  'SetWatches',
]

/** What of the installed package is looked at. */
export interface InstalledPackage {
  readonly version: string
  readonly methods: readonly string[]
  readonly records: readonly string[]
  readonly operationCodes: Readonly<Record<string, number>>
}

export function installedPackage(): InstalledPackage {
  return {
    version: packageJson.version,
    methods: Object.keys(ConnectionManager.prototype),
    records: Object.keys(jute.protocol),
    operationCodes: jute.OP_CODES,
  }
}

/** What is not as expected about the package, in words; null when all is. */
export function packageFault(found: InstalledPackage): string | null {
  if (found.version !== EXPECTED_VERSION) {
    return `version ${found.version} is installed, ${EXPECTED_VERSION} is needed`
  }
  const strangers = found.methods.filter((name) => !EXPECTED_METHODS.includes(name))
  if (strangers.length > 0) return `its connection has unknown methods: ${strangers.join(', ')}`
  const missing = [
    ...EXPECTED_METHODS.filter((name) => !found.methods.includes(name)),
    ...EXPECTED_RECORDS.filter((name) => !found.records.includes(name)),
  ]
  if (missing.length > 0) return `it has no ${missing.join(', ')}`
  return operationFault(found.operationCodes)
}

function operationFault(codes: InstalledPackage['operationCodes']): string | null {
  const pairs: [string, number][] = [
    ['CREATE', OPERATION.create],
    ['DELETE', OPERATION.delete],
    ['SET_DATA', OPERATION.setData],
    ['CHECK', OPERATION.check],
    ['MULTI', OPERATION.multi],
    ['CLOSE_SESSION', OPERATION.closeSession],
  ]
  const wrong = pairs.find(([name, code]) => codes[name] !== code)
  return wrong === undefined ? null : `it numbers ${wrong[0]} ${codes[wrong[0]]}, not ${wrong[1]}`
}

/** Throws when the installed node-zookeeper-client is not the one that this client is built on. */
export function checkPackage(): void {
  const fault = packageFault(installedPackage())
  if (fault !== null) throw new Error(`node-zookeeper-client cannot be used: ${fault}`)
}
