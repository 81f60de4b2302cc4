import { expect } from 'chai'
import { parse } from 'yaml'
import { composeFiles } from '../../../src/cli/generate/compose.ts'
import { grafanaFiles } from '../../../src/cli/generate/dashboards.ts'
import { prometheusFiles } from '../../../src/cli/generate/prometheus.ts'
import { systemdFiles } from '../../../src/cli/generate/systemd.ts'
import { catalogue } from '../../../src/metrics/catalogue.ts'

interface Compose {
  readonly services: Readonly<Record<string, { ports?: string[]; environment: Record<string, unknown> }>>
  readonly volumes: Readonly<Record<string, unknown>>
}

function textOf(files: readonly { name: string; text: string }[], name: string): string {
  const file = files.find((each) => each.name === name)
  if (file === undefined) throw new Error(`${name} was not generated`)
  return file.text
}

describe('generated files', () => {
  it('have every broker scraped under one job, by which the alerts find them', () => {
    const files = prometheusFiles(['a:1', '[::1]:2'])
    const config = parse(textOf(files, 'prometheus.yml')) as {
      rule_files: string[]
      scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[]
    }
    expect(config.scrape_configs[0]?.static_configs[0]?.targets).to.deep.equal(['a:1', '[::1]:2'])
    const [ruleFile = ''] = config.rule_files
    const { groups } = parse(textOf(files, ruleFile)) as { groups: { rules: { expr: string }[] }[] }
    const rules = groups.flatMap((group) => group.rules)
    expect(rules.length).to.be.above(10)
    for (const { expr } of rules) expect(expr).to.include(`job="${config.scrape_configs[0]?.job_name}"`)
  })

  it('alert on metrics of the table alone', () => {
    const text = textOf(prometheusFiles(['a:1']), 'zurau-alerts.yml')
    const names = [...text.matchAll(/\b((?:kafka|zurau|process|zookeeper)_[a-z0-9_]+)\{/g)].map(
      ([, name = '']) => name,
    )
    expect(names.length).to.be.above(10)
    expect(names.filter((name) => !(name in catalogue))).to.deep.equal([])
  })

  it('lay out the panels of a dashboard without one over another', () => {
    for (const { name, text } of grafanaFiles()) {
      const { panels } = JSON.parse(text) as {
        panels: { id: number; gridPos: { x: number; y: number; w: number; h: number } }[]
      }
      const cells = new Set<string>()
      for (const { id, gridPos } of panels) {
        expect(gridPos.x + gridPos.w, `${name}, panel ${id}`).to.be.at.most(24)
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
            expect(cells.has(`${x},${y}`), `${name}, panel ${id}`).to.equal(false)
            cells.add(`${x},${y}`)
          }
        }
      }
      expect(new Set(panels.map(({ id }) => id)).size).to.equal(panels.length)
    }
  })

  it('give every container its own id, port and volume, and no more replicas than brokers', () => {
    for (const brokers of [1, 3, 5]) {
      const text = textOf(composeFiles({ brokers, zookeepers: 3, image: 'zurau' }), 'compose.yaml')
      const { services, volumes } = parse(text, { merge: true }) as Compose
      const own = Object.entries(services).filter(([name]) => name.startsWith('kafka'))
      expect(own.length).to.equal(brokers)
      const ids = own.map(([, { environment }]) => environment['KAFKA_BROKER_ID'])
      const ports = own.flatMap(([, service]) => service.ports ?? [])
      expect(new Set(ids).size).to.equal(brokers)
      expect(new Set(ports).size).to.equal(2 * brokers)
      expect(Object.keys(volumes).length).to.equal(brokers + 6)
      const factor = own[0]?.[1].environment['KAFKA_DEFAULT_REPLICATION_FACTOR']
      expect(factor).to.equal(Math.min(3, brokers))
    }
  })

  it('start the command of the unit as the user that was named', () => {
    const unit = textOf(
      systemdFiles({ command: '/opt/zurau', user: 'broker', properties: '/etc/s.properties' }),
      'zurau.service',
    )
    expect(unit).to.include('\nExecStart=/opt/zurau start /etc/s.properties\n')
    expect(unit).to.include('\nUser=broker\n')
  })
})
