import {
  array,
  bool,
  int16,
  int64,
  message,
  string,
  throttleTime,
  type InputOf,
  type TypeOf,
} from '../schema.ts'

/**
 * Asks which APIs in which versions the broker speaks; the first request of most clients, legal before
 * authentication.
 */
export const ApiVersionsRequest = message('ApiVersionsRequest', '0-4', '3+', {
  clientSoftwareName: string('3+', 'Name of the client library.', { default: '', ignorable: true }),
  clientSoftwareVersion: string('3+', 'Version of the client library.', { default: '', ignorable: true }),
})
export interface ApiVersionsRequest extends TypeOf<typeof ApiVersionsRequest> {}

/**
 * Keeps response header version 0 in all versions, so that a client can read it before it knows what the
 * broker speaks.
 */
export const ApiVersionsResponse = message('ApiVersionsResponse', '0-4', '3+', {
  errorCode: int16('0+', 'What went wrong, or 0.'),
  apiKeys: array('0+', 'APIs that the broker answers.', {
    apiKey: int16('0+', 'API key.'),
    minVersion: int16('0+', 'Lowest version.'),
    maxVersion: int16('0+', 'Highest version.'),
  }),
  throttleTimeMs: throttleTime('1+'),
  supportedFeatures: array(
    '3+',
    'Features that the broker could take part in.',
    {
      name: string('3+', 'Feature name.'),
      minVersion: int16('3+', 'Lowest level.'),
      maxVersion: int16('3+', 'Highest level.'),
    },
    { ignorable: true, tag: 0 },
  ),
  finalizedFeaturesEpoch: int64('3+', 'Version of the finalized features, or -1 where there are none.', {
    default: -1,
    ignorable: true,
    tag: 1,
  }),
  finalizedFeatures: array(
    '3+',
    'Features that the cluster has agreed on.',
    {
      name: string('3+', 'Feature name.'),
      maxVersionLevel: int16('3+', 'Highest level in use.'),
      minVersionLevel: int16('3+', 'Lowest level in use.'),
    },
    { ignorable: true, tag: 2 },
  ),
  zkMigrationReady: bool('3+', 'Whether a KRaft controller is ready to migrate this cluster.', {
    default: false,
    ignorable: true,
    tag: 3,
  }),
})
export type ApiVersionsResponse = InputOf<typeof ApiVersionsResponse>
