import {
  brokerConfig,
  brokerConfigs,
  clientConfig,
  clientConfigs,
  ipConfig,
  ipConfigs,
  topicConfig,
  topicConfigs,
  userClientConfig,
  userConfig,
  userConfigs,
} from '../znodes/config.ts'

/** What has settings of its own. A null name stands for all of the type that have none (`<default>` on disk). */
export type ConfigEntity =
  | { readonly type: 'topics'; readonly name: string }
  | { readonly type: 'brokers'; readonly name: string | null }
  | { readonly type: 'clients'; readonly name: string | null }
  | { readonly type: 'ips'; readonly name: string | null }
  | { readonly type: 'users'; readonly name: string | null }
  | { readonly type: 'user-clients'; readonly user: string | null; readonly client: string | null }

export type ConfigEntityType = 'topics' | 'brokers' | 'clients' | 'ips' | 'users'

const rootOfType: Record<ConfigEntityType, string> = {
  topics: topicConfigs.at(),
  brokers: brokerConfigs.at(),
  clients: clientConfigs.at(),
  ips: ipConfigs.at(),
  users: userConfigs.at(),
}

const CONFIG_ROOT = '/config/'
const DEFAULT_IP = '<default>'

/** The znode that holds all entities of a type. */
export function entityRoot(type: ConfigEntityType): string {
  return rootOfType[type]
}

/** Where an entity's settings are. */
export function entityPath(entity: ConfigEntity): string {
  switch (entity.type) {
    case 'topics':
      return topicConfig.at({ topic: entity.name })
    case 'brokers':
      return brokerConfig.at({ broker: entity.name })
    case 'clients':
      return clientConfig.at({ client: entity.name })
    case 'ips':
      return ipConfig.at({ ip: entity.name ?? DEFAULT_IP })
    case 'users':
      return userConfig.at({ user: entity.name })
    case 'user-clients':
      return userClientConfig.at({ user: entity.user, client: entity.client })
  }
}

/** As change notifications name it: `topics/orders`, `users/alice/clients/<default>`. */
export function entityName(entity: ConfigEntity): string {
  return entityPath(entity).slice(CONFIG_ROOT.length)
}

/** The entity of a notification; null for a type that is not known here. */
export function parseEntityName(name: string): ConfigEntity | null {
  const path = `${CONFIG_ROOT}${name}`
  const topic = topicConfig.match(path)
  if (topic !== null) return { type: 'topics', name: topic.topic }
  const broker = brokerConfig.match(path)
  if (broker !== null) return { type: 'brokers', name: broker.broker }
  const client = clientConfig.match(path)
  if (client !== null) return { type: 'clients', name: client.client }
  const ip = ipConfig.match(path)
  if (ip !== null) return { type: 'ips', name: ip.ip === DEFAULT_IP ? null : ip.ip }
  const user = userConfig.match(path)
  if (user !== null) return { type: 'users', name: user.user }
  const both = userClientConfig.match(path)
  return both === null ? null : { type: 'user-clients', ...both }
}
