import { REPORT_STYLE } from '../../../drill/report/html-parts.ts'
import { CONTENDER_TITLES, type ContenderName } from './contender.ts'
import { CAVEATS, comparisonRows, MIGRATION_PLAN, TOOL_MATRIX } from './report-text.ts'
import type { CompareResult } from './result.ts'
import { judge, ms } from './verdict.ts'

const COLORS: Readonly<Record<ContenderName, string>> = {
  'zookeeper-faithful': 'var(--red)',
  zookeeper: 'var(--amber)',
  kafka: 'var(--blue)',
}

/** One page that needs nothing else: no script, charts as SVG. */
export function htmlReport(result: CompareResult): string {
  const { sentence, reasons, advice } = judge(result)
  const { head, rows } = comparisonRows(result)
  const needed = (result.load.groups * 1000) / result.load.everyMs
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Where to keep consumer offsets</title>
<style>${REPORT_STYLE}
svg{width:100%;height:auto;display:block}svg text{font:12px system-ui,sans-serif;fill:var(--dim)}svg .grid{stroke:var(--line);stroke-width:1}
.legend span{margin-right:16px;white-space:nowrap}.legend i{display:inline-block;width:14px;height:3px;margin-right:6px;vertical-align:middle}
td:not(:first-child),th:not(:first-child){text-align:right}.left td,.left th{text-align:left!important}pre{overflow-x:auto;margin:0;font:13px ui-monospace,monospace}</style></head>
<body><header${advice === 'move' ? ' class="bad"' : ''}><h1>Where to keep consumer offsets</h1>
<p class="verdict">${escaped(sentence)}</p>
<p class="facts">${escaped(result.startedAt)} · load ${escaped(result.load.source)} · ${result.repeats} rounds of ${result.secondsEach} s, median and range</p></header>
<main><section><h2>Why</h2><ul>${reasons.map((reason) => `<li>${escaped(reason)}</li>`).join('')}</ul></section>
<section><h2>Figures</h2>${table(head, rows)}</section>
<section><h2>How long commits take at your rate</h2>${legend(result)}${cdfChart(result)}</section>
<section><h2>Rate and latency</h2><p class="facts">The slowest percent of commits (p99) at growing rates; the dashed line is your rate.</p>${legend(result)}${rateChart(result, needed)}</section>
<section><h2>The ensemble while commits are at their limit</h2><p class="facts">What a small write of somebody else took, p99; ${escaped(ms(result.quietP99))} when it was quiet.</p>${bars(
    result.contenders.map(({ contender, othersP99 }) => ({ contender, value: othersP99.median })),
    result.quietP99,
  )}</section>
${result.faults
  .map(
    ({ name, command, gaps }) =>
      `<section><h2>Fault: ${escaped(name)}</h2><p class="facts"><code>${escaped(command)}</code> · the longest time without a commit that succeeded</p>${bars(
        gaps.map(({ contender, ms: value }) => ({ contender, value })),
        null,
      )}${table(
        ['', 'gap', 'commits that failed', 'groups that lost offsets'],
        gaps.map((gap) => [
          CONTENDER_TITLES[gap.contender],
          ms(gap.ms),
          String(gap.failures),
          String(gap.lost),
        ]),
      )}</section>`,
  )
  .join('\n')}
<section class="left"><h2>Who sees what</h2>${table(
    ['tool', 'ZooKeeper', 'topic'],
    TOOL_MATRIX.map((row) => [...row]),
  )}</section>
<section><h2>To move, and back</h2><pre>${MIGRATION_PLAN.map(escaped).join('\n')}</pre></section>
<section class="left"><h2>Set-up</h2>${table(
    ['', ''],
    Object.entries(result.setup).map(([name, value]) => [name, value]),
  )}<ul>${CAVEATS.map((caveat) => `<li>${escaped(caveat)}</li>`).join('')}</ul></section>
</main>
<script type="application/json" id="data">${JSON.stringify(result).replaceAll('<', '\\u003c')}</script>
</body></html>
`
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[], tag: 'td' | 'th'): string =>
    `<tr>${row.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>`
  return `<div class="scroll"><table>${cells(head, 'th')}${rows.map((row) => cells(row, 'td')).join('')}</table></div>`
}

function legend({ contenders }: CompareResult): string {
  const entries = contenders.map(
    ({ contender }) =>
      `<span><i style="background:${COLORS[contender]}"></i>${escaped(CONTENDER_TITLES[contender])}</span>`,
  )
  return `<p class="legend facts">${entries.join('')}</p>`
}

// --- charts ----------------------------------------------------------------------------------------------------------

const WIDTH = 960
const HEIGHT = 280
const LEFT = 64
const RIGHT = 28
const BOTTOM = 28
const TOP = 10

interface Axis {
  readonly at: (value: number) => number
  readonly ticks: readonly number[]
}

/** A logarithmic axis over the values, from pixel `from` to pixel `to`, with a tick at each power of ten. */
function logAxis(values: readonly number[], from: number, to: number): Axis {
  const positive = values.filter((value) => Number.isFinite(value) && value > 0)
  const low = Math.floor(Math.log10(Math.min(...positive, 1)))
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...positive, 1))))
  const at = (value: number): number => {
    const part = (Math.log10(Math.max(value, 10 ** low)) - low) / (high - low)
    return from + part * (to - from)
  }
  return { at, ticks: Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index)) }
}

function cdfChart({ contenders }: CompareResult): string {
  const x = logAxis(
    contenders.flatMap(({ cdf }) => cdf.map(([value]) => value)),
    LEFT,
    WIDTH - RIGHT,
  )
  const y = (percent: number): number => HEIGHT - BOTTOM - (percent / 100) * (HEIGHT - BOTTOM - TOP)
  const lines = contenders.map(({ contender, cdf }) =>
    polyline(
      cdf.map(([value, percent]) => [x.at(value), y(percent)]),
      COLORS[contender],
    ),
  )
  return svg(
    [
      ...x.ticks.map((tick) => verticalTick(x.at(tick), ms(tick))),
      ...[0, 50, 90, 100].map((percent) => horizontalTick(y(percent), `${percent} %`)),
      ...lines,
    ],
    'Cumulative distribution of commit latencies',
  )
}

function rateChart({ contenders }: CompareResult, needed: number): string {
  const points = contenders.flatMap(({ rates }) => rates)
  const x = logAxis([...points.map(({ perSecond }) => perSecond), needed], LEFT, WIDTH - RIGHT)
  const y = logAxis(
    points.map(({ p99 }) => p99),
    HEIGHT - BOTTOM,
    TOP,
  )
  return svg(
    [
      ...x.ticks.map((tick) => verticalTick(x.at(tick), `${tick}/s`)),
      ...y.ticks.map((tick) => horizontalTick(y.at(tick), ms(tick))),
      `<line x1="${x.at(needed).toFixed(1)}" x2="${x.at(needed).toFixed(1)}" y1="${TOP}" y2="${HEIGHT - BOTTOM}" stroke="var(--ink)" stroke-dasharray="4 4"/>`,
      ...contenders.map(({ contender, rates }) =>
        polyline(
          rates.map(({ perSecond, p99 }) => [x.at(perSecond), y.at(p99)]),
          COLORS[contender],
          true,
        ),
      ),
    ],
    'Latency at growing rates',
  )
}

function bars(values: readonly { contender: ContenderName; value: number }[], quiet: number | null): string {
  const known = values.filter(({ value }) => Number.isFinite(value))
  const most = Math.max(...known.map(({ value }) => value), quiet ?? 0, 1e-9)
  const width = (value: number): number => Math.max(1, (value / most) * (WIDTH - 340))
  const rows = known.map(({ contender, value }, index) => {
    const y = index * 30
    return (
      `<text x="0" y="${y + 17}">${escaped(CONTENDER_TITLES[contender])}</text>` +
      `<rect x="200" y="${y + 4}" height="18" rx="3" width="${width(value).toFixed(1)}" fill="${COLORS[contender]}"/>` +
      `<text x="${(210 + width(value)).toFixed(1)}" y="${y + 17}">${escaped(ms(value))}</text>`
    )
  })
  return `<svg viewBox="0 0 ${WIDTH} ${Math.max(1, known.length) * 30}" role="img">${rows.join('')}</svg>`
}

function svg(parts: readonly string[], title: string): string {
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img"><title>${escaped(title)}</title>${parts.join('')}</svg>`
}

function polyline(points: readonly (readonly [number, number])[], color: string, withDots = false): string {
  const shown = points.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y))
  const path = shown.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ')
  const dots = withDots
    ? shown
        .map(([x, y]) => `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="3" fill="${color}"/>`)
        .join('')
    : ''
  return `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="2"/>${dots}`
}

function verticalTick(x: number, label: string): string {
  const at = x.toFixed(1)
  return `<line class="grid" x1="${at}" x2="${at}" y1="${TOP}" y2="${HEIGHT - BOTTOM}"/><text x="${at}" y="${HEIGHT - 8}" text-anchor="middle">${escaped(label)}</text>`
}

function horizontalTick(y: number, label: string): string {
  const at = y.toFixed(1)
  return `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}"/><text x="${LEFT - 6}" y="${(y + 4).toFixed(1)}" text-anchor="end">${escaped(label)}</text>`
}
