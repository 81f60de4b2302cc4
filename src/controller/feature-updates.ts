import type { FeatureStore } from '../../zk/stores/feature-store.ts'
import type { FinalizedFeature } from '../../zk/znodes/cluster.ts'
import { DONE, type FeatureUpdate, type FeatureUpdateOutcome, type Outcome } from './requests.ts'

/**
 * What becomes of an update to a finalized feature: DONE, and then `UpdateFeatures` applies it, or why not. Brokers in
 * ZooKeeper mode support no feature at all, so that only removing one is ever possible.
 * Source: KafkaController.validateFeatureUpdate (3.9).
 */
export function judgeFeatureUpdate(update: FeatureUpdate, existing: FinalizedFeature | undefined): Outcome {
  const { feature, maxVersionLevel, upgradeType } = update
  if (feature === '') return invalid('Feature name can not be empty.')
  if (upgradeType === 'unknown') return invalid('Received unknown upgrade type.')
  const isDowngrade = upgradeType !== 'upgrade'
  if (maxVersionLevel < 1 && isDowngrade) {
    return existing === undefined ? invalid('Can not delete non-existing finalized feature.') : DONE
  }
  if (maxVersionLevel < 1) {
    return invalid(
      `Can not provide maxVersionLevel: ${maxVersionLevel} less than 1 without setting the ` +
        'allowDowngrade flag to true in the request.',
    )
  }
  if (existing !== undefined) {
    const level = existing.maxVersionLevel
    if (maxVersionLevel === level) {
      const verb = isDowngrade ? 'downgrade' : 'upgrade'
      return invalid(
        `Can not ${verb} a finalized feature from existing maxVersionLevel:${level} to the same value.`,
      )
    }
    if (maxVersionLevel < level && !isDowngrade) {
      return invalid(
        `Can not downgrade finalized feature from existing maxVersionLevel:${level} to provided ` +
          `maxVersionLevel:${maxVersionLevel} without setting the allowDowngrade flag to true in the request.`,
      )
    }
    if (maxVersionLevel > level && isDowngrade) {
      return invalid(
        `When the allowDowngrade flag set in the request, the provided maxVersionLevel:${maxVersionLevel} can not be ` +
          `greater than existing maxVersionLevel:${level}.`,
      )
    }
  }
  return invalid('Could not apply finalized feature update because the provided feature is not supported.')
}

function invalid(message: string): Outcome {
  return { error: 'INVALID_REQUEST', message }
}

/** UpdateFeatures: one outcome per update, in their order; what is possible is written in one step. */
export async function updateFeatures(
  features: FeatureStore,
  updates: readonly FeatureUpdate[],
): Promise<FeatureUpdateOutcome[]> {
  const present = await features.read()
  const existing = present?.content.features ?? new Map<string, FinalizedFeature>()
  const target = new Map(existing)
  const outcomes = updates.map((update): FeatureUpdateOutcome => {
    const outcome = judgeFeatureUpdate(update, existing.get(update.feature))
    // The only update that is ever possible.
    if (outcome.error === 'NONE') target.delete(update.feature)
    return { feature: update.feature, ...outcome }
  })
  if (target.size !== existing.size) await features.write({ version: 2, enabled: true, features: target })
  return outcomes
}
