import { CONTENDER_TITLES } from './contender.ts'
import type { CompareResult, ContenderResult, Figure } from './result.ts'
import { judge, ms, percent, perSecond } from './verdict.ts'

/** The comparison as rows of words: the first cell names the figure, then one cell per contender. */
export function comparisonRows(result: CompareResult): {
  readonly head: string[]
  readonly rows: string[][]
} {
  const { utilisation } = judge(result)
  const row = (title: string, cell: (contender: ContenderResult) => string): string[] => [
    title,
    ...result.contenders.map(cell),
  ]
  const { partitions } = result.load
  return {
    head: ['', ...result.contenders.map(({ contender }) => CONTENDER_TITLES[contender])],
    rows: [
      row('commit p50 at your rate', ({ p50 }) => figure(p50, ms)),
      row('commit p99 at your rate', ({ p99 }) => figure(p99, ms)),
      row('commits/s at most', ({ saturation }) => figure(saturation, perSecond)),
      row('partition offsets/s at most', ({ saturation }) => perSecond(saturation.median * partitions)),
      row('your load is of that', ({ contender }) => percent(utilisation.get(contender) ?? NaN)),
      row('ZooKeeper packets per commit', ({ packetsPerCommit }) => numberOr(packetsPerCommit)),
      row('ZooKeeper fsyncs/s, saturated', ({ fsyncsPerSecond }) => numberOr(fsyncsPerSecond)),
      row('others on the ensemble, p99', ({ othersP99 }) => figure(othersP99, ms)),
      row('commits that failed', ({ failures }) => String(failures)),
      row('zombie commit accepted', ({ zombie }) =>
        zombie === null ? '–' : zombie.isAccepted ? 'YES' : `no (${zombie.error ?? ''})`,
      ),
      row('all partitions of a commit or none', ({ contender }) =>
        contender === 'zookeeper-faithful' ? 'NO: znode by znode' : 'yes',
      ),
      row('expires with offsets.retention.minutes', ({ contender }) =>
        contender === 'kafka' ? 'yes' : 'never',
      ),
      ...result.faults.map(({ name, gaps }) =>
        row(`longest gap: ${name}`, ({ contender }) => {
          const gap = gaps.find((each) => each.contender === contender)
          return gap === undefined ? '–' : `${ms(gap.ms)}${gap.lost > 0 ? `, ${gap.lost} LOST` : ''}`
        }),
      ),
    ],
  }
}

function figure({ median, min, max }: Figure, format: (value: number) => string): string {
  if (Number.isNaN(median)) return '–'
  return min === max ? format(median) : `${format(median)} (${format(min)} – ${format(max)})`
}

function numberOr(value: number | null): string {
  return value === null ? 'not told' : value < 10 ? value.toFixed(1) : value.toFixed(0)
}

/** Which tools look where: a reason to move, or not to. */
export const TOOL_MATRIX: readonly (readonly [tool: string, zooKeeper: string, topic: string])[] = [
  ['kafka-consumer-groups --bootstrap-server, rpk, kafkactl, AKHQ', 'no', 'yes'],
  ['kafka-consumer-groups --zookeeper (to 1.1), ConsumerOffsetChecker', 'yes', 'partly'],
  ['CMAK', 'yes', 'yes'],
  ['Burrow', 'module kafka_zk', 'module kafka'],
  ['kafka_exporter', '--use.consumelag.zookeeper', 'yes'],
  ['zurau groups, zurau offsets', 'yes', 'yes'],
]

export const MIGRATION_PLAN: readonly string[] = [
  'zurau offsets migrate --from zookeeper --to kafka --plan',
  'zurau offsets migrate --from zookeeper --to kafka -g GROUP --live      # members may go on',
  'zurau offsets migrate --from zookeeper --to kafka -g GROUP --verify',
  'zurau offsets diff -g GROUP --check                                    # for some days',
  'zurau offsets migrate --from kafka --to zookeeper -g GROUP --live      # the way back',
]

export const CAVEATS: readonly string[] = [
  'Clients, brokers and ensemble share what the set-up says: figures of one run compare with each other only.',
  'Commits with version 0 carry no generation, so nobody can refuse those of a zombie, whatever the store.',
  'A commit counts from when it was due. This is no benchmark of Apache Kafka.',
]

/** The whole report in Markdown. */
export function markdownReport(result: CompareResult): string {
  const { sentence, reasons, advice } = judge(result)
  const { head, rows } = comparisonRows(result)
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  const faults = result.faults.flatMap(({ name, command, gaps }) => [
    `- **${name}** (\`${command}\`): ${gaps
      .map(
        (gap) =>
          `${CONTENDER_TITLES[gap.contender]} ${ms(gap.ms)}, ${gap.failures} commits failed, ${gap.lost} groups lost offsets`,
      )
      .join('; ')}`,
  ])
  return [
    '# Where to keep consumer offsets',
    '',
    `**${sentence}**`,
    '',
    ...reasons.map((reason) => `- ${reason}`),
    '',
    `Advice: ${advice}. Load: ${result.load.source}. ${result.repeats} rounds of ${result.secondsEach} s each; median, and range in brackets.`,
    '',
    '## Figures',
    '',
    line(head),
    line(head.map((_, index) => (index === 0 ? '---' : '---:'))),
    ...rows.map(line),
    '',
    ...(faults.length === 0 ? [] : ['## Faults', '', ...faults, '']),
    '## Who sees what',
    '',
    line(['tool', 'ZooKeeper', 'topic']),
    line(['---', '---', '---']),
    ...TOOL_MATRIX.map(line),
    '',
    '## To move, and back',
    '',
    '```sh',
    ...MIGRATION_PLAN,
    '```',
    '',
    '## Set-up',
    '',
    ...Object.entries(result.setup).map(([name, value]) => `- ${name}: ${value}`),
    ...CAVEATS.map((caveat) => `- ${caveat}`),
    '',
  ].join('\n')
}
