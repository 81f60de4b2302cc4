import { StartupError } from '../broker/startup-error.ts'
import { DirectoryLockedError } from '../log/log-directory.ts'
import { InconsistentMetadataError } from '../log/meta-properties.ts'
import { DiskError } from '../platform/disk.ts'
import { NetworkError } from '../platform/network.ts'
import { CliError, type CliErrorOptions } from './cli-error.ts'

/** Why a broker did not start, for the person at the terminal; null for what nobody foresaw. */
export function explainStartup(error: unknown): CliError | null {
  if (error instanceof CliError) return error
  const cause = error instanceof StartupError ? (error.cause ?? error) : error
  const known = faultOf(cause)
  if (!(error instanceof StartupError)) {
    return known === null ? null : new CliError((error as Error).message, { ...known, cause: error })
  }
  const message = cause instanceof DiskError ? diskMessage(cause) : error.message
  return new CliError(message, { advice: error.advice, ...known, cause: error })
}

function faultOf(cause: unknown): Pick<CliErrorOptions, 'advice' | 'fault'> | null {
  if (cause instanceof NetworkError) {
    if (cause.code === 'EADDRINUSE') {
      return {
        fault: 'ZU1002',
        advice: 'stop what listens there, or choose another port in listeners and advertised.listeners',
      }
    }
    if (cause.code === 'EACCES')
      return { advice: 'ports below 1024 need special rights: choose another in listeners' }
    return { advice: 'correct the host in listeners: it must be a name or an address of this machine' }
  }
  if (cause instanceof DirectoryLockedError) return { fault: 'ZU1305' }
  if (cause instanceof InconsistentMetadataError) return { fault: 'ZU1304' }
  if (cause instanceof DiskError) {
    if (cause.code === 'ENOSPC')
      return { fault: 'ZU1307', advice: 'make room on the disk, or use other log.dirs' }
    return {
      fault: 'ZU1306',
      advice: 'see that the directories in log.dirs exist or can be made, and can be written by this user',
    }
  }
  if (!(cause instanceof Error)) return null
  switch (cause.name) {
    case 'ZooKeeperUnavailableError':
      return {
        fault: /no answer|did not answer|silent/.test(cause.message) ? 'ZU1203' : 'ZU1201',
        advice:
          'check zookeeper.connect, and that the ensemble has a quorum: zurau doctor --zookeeper HOST:PORT',
      }
    case 'ConnectStringError':
      return { advice: 'zookeeper.connect is host:port[,host:port..][/chroot]' }
    case 'BrokerIdInUseError':
      return { fault: 'ZU1102' }
    default:
      return null
  }
}

/** Some messages of the disk begin with the path already. */
function diskMessage({ path, message }: DiskError): string {
  return message.startsWith(path) ? message : `${path}: ${message}`
}
