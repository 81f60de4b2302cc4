import { znode } from '../znode.ts'
import { json, nothing } from './codecs.ts'
import type { JsonFields } from './json-fields.ts'

/** Settings of a topic, broker, user, client or address. Every value is text. */
export type EntityConfig = ReadonlyMap<string, string>

/** Source: kafka.zk.ConfigEntityZNode. Readers ignore the version. */
const entityConfig = json<EntityConfig>({
  format: 'JSON v1',
  write: (config) => ({ version: 1, config: Object.fromEntries(config) }),
  read: (fields) => fields.objectOrEmpty('config').textMap(),
})

export const configRoot = znode({
  path: '/config',
  lifetime: 'persistent',
  acl: 'default',
  codec: nothing,
  meaning: 'Holds the settings that can be changed at run time.',
})

export const topicConfigs = znode({
  path: '/config/topics',
  lifetime: 'persistent',
  acl: 'default',
  codec: nothing,
  meaning: 'Its children are topics with settings of their own.',
})

export const topicConfig = znode({
  path: '/config/topics/{topic}',
  lifetime: 'persistent',
  acl: 'default',
  codec: entityConfig,
  meaning: "A topic's settings; there for every topic, even without any.",
})

export const brokerConfigs = znode({
  path: '/config/brokers',
  lifetime: 'persistent',
  acl: 'sensitive',
  codec: nothing,
  meaning: 'Its children are brokers with dynamic settings, and `<default>` for all of them.',
})

export const brokerConfig = znode({
  path: '/config/brokers/{broker:entity}',
  lifetime: 'persistent',
  acl: 'sensitive',
  codec: entityConfig,
  meaning: "A broker's dynamic settings, or those of the whole cluster (`<default>`).",
})

export const userConfigs = znode({
  path: '/config/users',
  lifetime: 'persistent',
  acl: 'sensitive',
  codec: nothing,
  meaning: 'Its children are users with quotas or SCRAM credentials.',
})

export const userConfig = znode({
  path: '/config/users/{user:entity}',
  lifetime: 'persistent',
  acl: 'sensitive',
  codec: entityConfig,
  meaning: "A user's quotas and SCRAM credentials.",
})

export const userClientConfigs = znode({
  path: '/config/users/{user:entity}/clients',
  lifetime: 'persistent',
  acl: 'sensitive',
  codec: nothing,
  meaning: "Its children are a user's clients with quotas.",
})

export const userClientConfig = znode({
  path: '/config/users/{user:entity}/clients/{client:entity}',
  lifetime: 'persistent',
  acl: 'sensitive',
  codec: entityConfig,
  meaning: "Quotas of one of a user's clients.",
})

export const clientConfigs = znode({
  path: '/config/clients',
  lifetime: 'persistent',
  acl: 'default',
  codec: nothing,
  meaning: 'Its children are client ids with quotas.',
})

export const clientConfig = znode({
  path: '/config/clients/{client:entity}',
  lifetime: 'persistent',
  acl: 'default',
  codec: entityConfig,
  meaning: "A client id's quotas.",
})

export const ipConfigs = znode({
  path: '/config/ips',
  lifetime: 'persistent',
  acl: 'default',
  codec: nothing,
  meaning: 'Its children are addresses with quotas.',
})

/** Addresses are written as they are; `<default>` stands for all others. */
export const ipConfig = znode({
  path: '/config/ips/{ip}',
  lifetime: 'persistent',
  acl: 'default',
  codec: entityConfig,
  meaning: "An address's connection quotas.",
})

export const configChanges = znode({
  path: '/config/changes',
  lifetime: 'persistent',
  acl: 'default',
  codec: nothing,
  meaning: 'Its children tell every broker which settings have changed.',
})

/** Source: kafka.zk.ConfigEntityChangeNotificationSequenceZNode. The value is the entity's path below `/config`. */
export const configChange = znode({
  path: '/config/changes/config_change_{sequence:sequence}',
  lifetime: 'sequential',
  acl: 'default',
  codec: json<string>({
    format: 'JSON v2 (reads v1)',
    write: (entityPath) => ({ version: 2, entity_path: entityPath }),
    read: readChange,
  }),
  meaning: 'Settings of this entity have changed: read them again.',
})

function readChange(fields: JsonFields): string {
  if (fields.requireVersion(1, 2) === 2) return fields.text('entity_path')
  const type = fields.text('entity_type')
  if (type !== 'topics' && type !== 'clients') fields.fail(`entity_type ${type} is not one of version 1`)
  return `${type}/${fields.text('entity_name')}`
}
