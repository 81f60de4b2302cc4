import { expect } from 'chai'
import { judgeFeatureUpdate } from '../../../src/controller/feature-updates.ts'
import type { FeatureUpgradeType } from '../../../src/controller/requests.ts'
import { worldOf } from '../../support/controller-harness.ts'

describe('UpdateFeatures', () => {
  const unsupported =
    'Could not apply finalized feature update because the provided feature is not supported.'
  const cases: [
    type: FeatureUpgradeType,
    level: number,
    existing: number | null,
    message: string | null,
    name?: string,
  ][] = [
    ['upgrade', 1, null, 'Feature name can not be empty.', ''],
    ['unknown', 1, null, 'Received unknown upgrade type.'],
    ['upgrade', 3, null, unsupported],
    ['upgrade', 3, 2, unsupported],
    ['safe-downgrade', 1, 2, unsupported],
    ['unsafe-downgrade', 0, null, 'Can not delete non-existing finalized feature.'],
    ['safe-downgrade', 0, 2, null],
    [
      'upgrade',
      0,
      2,
      'Can not provide maxVersionLevel: 0 less than 1 without setting the allowDowngrade flag to true in the request.',
    ],
    [
      'upgrade',
      2,
      2,
      'Can not upgrade a finalized feature from existing maxVersionLevel:2 to the same value.',
    ],
    [
      'safe-downgrade',
      2,
      2,
      'Can not downgrade a finalized feature from existing maxVersionLevel:2 to the same value.',
    ],
    [
      'upgrade',
      1,
      2,
      'Can not downgrade finalized feature from existing maxVersionLevel:2 to provided maxVersionLevel:1 without setting the allowDowngrade flag to true in the request.',
    ],
    [
      'safe-downgrade',
      3,
      2,
      'When the allowDowngrade flag set in the request, the provided maxVersionLevel:3 can not be greater than existing maxVersionLevel:2.',
    ],
  ]
  for (const [upgradeType, maxVersionLevel, existing, message, feature = 'f'] of cases) {
    it(`${upgradeType} to ${maxVersionLevel} from ${existing ?? 'nothing'}: ${message ?? 'done'}`, () => {
      const present = existing === null ? undefined : { maxVersionLevel: existing, minVersionLevel: 1 }
      expect(judgeFeatureUpdate({ feature, maxVersionLevel, upgradeType }, present)).to.deep.equal({
        error: message === null ? 'NONE' : 'INVALID_REQUEST',
        message,
      })
    })
  }

  it('removes a finalized feature, and writes nothing when nothing changes', async () => {
    const world = await worldOf(1, async (world) => {
      const content = '{"version":2,"status":1,"features":{"old":{"max_version_level":3}}}'
      await world.until(world.tool.create('/feature', Buffer.from(content)))
    })
    const update = (feature: string) =>
      world.until(
        world.active.updateFeatures([{ feature, maxVersionLevel: 0, upgradeType: 'unsafe-downgrade' }]),
      )
    expect(await update('new')).to.deep.equal([
      { feature: 'new', error: 'INVALID_REQUEST', message: 'Can not delete non-existing finalized feature.' },
    ])
    expect(world.takeWrites()).to.deep.equal([])
    expect(await update('old')).to.deep.equal([{ feature: 'old', error: 'NONE', message: null }])
    expect(world.takeWrites()).to.deep.equal([
      'setData /feature = {"features":{},"version":2,"status":1} [now version 1]',
    ])
  })
})
