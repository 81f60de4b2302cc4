import { KafkaError } from '../model/errors.ts'
import type { ConfigStore } from '../../zk/stores/config-store.ts'
import type { EntityConfig } from '../../zk/znodes/config.ts'
import {
  MAX_SCRAM_ITERATIONS,
  parseScramCredential,
  printScramCredential,
  SCRAM_MECHANISMS,
  scramCredential,
  scramMechanismOf,
  type ScramMechanism,
} from './scram-credential.ts'

export interface ScramDeletion {
  readonly name: string
  /** The mechanism's number on the wire. */
  readonly mechanism: number
}

export interface ScramUpsertion extends ScramDeletion {
  readonly iterations: number
  readonly salt: Buffer
  readonly saltedPassword: Buffer
}

/** What became of one user: null when all went well. What is no KafkaError was not expected. */
export interface ScramOutcome {
  readonly user: string
  readonly error: unknown
}

export type DescribedScramUser =
  | { readonly user: string; readonly error: KafkaError }
  | {
      readonly user: string
      readonly error: null
      readonly credentials: readonly { readonly mechanism: number; readonly iterations: number }[]
    }

const NO_NAME = 'Username must not be empty'

/**
 * SCRAM credentials of users in ZooKeeper, where every broker finds them. A user's quotas in the same znode stay what
 * they are. Source: kafka.server.ZkAdminManager.alterUserScramCredentials, describeUserScramCredentials (3.9); KIP-554.
 */
export class ScramAdmin {
  private readonly store: ConfigStore

  constructor(options: { store: ConfigStore }) {
    this.store = options.store
  }

  /** All or nothing of each user; users that are refused from the start come first. */
  async alter(
    deletions: readonly ScramDeletion[],
    upsertions: readonly ScramUpsertion[],
  ): Promise<ScramOutcome[]> {
    const outcomes: ScramOutcome[] = [
      ...upsertions.flatMap((each) => refused(each, faultOfUpsertion(each))),
      ...deletions.flatMap((each) => refused(each, faultOfName(each))),
    ]
    const users = new Set([...upsertions, ...deletions].map(({ name }) => name))
    for (const { user } of outcomes) users.delete(user)
    const pairs = [...upsertions, ...deletions].map(({ name, mechanism }) => `${mechanism} ${name}`)
    const twice = new Set(pairs.filter((pair, index) => pairs.indexOf(pair) !== index))
    for (const user of users) {
      if (!SCRAM_MECHANISMS.some(({ code }) => twice.has(`${code} ${user}`))) continue
      const message = 'A user credential cannot be altered twice in the same request'
      outcomes.push({ user, error: new KafkaError('DUPLICATE_RESOURCE', message) })
      users.delete(user)
    }
    for (const user of users) {
      const isOfUser = ({ name }: ScramDeletion): boolean => name === user
      const error = await this.alterUser(user, deletions.filter(isOfUser), upsertions.filter(isOfUser))
      outcomes.push({ user, error })
    }
    return outcomes
  }

  private async alterUser(
    user: string,
    deletions: readonly ScramDeletion[],
    upsertions: readonly ScramUpsertion[],
  ): Promise<unknown> {
    try {
      await this.store.update({ type: 'users', name: user }, (current) => {
        const next = new Map(current)
        for (const { mechanism } of deletions) {
          if (next.delete(mechanismOf(mechanism).name)) continue
          throw new KafkaError(
            'RESOURCE_NOT_FOUND',
            'Attempt to delete a user credential that does not exist',
          )
        }
        for (const upsertion of upsertions) {
          const mechanism = mechanismOf(upsertion.mechanism)
          next.set(mechanism.name, printScramCredential(scramCredential(mechanism, upsertion)))
        }
        return next
      })
      return null
    } catch (error) {
      return error
    }
  }

  /** Users with credentials, without the secrets; null and nobody stand for all, who then come by name. */
  async describe(names: readonly string[] | null): Promise<DescribedScramUser[]> {
    if (names === null || names.length === 0) return this.describeAll()
    const described: DescribedScramUser[] = []
    for (const user of new Set(names)) described.push(await this.describeOne(user, names))
    return described
  }

  private async describeAll(): Promise<DescribedScramUser[]> {
    const described: DescribedScramUser[] = []
    for (const { entity, config } of await this.store.readAll('users')) {
      if (entity.type === 'users' && entity.name !== null && hasCredential(config)) {
        described.push(describedUser(entity.name, config))
      }
    }
    return described.sort(({ user: one }, { user: other }) => (one < other ? -1 : 1))
  }

  private async describeOne(user: string, names: readonly string[]): Promise<DescribedScramUser> {
    if (user === '') return { user, error: new KafkaError('RESOURCE_NOT_FOUND', NO_NAME) }
    if (names.indexOf(user) !== names.lastIndexOf(user)) {
      const message = `Cannot describe SCRAM credentials for the same user twice in a single request: ${user}`
      return { user, error: new KafkaError('DUPLICATE_RESOURCE', message) }
    }
    const config = await this.store.read({ type: 'users', name: user })
    if (hasCredential(config)) return describedUser(user, config)
    const message = `Attempt to describe a user credential that does not exist: ${user}`
    return { user, error: new KafkaError('RESOURCE_NOT_FOUND', message) }
  }
}

function hasCredential(config: EntityConfig): boolean {
  return SCRAM_MECHANISMS.some(({ name }) => config.has(name))
}

function describedUser(user: string, config: EntityConfig): DescribedScramUser {
  const credentials: { mechanism: number; iterations: number }[] = []
  for (const { name, code } of SCRAM_MECHANISMS) {
    const text = config.get(name)
    if (text === undefined) continue
    const credential = parseScramCredential(text)
    if (credential === null) return { user, error: new KafkaError('UNKNOWN_SERVER_ERROR') }
    credentials.push({ mechanism: code, iterations: credential.iterations })
  }
  return { user, error: null, credentials }
}

function refused({ name }: ScramDeletion, error: KafkaError | null): ScramOutcome[] {
  return error === null ? [] : [{ user: name, error }]
}

function faultOfName({ name, mechanism }: ScramDeletion): KafkaError | null {
  if (name === '') return new KafkaError('UNACCEPTABLE_CREDENTIAL', NO_NAME)
  if (scramMechanismOf(mechanism) !== null) return null
  return new KafkaError('UNSUPPORTED_SASL_MECHANISM', 'Unknown SCRAM mechanism')
}

function faultOfUpsertion(upsertion: ScramUpsertion): KafkaError | null {
  const fault = faultOfName(upsertion)
  if (fault !== null) return fault
  const { iterations, mechanism, saltedPassword } = upsertion
  if (iterations > MAX_SCRAM_ITERATIONS) {
    return new KafkaError('UNACCEPTABLE_CREDENTIAL', 'Too many iterations')
  }
  if (iterations < mechanismOf(mechanism).minIterations) {
    return new KafkaError('UNACCEPTABLE_CREDENTIAL', 'Too few iterations')
  }
  // Unlike Kafka, which fails with UNKNOWN_SERVER_ERROR: nothing can be keyed with no bytes at all.
  return saltedPassword.length > 0
    ? null
    : new KafkaError('UNACCEPTABLE_CREDENTIAL', 'The salted password must not be empty')
}

/** Of a code that was checked before. */
function mechanismOf(code: number): ScramMechanism {
  const mechanism = scramMechanismOf(code)
  if (mechanism === null) throw new KafkaError('UNSUPPORTED_SASL_MECHANISM', 'Unknown SCRAM mechanism')
  return mechanism
}
