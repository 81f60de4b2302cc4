import { expect } from 'chai'
import { isTransient, type ClusterClient } from '../../../src/client/cluster-client.ts'
import { PartitionAdmin } from '../../../src/client/partition-admin.ts'
import { errorCode, KafkaError, type ErrorName } from '../../../src/model/errors.ts'

/** A cluster that answers an election with these errors, one list per request: what each partition got. */
function electing(...answers: ErrorName[][]) {
  const asked: string[] = []
  const client: Pick<ClusterClient, 'retrying'> & { call: (to: string, api: string) => Promise<object> } = {
    retrying: async (_timeoutMs, attempt) => {
      for (;;) {
        try {
          return await attempt()
        } catch (error) {
          if (!(error instanceof KafkaError && isTransient(error))) throw error
        }
      }
    },
    call: (to, api) => {
      asked.push(`${api} of ${to}`)
      const errors = answers.shift() ?? []
      return Promise.resolve({
        errorCode: 0,
        replicaElectionResults: [
          {
            topic: 'orders',
            partitionResult: errors.map((error, partitionId) => ({
              partitionId,
              errorCode: errorCode(error),
              errorMessage: null,
            })),
          },
        ],
      })
    },
  }
  return { asked, admin: new PartitionAdmin({ client: client as unknown as ClusterClient, timeoutMs: 1000 }) }
}

describe('PartitionAdmin.electLeaders', () => {
  it('asks again when a partition was refused by who is not the controller any more', async () => {
    const { admin, asked } = electing(['NONE', 'NOT_CONTROLLER'], ['ELECTION_NOT_NEEDED', 'NONE'])
    const results = await admin.electLeaders(null)
    expect(results.map(({ error }) => error)).to.deep.equal(['ELECTION_NOT_NEEDED', 'NONE'])
    expect(asked).to.deep.equal(['ElectLeaders of controller', 'ElectLeaders of controller'])
  })

  it('returns what else became of partitions, and does not ask again', async () => {
    const { admin, asked } = electing(['PREFERRED_LEADER_NOT_AVAILABLE', 'NONE'])
    const results = await admin.electLeaders(null)
    expect(results.map(({ error }) => error)).to.deep.equal(['PREFERRED_LEADER_NOT_AVAILABLE', 'NONE'])
    expect(asked).to.have.length(1)
  })
})
