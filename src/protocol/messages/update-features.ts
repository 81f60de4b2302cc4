import {
  array,
  bool,
  int16,
  int32,
  int8,
  message,
  string,
  throttleTime,
  type InputOf,
  type TypeOf,
} from '../schema.ts'

/** Changes the levels of finalized features (KIP-584). A cluster with ZooKeeper has none. */
export const UpdateFeaturesRequest = message('UpdateFeaturesRequest', '0-1', '0+', {
  timeoutMs: int32('0+', 'How long the request may take.', { default: 60000 }),
  featureUpdates: array('0+', 'Features to change.', {
    feature: string('0+', 'Feature name.'),
    maxVersionLevel: int16('0+', 'Highest level from now on; below 1 to remove the feature.'),
    allowDowngrade: bool('0', 'Whether the level may sink.', { default: false }),
    upgradeType: int8('1+', '1 raise only, 2 sink where nothing is lost, 3 sink in any case.', {
      default: 1,
    }),
  }),
  validateOnly: bool('1+', 'Check the request and change nothing.', { default: false }),
})
export interface UpdateFeaturesRequest extends TypeOf<typeof UpdateFeaturesRequest> {}

export const UpdateFeaturesResponse = message('UpdateFeaturesResponse', '0-1', '0+', {
  throttleTimeMs: throttleTime('0+'),
  errorCode: int16('0+', 'What is wrong with the request as a whole, or 0.'),
  errorMessage: string('0+', 'What went wrong, in words for people.', { nullable: '0+', default: null }),
  results: array(
    '0+',
    'One entry per feature.',
    {
      feature: string('0+', 'Feature name.'),
      errorCode: int16('0+', 'What went wrong, or 0.'),
      errorMessage: string('0+', 'What went wrong, in words for people.', { nullable: '0+', default: null }),
    },
    { default: [] },
  ),
})
export type UpdateFeaturesResponse = InputOf<typeof UpdateFeaturesResponse>
