import { znode } from '../znode.ts'
import { json, nothing } from './codecs.ts'
import type { JsonFields } from './json-fields.ts'

export const clusterRoot = znode({
  path: '/cluster',
  lifetime: 'persistent',
  acl: 'default',
  codec: nothing,
  meaning: 'Holds the id of the cluster.',
})

/** The version is the text "1", unlike everywhere else. */
export const clusterId = znode({
  path: '/cluster/id',
  lifetime: 'persistent',
  acl: 'default',
  codec: json<string>({
    format: 'JSON v1',
    write: (id) => ({ version: '1', id }),
    read: (fields) => fields.text('id'),
  }),
  meaning: 'Names the cluster for ever; written by its first broker.',
})

/** Which versions of a feature are in force. `minVersionLevel` is known to version 1 of the znode only. */
export interface FinalizedFeature {
  readonly maxVersionLevel: number
  readonly minVersionLevel: number
}

export interface FinalizedFeatures {
  readonly version: 1 | 2
  readonly enabled: boolean
  readonly features: ReadonlyMap<string, FinalizedFeature>
}

/** Source: kafka.zk.FeatureZNode. */
export const feature = znode({
  path: '/feature',
  lifetime: 'persistent',
  acl: 'default',
  codec: json<FinalizedFeatures>({ format: 'JSON v2 (reads v1)', write: writeFeatures, read: readFeatures }),
  meaning: 'Finalized features; its data version is the finalized features epoch of ApiVersions.',
})

function writeFeatures({ version, enabled, features }: FinalizedFeatures): object {
  const entries = [...features].map(([name, { maxVersionLevel, minVersionLevel }]) => [
    name,
    version === 1
      ? { max_version_level: maxVersionLevel, min_version_level: minVersionLevel }
      : { max_version_level: maxVersionLevel },
  ])
  return { features: Object.fromEntries(entries) as object, version, status: enabled ? 1 : 0 }
}

function readFeatures(fields: JsonFields): FinalizedFeatures {
  const version = fields.requireVersion(1, 2) === 1 ? 1 : 2
  const status = fields.integer('status')
  if (status !== 0 && status !== 1) fields.fail(`status ${status} is neither 0 nor 1`)
  const features = fields.objectOrEmpty('features')
  return {
    version,
    enabled: status === 1,
    features: new Map(features.names().map((name) => [name, read(name)])),
  }

  function read(name: string): FinalizedFeature {
    const levels = features.object(name)
    const minVersionLevel = version === 1 ? levels.integer('min_version_level') : 1
    return { maxVersionLevel: levels.integer('max_version_level'), minVersionLevel }
  }
}

/** What a migration to KRaft has written. Only read here, to refuse a cluster that is being taken over. */
export interface Migration {
  readonly kraftControllerId: number
  readonly kraftControllerEpoch: number
}

export const migration = znode({
  path: '/migration',
  lifetime: 'persistent',
  acl: 'default',
  codec: json<Migration>({
    format: 'JSON v0',
    write: ({ kraftControllerId, kraftControllerEpoch }) => ({
      version: 0,
      kraft_controller_id: kraftControllerId,
      kraft_controller_epoch: kraftControllerEpoch,
    }),
    read: (fields) => ({
      kraftControllerId: fields.integer('kraft_controller_id'),
      kraftControllerEpoch: fields.integer('kraft_controller_epoch'),
    }),
  }),
  meaning: 'Written by a KRaft controller that migrates the cluster; never by this program.',
})
