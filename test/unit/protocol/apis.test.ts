import { expect } from 'chai'
import type { Api } from '../../../src/protocol/api.ts'
import { apiByKey, apiNames, apis, hasVersion } from '../../../src/protocol/apis.ts'

const entries = Object.entries<Api>(apis)

describe('the API table', () => {
  it('has the 62 APIs of a broker with ZooKeeper, in the order of their keys', () => {
    const keys = entries.map(([, { key }]) => key)
    expect(keys).to.have.length(62)
    expect(keys).to.deep.equal([...new Set(keys)].sort((one, other) => one - other))
  })

  it('has 286 pairs of API and version', () => {
    const counts = entries.map(([, { request }]) => request.versions.max - request.versions.min + 1)
    expect(counts.reduce((sum, count) => sum + count, 0)).to.equal(286)
  })

  it('finds a name by its key', () => {
    expect(apiNames.every((name) => apiByKey(apis[name].key) === name)).to.equal(true)
    expect([apiByKey(18), apiByKey(-1), apiByKey(52), apiByKey(1000)]).to.deep.equal([
      'ApiVersions',
      null,
      null,
      null,
    ])
  })

  it('knows which versions an API has', () => {
    expect([-1, 0, 11, 12].map((version) => hasVersion('Produce', version))).to.deep.equal([
      false,
      true,
      true,
      false,
    ])
  })

  it('lets nothing but these through before login', () => {
    const early = entries.filter(([, { beforeLogin }]) => beforeLogin).map(([name]) => name)
    expect(early).to.have.members(['ApiVersions', 'SaslHandshake', 'SaslAuthenticate'])
  })

  it('keeps these for brokers', () => {
    const internal = entries.filter(([, { clusterAction }]) => clusterAction).map(([name]) => name)
    expect(internal).to.have.members([
      'LeaderAndIsr',
      'StopReplica',
      'UpdateMetadata',
      'ControlledShutdown',
      'WriteTxnMarkers',
      'AlterPartition',
      'Envelope',
      'AllocateProducerIds',
    ])
  })

  it('sends these to the controller', () => {
    const sent = entries.filter(([, { sentTo }]) => sentTo === 'controller').map(([name]) => name)
    expect(sent).to.have.members([
      'ControlledShutdown',
      'CreateTopics',
      'DeleteTopics',
      'CreatePartitions',
      'ElectLeaders',
      'AlterPartitionReassignments',
      'ListPartitionReassignments',
      'AlterUserScramCredentials',
      'AlterPartition',
      'UpdateFeatures',
      'Envelope',
      'AllocateProducerIds',
    ])
  })

  it('has a throttle time in the latest answer of every API that counts against a quota', () => {
    const without = entries
      .filter(([, { quota, response }]) => quota !== 'exempt' && !('throttleTimeMs' in response.fields))
      .map(([name]) => name)
    // Before login there is nobody to count them for.
    expect(without).to.have.members(['SaslHandshake', 'SaslAuthenticate'])
  })
})
