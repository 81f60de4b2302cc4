/** What a report looks like; light and dark, narrow and wide. */
export const REPORT_STYLE = `
:root{color-scheme:light dark;--ink:#1c2430;--paper:#fbfaf7;--card:#fff;--line:#dcd8cf;--dim:#6b7280;--blue:#2563a8;--red:#b3362b;--green:#2c7a4b;--amber:#b7791f}
@media(prefers-color-scheme:dark){:root{--ink:#e6e3dc;--paper:#15181d;--card:#1d2128;--line:#343a44;--dim:#9aa3af;--blue:#7ab2ee;--red:#ef8478;--green:#77c795;--amber:#e5b662}}
*{box-sizing:border-box}body{margin:0;font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
header,main{max-width:1080px;margin:0 auto;padding:16px 20px}header{border-top:6px solid var(--green)}header.bad{border-color:var(--red)}
h1{margin:0 0 6px;font-size:28px;line-height:1.2}h2{font-size:17px;margin:0 0 10px}.verdict{margin:0;font-weight:600;color:var(--green)}.bad .verdict,.reason{color:var(--red)}
.facts{color:var(--dim);font-size:13px}section{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:14px 16px;margin:0 0 16px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:10px;margin:0 0 16px}.tiles div{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 14px}
.tiles b{display:block;font-size:22px;font-variant-numeric:tabular-nums}.tiles span{color:var(--dim);font-size:13px}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}th{text-align:left;color:var(--dim);font-weight:500;font-size:13px}td,th{padding:4px 12px 4px 0;border-bottom:1px solid var(--line);vertical-align:top}
code{font:13px ui-monospace,monospace}.yes{color:var(--green)}.no{color:var(--red)}
.chart{position:relative;margin:0 0 8px}.chart p{margin:0;font-size:13px;display:flex;justify-content:space-between;color:var(--dim)}.chart canvas{width:100%;height:84px;display:block}
.events{list-style:none;margin:0;padding:0;max-height:420px;overflow:auto;font-size:13px}.events time{display:inline-block;width:64px;color:var(--dim)}.events b{display:inline-block;width:84px;font-weight:500}
.injection b,.process b{color:var(--red)}.controller b{color:var(--amber)}.election b,.isr b{color:var(--blue)}.human b{color:var(--green)}
#timeline{font-size:13px;color:var(--dim);min-height:20px}`

/** Draws the charts on canvases and moves one cursor over all of them. No library: some lines and some rectangles. */
export const REPORT_SCRIPT = `
(() => {
  const data = JSON.parse(document.getElementById('data').textContent)
  const { slices, gauges, events, faultMs, endMs } = data
  const span = Math.max(1, endMs, slices.length ? slices[slices.length - 1].atMs : 0, gauges.length ? gauges[gauges.length - 1].atMs : 0)
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
  const charts = [
    { title: 'acknowledged and failed, per slice', unit: '', series: [{ of: slices, value: (p) => p.acknowledged, color: '--green', bars: true }, { of: slices, value: (p) => p.failed, color: '--red', bars: true }] },
    { title: 'time to acknowledgement, p50 and p99', unit: 'ms', log: true, series: [{ of: slices, value: (p) => p.p50, color: '--blue' }, { of: slices, value: (p) => p.p99, color: '--amber' }] },
    { title: 'partitions: under-replicated, below min in-sync, offline', unit: '', series: [{ of: gauges, value: (p) => p.urp, color: '--amber', step: true }, { of: gauges, value: (p) => p.underMin, color: '--blue', step: true }, { of: gauges, value: (p) => p.offline, color: '--red', step: true }] },
    { title: 'lag of the readers', unit: 'records', series: [{ of: gauges, value: (p) => p.lag, color: '--blue' }] },
    { title: 'there is a controller', unit: '', series: [{ of: gauges, value: (p) => p.zk, color: '--green', step: true }] },
  ]
  const holder = document.getElementById('charts')
  const drawn = []
  for (const chart of charts) {
    const box = document.createElement('div')
    box.className = 'chart'
    const head = document.createElement('p')
    const title = document.createElement('span')
    const now = document.createElement('span')
    title.textContent = chart.title
    head.append(title, now)
    const canvas = document.createElement('canvas')
    box.append(head, canvas)
    holder.append(box)
    drawn.push({ chart, canvas, now })
  }
  let cursorMs = null
  const scale = (chart, value) => (chart.log ? Math.log10(1 + value) : value)
  const draw = ({ chart, canvas, now }) => {
    const ratio = window.devicePixelRatio || 1
    const width = canvas.clientWidth
    const height = canvas.clientHeight
    canvas.width = width * ratio
    canvas.height = height * ratio
    const g = canvas.getContext('2d')
    g.scale(ratio, ratio)
    const x = (ms) => (ms / span) * width
    let top = 0
    for (const { of, value } of chart.series) for (const p of of) top = Math.max(top, value(p) ?? 0)
    const most = scale(chart, top) || 1
    const y = (v) => height - 2 - (scale(chart, v) / most) * (height - 8)
    if (faultMs !== null) { g.fillStyle = color('--red') + '1c'; g.fillRect(x(faultMs), 0, x(endMs) - x(faultMs), height) }
    for (const event of events) {
      if (event.kind !== 'injection' && event.kind !== 'controller' && event.kind !== 'human') continue
      g.fillStyle = event.kind === 'injection' ? color('--red') : color('--dim')
      g.fillRect(x(event.atMs), 0, 1, height)
    }
    for (const { of, value, color: name, bars, step } of chart.series) {
      g.strokeStyle = g.fillStyle = color(name)
      g.lineWidth = 1.4
      g.beginPath()
      let last = null
      for (const p of of) {
        const v = value(p)
        if (v === null) { last = null; continue }
        if (bars) { if (v > 0) g.fillRect(x(p.atMs), y(v), Math.max(1, width / of.length - 0.5), height - y(v)); continue }
        if (last === null) g.moveTo(x(p.atMs), y(v))
        else { if (step) g.lineTo(x(p.atMs), y(last)); g.lineTo(x(p.atMs), y(v)) }
        last = v
      }
      g.stroke()
    }
    g.fillStyle = color('--dim')
    g.font = '11px system-ui'
    g.fillText(Math.round(top) + ' ' + chart.unit, 2, 11)
    if (cursorMs === null) { now.textContent = ''; return }
    g.fillStyle = color('--ink')
    g.fillRect(x(cursorMs), 0, 1, height)
    now.textContent = chart.series.map(({ of, value }) => {
      const p = of.findLast((each) => each.atMs <= cursorMs)
      return p === undefined ? '–' : String(value(p) ?? '–')
    }).join(' · ')
  }
  const timeline = document.getElementById('timeline')
  const all = () => {
    drawn.forEach(draw)
    if (cursorMs === null) { timeline.textContent = ''; return }
    const near = events.filter((event) => Math.abs(event.atMs - cursorMs) < span / 100).slice(0, 4)
    timeline.textContent = (cursorMs / 1000).toFixed(1) + ' s  ' + near.map((event) => event.kind + ': ' + event.text).join('   ')
  }
  holder.addEventListener('pointermove', (event) => {
    const { left, width } = holder.getBoundingClientRect()
    cursorMs = Math.min(span, Math.max(0, ((event.clientX - left) / width) * span))
    all()
  })
  holder.addEventListener('pointerleave', () => { cursorMs = null; all() })
  addEventListener('resize', all)
  all()
})()
`
