import type { ReportData } from './report-data.ts'
import { figure, seconds, timesInWords, VERDICT_WORDS } from './words.ts'

/** The report for wikis and for the summaries of continuous integration. */
export function markdownReport(data: ReportData, earlier: readonly ReportData[] = []): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
  const lines = [
    `# ${data.title}`,
    '',
    `**${VERDICT_WORDS[data.verdict]}**${data.reason === '' ? '' : `: ${data.reason}`}`,
    '',
    data.description,
    '',
    `- drill \`${data.name}\`, level ${data.level}; ${data.brokerCount} brokers (${data.brokers}), ${data.zookeepers} ZooKeeper`,
    `- ${data.startedAt}, ${seconds(data.wallMs)} in all; zurau ${data.version}, node ${data.node}`,
    `- ${timesInWords(data.times)}`,
    ...(data.topology === null ? [] : [`- topology ${data.topology}`]),
    ...(data.isMutated ? [`- broken on purpose: ${data.mutation}`] : []),
    '',
    '## Thresholds',
    '',
    '| | metric | threshold | measured | window |',
    '|---|---|---|---|---|',
    ...data.thresholds.map(
      (each) =>
        `| ${each.holds ? '✔' : '✖'} | ${each.metric} | \`${cell(each.threshold)}\` | ${figure(each.value)} | ${each.window} |`,
    ),
    '',
    '## What became of the records',
    '',
    '| acks | sent | acknowledged | failed | read | lost | duplicated | reordered |',
    '|---|---|---|---|---|---|---|---|',
    ...data.truth.map(
      (lane) =>
        `| ${lane.lane} | ${lane.sent} | ${lane.acknowledged} | ${lane.failed} | ${lane.read} | ${lane.lost} | ${lane.duplicated} | ${lane.reordered} |`,
    ),
    '',
    '## Steps',
    '',
    '| | at | step | command | took |',
    '|---|---|---|---|---|',
    ...data.steps.map(
      (step) =>
        `| ${step.status === 'succeeded' && step.tolerated ? '✔' : '✖'} | ${seconds(step.startMs)} | ${cell(step.name)} | \`${cell(step.command)}\` | ${step.durationMs} ms${step.error === null ? '' : `; ${cell(step.error)}`} |`,
    ),
    '',
    '## Timeline',
    '',
    ...data.events
      .slice(0, MAX_EVENTS)
      .map((event) => `- ${seconds(event.atMs)} **${event.kind}** ${event.text}`),
    ...(data.events.length > MAX_EVENTS ? [`- … and ${data.events.length - MAX_EVENTS} more`] : []),
    '',
  ]
  if (earlier.length > 0) {
    lines.push(
      '## Earlier runs',
      '',
      '| run | verdict | detect | serve again | replicated |',
      '|---|---|---|---|---|',
    )
    for (const run of earlier) {
      const { detectMs, serveAgainMs, replicatedMs } = run.times
      lines.push(
        `| ${run.startedAt} | ${run.verdict} | ${seconds(detectMs)} | ${seconds(serveAgainMs)} | ${seconds(replicatedMs)} |`,
      )
    }
    lines.push('')
  }
  return lines.join('\n')
}

const MAX_EVENTS = 200
