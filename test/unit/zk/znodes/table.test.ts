import { expect } from 'chai'
import { aclClassOf, openAcls, securedAcls } from '../../../../zk/znodes/acl-policy.ts'
import { znodeOf, znodeTable } from '../../../../zk/znodes/table.ts'
import { zookeeperMarkdown } from '../../../../src/tools/docs/zookeeper.ts'

/** Every path that Kafka 3.9 uses. */
const kafkaPaths = [
  '/consumers',
  '/consumers/g/offsets/t/0',
  '/cluster',
  '/cluster/id',
  '/controller',
  '/controller_epoch',
  '/brokers',
  '/brokers/ids',
  '/brokers/ids/1',
  '/brokers/topics',
  '/brokers/topics/t',
  '/brokers/topics/t/partitions',
  '/brokers/topics/t/partitions/0',
  '/brokers/topics/t/partitions/0/state',
  '/brokers/seqid',
  '/admin',
  '/admin/delete_topics',
  '/admin/delete_topics/t',
  '/admin/reassign_partitions',
  '/admin/preferred_replica_election',
  '/isr_change_notification',
  '/isr_change_notification/isr_change_0000000000',
  '/log_dir_event_notification',
  '/log_dir_event_notification/log_dir_event_0000000000',
  '/latest_producer_id_block',
  '/config',
  '/config/topics',
  '/config/clients',
  '/config/users',
  '/config/brokers',
  '/config/ips',
  '/config/topics/t',
  '/config/clients/<default>',
  '/config/users/u',
  '/config/users/u/clients',
  '/config/users/u/clients/c',
  '/config/brokers/1',
  '/config/ips/10.0.0.1',
  '/config/changes',
  '/config/changes/config_change_0000000000',
  '/feature',
  '/kafka-acl',
  '/kafka-acl/Topic',
  '/kafka-acl/Topic/*',
  '/kafka-acl-changes',
  '/kafka-acl-changes/acl_changes_0000000000',
  '/kafka-acl-extended',
  '/kafka-acl-extended/prefixed',
  '/kafka-acl-extended/prefixed/Group',
  '/kafka-acl-extended/prefixed/Group/team-',
  '/kafka-acl-extended-changes',
  '/kafka-acl-extended-changes/acl_changes_0000000000',
  '/delegation_token',
  '/delegation_token/tokens',
  '/delegation_token/tokens/x',
  '/delegation_token/token_changes',
  '/delegation_token/token_changes/token_change_0000000000',
  '/migration',
]

describe('the znode table', () => {
  for (const path of kafkaPaths) {
    it(`has an entry for ${path}`, () => {
      expect(znodeOf(path)).to.not.equal(null)
    })
  }

  it('gives a path to one entry only', () => {
    for (const path of kafkaPaths) {
      const entries = znodeTable.filter((entry) => entry.match(path) !== null)
      expect(
        entries.map((entry) => entry.template),
        path,
      ).to.have.lengthOf(1)
    }
  })

  it('knows nothing of a path that is not of Kafka', () => {
    expect(znodeOf('/zookeeper/quota')).to.equal(null)
  })

  it('declares for every path the ACL that the policy gives', () => {
    for (const path of kafkaPaths) {
      const entry = znodeOf(path)
      expect(entry?.acl, path).to.equal(aclClassOf(path))
    }
  })

  it('is printed whole, with a line for each entry', () => {
    const markdown = zookeeperMarkdown()
    for (const { template, meaning } of znodeTable) {
      expect(markdown).to.include(template.replaceAll(/\{([^}:]+)[^}]*\}/g, '<$1>'))
      expect(markdown).to.include(meaning)
    }
    expect(markdown.split('\n').filter((line) => line.startsWith('| `/'))).to.have.lengthOf(znodeTable.length)
  })
})

describe('the ACL policy', () => {
  const creator = { permissions: 31, scheme: 'auth', id: '' }
  const anybodyReads = { permissions: 1, scheme: 'world', id: 'anyone' }
  const open = { permissions: 31, scheme: 'world', id: 'anyone' }

  for (const [path, acl] of [
    ['/brokers/topics/t', [creator, anybodyReads]],
    ['/consumers', [open]],
    ['/consumers/g', [creator, anybodyReads]],
    ['/config/users/alice', [creator]],
    ['/config/brokers/1', [creator]],
    ['/config/topics/t', [creator, anybodyReads]],
    ['/delegation_token/tokens/x', [creator]],
    ['/delegation_token/token_changes', [creator, anybodyReads]],
  ] as const) {
    it(`secures ${path}`, () => {
      expect(securedAcls(path)).to.deep.equal(acl)
    })
  }

  it('leaves everything open when zookeeper.set.acl is off', () => {
    expect(openAcls('/config/users/alice')).to.deep.equal([open])
  })
})
