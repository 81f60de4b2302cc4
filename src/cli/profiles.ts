import { DiskError, type Disk } from '../platform/disk.ts'
import { CliError } from './cli-error.ts'
import { writeTextFile } from './text-file.ts'

/** A cluster by name. */
export interface Profile {
  /** `host:port,…` of brokers; null when it names an ensemble only. */
  readonly bootstrap: string | null
  /** `host:port,…/chroot`. */
  readonly zookeeper: string | null
}

export interface Profiles {
  /** What goes for commands that name none. */
  readonly current: string | null
  readonly profiles: ReadonlyMap<string, Profile>
}

type Environment = Readonly<Record<string, string | undefined>>

const MAX_BYTES = 1024 * 1024

/** Where profiles are kept: below `$XDG_CONFIG_HOME`, else `~/.config`. */
export function profilesPath(environment: Environment): string {
  const { XDG_CONFIG_HOME: configHome, HOME: home = '.' } = environment
  const base = configHome === undefined || configHome === '' ? `${home}/.config` : configHome
  return `${base}/zurau/profiles.json`
}

/** Throws CliError when the file is not what this program writes. */
export function readProfiles(disk: Disk, environment: Environment): Profiles {
  const path = profilesPath(environment)
  let text: string
  try {
    text = disk.readSmallFile(path, MAX_BYTES).toString('utf8')
  } catch (error) {
    if (error instanceof DiskError && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
      return { current: null, profiles: new Map() }
    }
    throw error
  }
  try {
    return parseProfiles(JSON.parse(text))
  } catch (error) {
    throw new CliError(`${path} cannot be understood: ${(error as Error).message}`, {
      advice: 'mend it, or remove it and add the profiles again',
      cause: error,
    })
  }
}

/** Replaces the file in one step. */
export async function writeProfiles(disk: Disk, environment: Environment, profiles: Profiles): Promise<void> {
  const path = profilesPath(environment)
  const directory = path.slice(0, path.lastIndexOf('/'))
  disk.makeDirectory(directory)
  const content = { current: profiles.current, profiles: Object.fromEntries(profiles.profiles) }
  await writeTextFile(disk, path, `${JSON.stringify(content, null, 2)}\n`)
}

/** The profile that a command shall use: the one it names, `$ZURAU_PROFILE`, or the current one. */
export function chosenProfile(
  disk: Disk,
  environment: Environment,
  named: string | undefined,
): Profile | null {
  const { ZURAU_PROFILE: fromEnvironment } = environment
  const { current, profiles } = readProfiles(disk, environment)
  const name = named ?? (fromEnvironment === '' ? undefined : fromEnvironment) ?? current
  if (name === null || name === undefined) return null
  const profile = profiles.get(name)
  if (profile !== undefined) return profile
  const known = [...profiles.keys()].join(', ')
  throw new CliError(`there is no profile ${name}${known === '' ? '' : `; there are: ${known}`}`, {
    advice: `make it: zurau profile add ${name} --bootstrap-server host:port`,
    exitCode: 2,
  })
}

function parseProfiles(value: unknown): Profiles {
  const { current = null, profiles = {} } = object(value, 'it')
  if (current !== null && typeof current !== 'string') throw new TypeError('current is not a name')
  const entries = Object.entries(object(profiles, 'profiles')).map(([name, profile]) => {
    const { bootstrap = null, zookeeper = null } = object(profile, `profile ${name}`)
    return [name, { bootstrap: text(bootstrap, name), zookeeper: text(zookeeper, name) }] as const
  })
  return { current, profiles: new Map(entries) }
}

function object(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>
  throw new TypeError(`${what} is not an object`)
}

function text(value: unknown, name: string): string | null {
  if (value === null || typeof value === 'string') return value
  throw new TypeError(`profile ${name} has something else than text in it`)
}
