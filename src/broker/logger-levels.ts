import type { LoggerControl } from '../api/incremental-alter-configs.ts'
import type { LoggerLevel } from '../config/loggers.ts'
import type { LogLevel, LogLevels } from '../platform/logger.ts'

const ROOT = 'root'

/** Components of which operators know the logger of Kafka's; others are called `zurau.` and their name. */
const KAFKA_NAMES: Readonly<Record<string, string>> = {
  Router: 'kafka.server.KafkaApis',
  ReplicaManager: 'kafka.server.ReplicaManager',
  LogManager: 'kafka.log.LogManager',
  LogCleaner: 'kafka.log.LogCleaner',
  Controller: 'kafka.controller.KafkaController',
  SocketServer: 'kafka.network.SocketServer',
  ConfigChanges: 'kafka.common.ZkNodeChangeNotificationListener',
  DynamicConfig: 'kafka.server.DynamicBrokerConfig',
  IsrProposals: 'kafka.server.AlterPartitionManager',
  GroupCoordinator: 'kafka.coordinator.group.GroupCoordinator',
  ZooKeeper: 'kafka.zookeeper.ZooKeeperClient',
}

/**
 * The loggers of this broker by the names that administrators use. A level holds for the logger and, as in log4j, for
 * those whose names continue its own after a dot. Lives as long as the process.
 * Source: kafka.utils.Log4jController; KIP-412.
 */
export class LoggerLevels implements LoggerControl {
  private readonly target: LogLevels
  private root: LoggerLevel
  private readonly set = new Map<string, LoggerLevel>()

  constructor(options: { target: LogLevels; level: LogLevel }) {
    this.target = options.target
    this.root = options.level.toUpperCase() as LoggerLevel
  }

  /** Every logger with the level that is in force for it. */
  levels(): ReadonlyMap<string, LoggerLevel> {
    const names = [...Object.values(KAFKA_NAMES), ...Array.from(this.target.components(), loggerName)]
    return new Map([[ROOT, this.root] as const, ...names.map((name) => [name, this.levelOf(name)] as const)])
  }

  change(levels: ReadonlyMap<string, LoggerLevel | null>): void {
    for (const [name, level] of levels) {
      if (level === null) this.set.delete(name)
      else if (name === ROOT) this.root = level
      else this.set.set(name, level)
    }
    this.target.setLevel(portLevel(this.root))
    for (const component of new Set([...Object.keys(KAFKA_NAMES), ...this.target.components()])) {
      const level = this.ownLevelOf(loggerName(component))
      this.target.setComponentLevel(component, level === null ? null : portLevel(level))
    }
  }

  private levelOf(name: string): LoggerLevel {
    return this.ownLevelOf(name) ?? this.root
  }

  /** Set for it, or for the nearest of its ancestors. */
  private ownLevelOf(name: string): LoggerLevel | null {
    for (let end = name.length; end > 0; end = name.lastIndexOf('.', end - 1)) {
      const level = this.set.get(name.slice(0, end))
      if (level !== undefined) return level
    }
    return null
  }
}

/** For a platform whose log has one level for ever. */
export const FIXED_LOG_LEVELS: LogLevels = {
  components: () => [],
  setLevel: () => undefined,
  setComponentLevel: () => undefined,
}

function loggerName(component: string): string {
  const known = Object.hasOwn(KAFKA_NAMES, component) ? KAFKA_NAMES[component] : undefined
  return known ?? `zurau.${component}`
}

function portLevel(level: LoggerLevel): LogLevel {
  return level.toLowerCase() as LogLevel
}
