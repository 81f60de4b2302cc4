import { readEnvironment } from '../config/environment.ts'
import { LiveBrokerConfig } from '../config/live-config.ts'
import { parsePropertiesFile, type PropertiesFile } from '../config/properties-file.ts'
import { resolveStaticConfig, type StaticConfig } from '../config/resolve.ts'
import { DiskError, type Disk } from '../platform/disk.ts'
import { CliError } from './cli-error.ts'

const MAX_FILE_BYTES = 1024 * 1024

/** A broker's configuration from file, environment and `--override`, with what is to be said about it. */
export interface LoadedConfig {
  readonly config: LiveBrokerConfig
  readonly resolved: StaticConfig
}

/** Throws CliError with every fault in it, a line each. */
export function loadBrokerConfig(options: {
  disk: Disk
  /** `server.properties`; null for none. */
  path: string | null
  environment: Readonly<Record<string, string | undefined>>
  /** `key=value`, each. */
  overrides: readonly string[]
}): LoadedConfig {
  const { disk, path, overrides } = options
  const file = path === null ? null : readProperties(disk, path)
  const environment = readEnvironment(options.environment)
  const fileTexts = new Map<string, string>()
  for (const { path: named, variable } of environment.inFiles) {
    const [first = ''] = readText(disk, named, `named by ${variable}`).split('\n')
    fileTexts.set(named, first)
  }
  const resolved = resolveStaticConfig({ file, environment, fileTexts, overrides })
  if (resolved.faults.length > 0) {
    throw new CliError(resolved.faults.join('\n'), { advice: 'correct the configuration and start again' })
  }
  return { config: new LiveBrokerConfig(resolved.properties), resolved }
}

function readProperties(disk: Disk, path: string): PropertiesFile {
  return parsePropertiesFile(path, readText(disk, path, 'the properties file'))
}

function readText(disk: Disk, path: string, what: string): string {
  try {
    return disk.readSmallFile(path, MAX_FILE_BYTES).toString('utf8')
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
    throw new CliError(`${path}, ${what}, cannot be read: ${error.message}`, { exitCode: 2, cause: error })
  }
}
