import { escapeXml } from './junit.ts'
import { REPORT_SCRIPT, REPORT_STYLE } from './html-parts.ts'
import type { ReportData } from './report-data.ts'
import { figure, seconds, timesInWords, VERDICT_WORDS } from './words.ts'

/** The report as one file that needs nothing else: timeline, charts on one cursor, truth table, thresholds, steps. */
export function htmlReport(data: ReportData, earlier: readonly ReportData[], journalText: string): string {
  const good = data.verdict === 'held'
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    `<title>${escapeXml(data.title)}</title><style>${REPORT_STYLE}</style></head><body>`,
    `<header class="${good ? 'good' : 'bad'}"><p class="verdict">${good ? '✔' : '✖'} ${VERDICT_WORDS[data.verdict]}</p>`,
    `<h1>${escapeXml(data.title)}</h1>`,
    data.reason === '' ? '' : `<p class="reason">${escapeXml(data.reason)}</p>`,
    `<p>${escapeXml(data.description)}</p>`,
    `<p class="facts">${facts(data).map(escapeXml).join(' · ')}</p></header>`,
    '<main>',
    tiles(data),
    section('Course', '<div id="charts"></div><div id="timeline"></div>'),
    section('What became of the records', truthTable(data)),
    section('Thresholds', thresholdTable(data)),
    section('Steps', stepTable(data)),
    section(
      'What good looks like',
      `<p><b>Symptom.</b> ${escapeXml(data.symptom)}</p><p><b>Good.</b> ${escapeXml(data.good)}</p>`,
    ),
    earlier.length === 0 ? '' : section('Earlier runs', comparison([...earlier, data])),
    section(
      'Events',
      `<ol class="events">${data.events.map((event) => `<li class="${event.kind}"><time>${seconds(event.atMs)}</time><b>${event.kind}</b> ${escapeXml(event.text)}</li>`).join('')}</ol>`,
    ),
    `<p><a id="journal" download="${escapeXml(data.name)}.jsonl" href="data:application/x-ndjson;base64,${Buffer.from(journalText).toString('base64')}">journal (JSON lines)</a></p>`,
    '</main>',
    `<script type="application/json" id="data">${embedded({ slices: data.slices, gauges: data.gauges, events: data.events, faultMs: data.faultMs, endMs: data.endMs })}</script>`,
    `<script>${REPORT_SCRIPT}</script></body></html>\n`,
  ].join('\n')
}

/** JSON that cannot end the script element it stands in. */
function embedded(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c')
}

function facts(data: ReportData): string[] {
  return [
    `drill ${data.name}, level ${data.level}`,
    `${data.brokerCount} brokers (${data.brokers})`,
    `${data.zookeepers} ZooKeeper`,
    data.startedAt,
    `${seconds(data.wallMs)} in all`,
    `zurau ${data.version}, node ${data.node}`,
    ...(data.topology === null ? [] : [`topology ${data.topology}`]),
    ...(data.isMutated ? [`broken on purpose: ${data.mutation}`] : []),
  ]
}

function section(title: string, body: string): string {
  return `<section><h2>${escapeXml(title)}</h2>${body}</section>`
}

function tiles(data: ReportData): string {
  const lost = data.truth.reduce((sum, lane) => sum + (lane.lane === 'all' ? lane.lost : 0), 0)
  const acknowledged = data.truth.reduce((sum, lane) => sum + lane.acknowledged, 0)
  const all: [string, string][] = [
    ['noticed after', seconds(data.times.detectMs)],
    ['served again after', seconds(data.times.serveAgainMs)],
    ['fully replicated after', seconds(data.times.replicatedMs)],
    ['acknowledged', String(acknowledged)],
    ['lost (acks=all)', data.truth.length === 0 ? '–' : String(lost)],
  ]
  return `<div class="tiles" title="${escapeXml(timesInWords(data.times))}">${all.map(([name, value]) => `<div><b>${escapeXml(value)}</b><span>${escapeXml(name)}</span></div>`).join('')}</div>`
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = heads.map((each) => `<th>${escapeXml(each)}</th>`).join('')
  const body = rows.map((row) => `<tr>${row.map((each) => `<td>${each}</td>`).join('')}</tr>`).join('')
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`
}

function truthTable({ truth }: ReportData): string {
  const rows = truth.map((lane) => [
    `acks=${lane.lane}`,
    ...[lane.sent, lane.acknowledged, lane.failed, lane.read].map(String),
    ...[lane.lost, lane.duplicated, lane.reordered].map((count) =>
      count === 0 ? '0' : `<b class="no">${count}</b>`,
    ),
  ])
  return table(['writers', 'sent', 'acknowledged', 'failed', 'read', 'lost', 'duplicated', 'reordered'], rows)
}

function mark(isWell: boolean): string {
  return isWell ? '<span class="yes">✔</span>' : '<span class="no">✖</span>'
}

function thresholdTable({ thresholds }: ReportData): string {
  const rows = thresholds.map((each) => [
    mark(each.holds),
    escapeXml(each.metric),
    `<code>${escapeXml(each.threshold)}</code>`,
    figure(each.value),
    each.window,
  ])
  return table(['', 'metric', 'threshold', 'measured', 'window'], rows)
}

function stepTable({ steps, rollbacks }: ReportData): string {
  const rows = [...steps, ...rollbacks].map((step) => [
    mark(step.status === 'succeeded' && step.tolerated),
    seconds(step.startMs),
    escapeXml(step.name),
    `<code>${escapeXml(step.command)}</code>`,
    `${step.durationMs} ms`,
    escapeXml(step.error ?? String(step.output)),
  ])
  return table(['', 'at', 'step', 'command', 'took', 'came to'], rows)
}

/** Earlier runs beside this one, with the median and the range of their times. */
function comparison(runs: readonly ReportData[]): string {
  const rows = runs.map((run) => [
    escapeXml(run.startedAt),
    escapeXml(run.verdict),
    ...[run.times.detectMs, run.times.serveAgainMs, run.times.replicatedMs].map(seconds),
    String(run.truth.reduce((sum, lane) => sum + lane.lost, 0)),
  ])
  const spread = (valueOf: (run: ReportData) => number | null): string => {
    const values = runs
      .map(valueOf)
      .filter((each): each is number => each !== null)
      .sort((one, other) => one - other)
    if (values.length === 0) return '–'
    return `${seconds(values[Math.floor((values.length - 1) / 2)] ?? null)} (${seconds(values[0] ?? null)} … ${seconds(values.at(-1) ?? null)})`
  }
  const last = [
    '<b>median (range)</b>',
    '',
    spread(({ times }) => times.detectMs),
    spread(({ times }) => times.serveAgainMs),
    spread(({ times }) => times.replicatedMs),
    '',
  ]
  return table(['run', 'verdict', 'noticed', 'served again', 'replicated', 'lost'], [...rows, last])
}
