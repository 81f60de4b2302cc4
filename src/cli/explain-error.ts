import { KafkaError, type ErrorName } from '../model/errors.ts'
import { DiskError } from '../platform/disk.ts'
import { NetworkError } from '../platform/network.ts'
import { CliError, type CliErrorOptions } from './cli-error.ts'

type Explanation = Pick<CliErrorOptions, 'advice' | 'fault'>

/** What to do about what a broker answered. */
const KAFKA_ADVICE: Readonly<Partial<Record<ErrorName, Explanation>>> = {
  NETWORK_EXCEPTION: {
    advice: 'is a broker running there? Try: zurau dev, or name another with -b host:port',
    fault: 'ZU1601',
  },
  UNKNOWN_TOPIC_OR_PARTITION: { advice: 'see what there is: zurau topics list', fault: 'ZU1501' },
  TOPIC_ALREADY_EXISTS: { advice: 'look at it: zurau topics describe NAME' },
  INVALID_REPLICATION_FACTOR: {
    advice: 'start more brokers, or ask for fewer replicas: --replicas N',
    fault: 'ZU1506',
  },
  NOT_CONTROLLER: { advice: 'one will be elected when a broker reaches ZooKeeper; see zurau health' },
  LEADER_NOT_AVAILABLE: { advice: 'see which broker is missing: zurau health' },
  UNSUPPORTED_VERSION: { advice: 'the broker is too old for this, or does not offer it yet' },
  MESSAGE_TOO_LARGE: { advice: 'raise max.message.bytes of the topic, or send less at once' },
  NOT_ENOUGH_REPLICAS: {
    advice: 'bring the missing replicas back (zurau health), or lower min.insync.replicas',
  },
  REQUEST_TIMED_OUT: { advice: 'the cluster may be busy or settling: zurau health' },
  TOPIC_DELETION_DISABLED: { advice: 'set delete.topic.enable=true on the brokers' },
}

/**
 * What to tell the person at the terminal about something thrown; null for what nobody foresaw, which deserves its
 * stack. Errors of parts that are loaded lazily go by their names.
 */
export function explainError(thrown: unknown): CliError | null {
  if (thrown instanceof CliError) return thrown
  if (!(thrown instanceof Error)) return null
  if (thrown instanceof KafkaError) {
    const { advice, fault } = KAFKA_ADVICE[thrown.error] ?? {}
    return new CliError(thrown.message, {
      ...(advice === undefined ? {} : { advice }),
      ...(fault === undefined ? {} : { fault }),
      cause: thrown,
    })
  }
  if (thrown instanceof DiskError)
    return new CliError(`${thrown.path}: ${meaningOf(thrown)}`, { cause: thrown })
  if (thrown instanceof NetworkError) return new CliError(thrown.message, { cause: thrown })
  if ((thrown as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') {
    const name = /'([^']+)'/.exec(thrown.message)?.[1] ?? 'a package'
    return new CliError(`${name} is not installed beside zurau: this compression needs it`, {
      advice: 'install the package zurau instead of copying its file, or use zstd, gzip or none',
      cause: thrown,
    })
  }
  switch (thrown.name) {
    case 'ZooKeeperUnavailableError':
      return new CliError(thrown.message, {
        advice: 'check the address (host:port/chroot), and that the ensemble has a quorum',
        fault: 'ZU1201',
        cause: thrown,
      })
    case 'ZooKeeperError':
    case 'MalformedZnodeError':
      return new CliError(thrown.message, { cause: thrown })
    case 'ConnectStringError':
      return new CliError(thrown.message, {
        advice: 'write host:port[,host:port..][/chroot]',
        exitCode: 2,
        cause: thrown,
      })
    default:
      return null
  }
}

function meaningOf(error: DiskError): string {
  switch (error.code) {
    case 'ENOENT':
      return 'there is no such file'
    case 'EACCES':
      return 'permission denied'
    case 'EISDIR':
      return 'is a directory'
    case 'EROFS':
      return 'the file system is read-only'
    case 'ENOSPC':
      return 'the disk is full'
    case 'ENOTDIR':
      return 'a part of the path is not a directory'
    case 'EEXIST':
      return 'exists already'
    case 'EIO':
    case 'EMFILE':
    case 'ENOTEMPTY':
    case 'OTHER':
      return error.message
  }
}
