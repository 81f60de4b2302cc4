import { alertRules } from './alert-rules.ts'
import type { GeneratedFile } from './generated-file.ts'

/** What the brokers are called in both files. */
const JOB = 'zurau'

/** A scrape configuration and alerting rules. `targets`: `host:port` of every broker's HTTP side. */
export function prometheusFiles(targets: readonly string[]): GeneratedFile[] {
  const scrape = [
    '# Prometheus scrapes every broker. Series of the whole cluster come from its controller alone: sums are right.',
    'global:',
    '  scrape_interval: 15s',
    '  evaluation_interval: 15s',
    'rule_files:',
    '  - zurau-alerts.yml',
    'scrape_configs:',
    `  - job_name: ${JOB}`,
    '    metrics_path: /metrics',
    '    static_configs:',
    '      - targets:',
    ...targets.map((target) => `          - '${target}'`),
  ]
  return [
    { name: 'prometheus.yml', text: `${scrape.join('\n')}\n` },
    { name: 'zurau-alerts.yml', text: alertRules(JOB) },
  ]
}
