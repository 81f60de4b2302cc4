import { KafkaError } from '../model/errors.ts'
import type { IncrementalEntry } from './alter.ts'
import type { ConfigEntry } from './describe.ts'
import { parseJavaInt } from './java-text.ts'
import { CONFIG_SOURCE_CODES } from './layers.ts'
import { UNKNOWN_TYPE_CODE } from './types.ts'

/**
 * Log levels as configuration, resource type BROKER_LOGGER (KIP-412). Levels have Kafka's names, in capitals.
 * Source: ConfigAdminManager.validateLogLevelConfigs, Log4jController.
 */
const LOGGER_LEVELS = ['DEBUG', 'ERROR', 'FATAL', 'INFO', 'TRACE', 'WARN'] as const
export type LoggerLevel = (typeof LOGGER_LEVELS)[number]

/** The logger of which all others take their level. */
const ROOT_LOGGER = 'root'

const OPERATION_NAMES = ['SET', 'DELETE', 'APPEND', 'SUBTRACT'] as const

/** The entries of a DescribeConfigs answer for the loggers of this broker. */
export function describeLoggers(
  levels: ReadonlyMap<string, LoggerLevel>,
  names: readonly string[] | null,
): ConfigEntry[] {
  const wanted = names === null || names.length === 0 ? null : new Set(names)
  return [...levels]
    .filter(([name]) => wanted === null || wanted.has(name))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, level]) => ({
      name,
      value: level,
      readOnly: false,
      isDefault: false,
      configSource: CONFIG_SOURCE_CODES.DYNAMIC_BROKER_LOGGER_CONFIG,
      isSensitive: false,
      synonyms: [],
      configType: UNKNOWN_TYPE_CODE,
      documentation: '',
    }))
}

/**
 * The changes that IncrementalAlterConfigs asks for: a level, or null to follow the root logger again. All or nothing:
 * throws KafkaError for the first entry that cannot be.
 */
export function alteredLoggers(
  levels: ReadonlyMap<string, LoggerLevel>,
  entries: readonly IncrementalEntry[],
): ReadonlyMap<string, LoggerLevel | null> {
  const changes = new Map<string, LoggerLevel | null>()
  for (const { name, configOperation, value } of entries) {
    const operation = OPERATION_NAMES[configOperation]
    switch (operation) {
      case undefined:
        throw new KafkaError('INVALID_REQUEST', `Unknown operations type ${configOperation}`)
      case 'SET':
        checkLogger(levels, name)
        changes.set(name, levelOf(name, value ?? ''))
        break
      case 'DELETE':
        checkLogger(levels, name)
        if (name === ROOT_LOGGER) {
          throw new KafkaError('INVALID_REQUEST', 'Removing the log level of the root logger is not allowed')
        }
        changes.set(name, null)
        break
      case 'APPEND':
      case 'SUBTRACT':
        throw new KafkaError(
          'INVALID_REQUEST',
          `${operation} operation is not allowed for the BROKER_LOGGER resource`,
        )
    }
  }
  return changes
}

function checkLogger(levels: ReadonlyMap<string, LoggerLevel>, name: string): void {
  if (!levels.has(name)) throw new KafkaError('INVALID_CONFIG', `Logger ${name} does not exist!`)
}

function levelOf(name: string, text: string): LoggerLevel {
  const level = LOGGER_LEVELS.find((candidate) => candidate === text)
  if (level !== undefined) return level
  throw new KafkaError(
    'INVALID_CONFIG',
    `Cannot set the log level of ${name} to ${text} as it is not a supported log level. ` +
      `Valid log levels are ${LOGGER_LEVELS.join(', ')}`,
  )
}

/** Checks that a request to alter loggers means this broker. Throws KafkaError. */
export function checkAlteredLoggersBroker(resourceName: string, brokerId: number): void {
  const id = parseJavaInt(resourceName)
  if (id === null)
    throw new KafkaError('INVALID_REQUEST', `Node id must be an integer, but it is: ${resourceName}`)
  if (id === brokerId) return
  // Kafka prints its own id twice; clients compare whole messages.
  throw new KafkaError(
    'INVALID_REQUEST',
    `Unexpected node id. Expected ${brokerId}, but received ${brokerId}`,
  )
}

/** Checks that a request to describe loggers means this broker. Throws KafkaError. */
export function checkDescribedLoggersBroker(resourceName: string, brokerId: number): void {
  if (resourceName === '') throw new KafkaError('INVALID_REQUEST', 'Broker id must not be empty')
  const id = parseJavaInt(resourceName)
  if (id === null)
    throw new KafkaError('INVALID_REQUEST', `Broker id must be an integer, but it is: ${resourceName}`)
  if (id === brokerId) return
  throw new KafkaError(
    'INVALID_REQUEST',
    `Unexpected broker id, expected ${brokerId} but received ${resourceName}`,
  )
}
