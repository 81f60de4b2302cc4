import { znodeTable } from '../../../zk/znodes/table.ts'
import type { ZnodeEntry } from '../../../zk/znodes/table.ts'

/** docs/zookeeper.md: every znode, from the table. */
export function zookeeperMarkdown(): string {
  return `${introduction}\n${[...heading, ...znodeTable.map(row)].join('\n')}\n`
}

const introduction = `# What is kept in ZooKeeper

All paths are below the chroot of \`zookeeper.connect\`. They and their contents are those of Apache Kafka 3.9.

**Lifetime**: a persistent znode stays until it is deleted, an ephemeral one goes with its creator's session, a sequential
one gets the next number of its row. **ACL** matters when \`zookeeper.set.acl\` is on: \`default\` is everything for the
creator and reading for anybody, \`sensitive\` is the creator alone, \`open\` is everything for anybody.
`

const heading = ['| Path | Lifetime | ACL | Content | Meaning |', '|---|---|---|---|---|']

function row({ template, lifetime, acl, codec, meaning }: ZnodeEntry): string {
  const path = template.replaceAll(/\{([^}:]+)[^}]*\}/g, '<$1>')
  const cells = [`\`${path}\``, lifetime, acl, codec.format, meaning]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}
