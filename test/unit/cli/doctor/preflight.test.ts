import { expect } from 'chai'
import { judgeCluster, type Applicant, type ClusterFacts } from '../../../../src/cli/doctor/preflight.ts'

const facts = (more: Partial<ClusterFacts> = {}): ClusterFacts => ({
  connectString: 'zk1:2181/kafka',
  chroot: '/kafka',
  hasChroot: true,
  clusterId: 'here',
  brokers: [],
  isMigrating: false,
  clustersElsewhere: [],
  unreadable: [],
  ...more,
})
const applicant = (more: Partial<Applicant> = {}): Applicant => ({
  brokerId: null,
  directoryClusterId: null,
  directoryBrokerId: null,
  mayJoinForeign: false,
  ...more,
})
const foreign = [{ id: 1, address: 'kafka1:9092', isZurau: false }]

function errors(...given: [ClusterFacts, Applicant]): string[] {
  return judgeCluster(...given)
    .filter(({ level }) => level === 'error')
    .map(({ what }) => what)
}

describe('the look before a broker joins', () => {
  it('lets a new broker into its own cluster, and into none yet', () => {
    const own = facts({ brokers: [{ id: 1, address: 'a:1', isZurau: true }] })
    expect(errors(own, applicant())).to.deep.equal([])
    expect(errors(facts({ hasChroot: false, clusterId: null }), applicant())).to.deep.equal([])
  })

  it('refuses brokers of another make and says how to go on', () => {
    const [found] = judgeCluster(facts({ brokers: foreign }), applicant()).filter(
      ({ level }) => level === 'error',
    )
    expect(found?.what).to.contain('brokers 1 are alive and are not Zürau')
    expect(found?.advice).to.contain('zk1:2181/zurau').and.to.contain('--join-foreign')
  })

  it('warns only when that is what is wanted', () => {
    expect(errors(facts({ brokers: foreign }), applicant({ mayJoinForeign: true }))).to.deep.equal([])
  })

  it('does not refuse a broker that could not be asked', () => {
    expect(errors(facts({ brokers: [{ id: 1, address: 'a:1', isZurau: null }] }), applicant())).to.deep.equal(
      [],
    )
  })

  it('refuses directories of another cluster, and a cluster that is gone', () => {
    const mine = applicant({ directoryClusterId: 'there' })
    expect(errors(facts(), mine)[0]).to.contain('belong to cluster there')
    expect(errors(facts({ clusterId: null }), mine)[0]).to.contain('there is no cluster here')
  })

  it('refuses an id that somebody else has', () => {
    const taken = facts({ brokers: [{ id: 7, address: 'a:1', isZurau: true }] })
    expect(errors(taken, applicant({ brokerId: 7 }))[0]).to.contain('id 7 is registered by a:1')
    expect(errors(taken, applicant({ brokerId: 7, directoryBrokerId: 7 }))).to.deep.equal([])
  })

  it('refuses a cluster on its way to KRaft, and one that it may not read', () => {
    expect(errors(facts({ isMigrating: true }), applicant())[0]).to.contain('migrating')
    expect(errors(facts({ unreadable: ['/cluster/id'] }), applicant())[0]).to.contain('ACL')
  })

  it('suspects a forgotten chroot', () => {
    const root = facts({ chroot: '', clusterId: null, clustersElsewhere: ['/kafka'] })
    expect(
      judgeCluster(root, applicant()).some(({ advice }) => advice?.includes('forget the chroot') === true),
    ).to.equal(true)
  })
})
