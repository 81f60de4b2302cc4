import type { Controller } from '../controller/controller.ts'
import type { FeatureUpdate, FeatureUpgradeType } from '../controller/requests.ts'
import { defaultErrorMessage, errorCode, KafkaError } from '../model/errors.ts'
import type { RequestOf } from '../protocol/apis.ts'
import type { Handler } from './handler.ts'

type Wanted = RequestOf<'UpdateFeatures'>['featureUpdates'][number]

/** From this version on a request says more than whether a level may sink. */
const HAS_UPGRADE_TYPES = 1
const UPGRADE_TYPES: readonly FeatureUpgradeType[] = [
  'unknown',
  'upgrade',
  'safe-downgrade',
  'unsafe-downgrade',
]

/**
 * Changes finalized features, of which a cluster with ZooKeeper has none. As in Kafka, `validateOnly` is not looked at
 * there. Source: KafkaApis.handleUpdateFeatures (3.9); KIP-584.
 */
export function updateFeatures(services: {
  controller: Pick<Controller, 'updateFeatures'>
}): Handler<'UpdateFeatures'> {
  const { controller } = services
  return async ({ featureUpdates }, { version }) => {
    // A feature that is named twice is taken as it is named last.
    const updates = new Map(featureUpdates.map((each) => [each.feature, domainUpdate(each, version)]))
    try {
      const outcomes = await controller.updateFeatures([...updates.values()])
      const results = outcomes.map(({ feature, error, message }) => ({
        feature,
        errorCode: errorCode(error),
        errorMessage: error === 'NONE' ? null : (message ?? defaultErrorMessage(error)),
      }))
      return { errorCode: 0, errorMessage: null, results }
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return { errorCode: error.code, errorMessage: error.message, results: [] }
    }
  }
}

function domainUpdate(
  { feature, maxVersionLevel, allowDowngrade, upgradeType }: Wanted,
  version: number,
): FeatureUpdate {
  const code = version >= HAS_UPGRADE_TYPES ? upgradeType : allowDowngrade ? 2 : 1
  return { feature, maxVersionLevel, upgradeType: UPGRADE_TYPES[code] ?? 'unknown' }
}
