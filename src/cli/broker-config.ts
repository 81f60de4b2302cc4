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

export interface ConfigPlaces {
  readonly disk: Disk
  /** `server.properties`; null for none. */
  readonly path: string | null
  readonly environment: Readonly<Record<string, string | undefined>>
  /** `key=value`, each. */
  readonly overrides: readonly string[]
}

/** Throws CliError with every fault in it, a line each. */
export function loadBrokerConfig(places: ConfigPlaces): LoadedConfig {
  const { resolved } = readBrokerConfig(places)
  if (resolved.faults.length > 0) {
    throw new CliError(resolved.faults.join('\n'), { advice: adviceOn(resolved.faults) })
  }
  return { config: new LiveBrokerConfig(resolved.properties), resolved }
}

function adviceOn(faults: readonly string[]): string {
  const isEnsembleMissing = faults.some((fault) => fault.includes('`zookeeper.connect`'))
  return isEnsembleMissing
    ? 'name the ensemble: zurau start --zookeeper host:port/chroot; or try a broker without one: zurau dev'
    : 'correct the configuration and start again'
}

/** What there is in all places, with its faults. Throws CliError only for a file that cannot be read. */
export function readBrokerConfig(options: ConfigPlaces): { readonly resolved: StaticConfig } {
  const { disk, path, overrides } = options
  const file = path === null ? null : readProperties(disk, path)
  const environment = readEnvironment(options.environment)
  const fileTexts = new Map<string, string>()
  for (const { path: named, variable } of environment.inFiles) {
    const [first = ''] = readText(disk, named, `named by ${variable}`).split('\n')
    fileTexts.set(named, first)
  }
  return { resolved: resolveStaticConfig({ file, environment, fileTexts, overrides }) }
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
