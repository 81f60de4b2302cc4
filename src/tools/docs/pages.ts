import { configurationMarkdown } from './configuration.ts'
import { errorsMarkdown } from './errors.ts'
import { metricsMarkdown } from './metrics.ts'
import { protocolMarkdown } from './protocol.ts'
import { runbookPages } from './runbooks.ts'
import { zookeeperMarkdown } from './zookeeper.ts'

/** The pages of `docs/` that are printed from tables. A further one is a file beside this one and a line here. */
export const pages: Readonly<Record<string, () => string>> = {
  'protocol.md': protocolMarkdown,
  'configuration.md': configurationMarkdown,
  'errors.md': errorsMarkdown,
  'metrics.md': metricsMarkdown,
  'zookeeper.md': zookeeperMarkdown,
  ...runbookPages(),
}
