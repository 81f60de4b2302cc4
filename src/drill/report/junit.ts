import type { ReportData } from './report-data.ts'
import { figure } from './words.ts'

/** JUnit's XML, as continuous integration reads it: a suite per drill, a case per step and per threshold. */
export function junitReport(reports: readonly ReportData[]): string {
  const suites = reports.map((data) => {
    const steps = data.steps.map((step) => {
      const isWell = step.status === 'succeeded' && step.tolerated
      return testCase(
        data.name,
        step.name,
        step.durationMs,
        isWell ? null : (step.error ?? `is ${String(step.output)}`),
      )
    })
    const thresholds = data.thresholds.map((each) =>
      testCase(
        data.name,
        `${each.metric} ${each.threshold}`,
        0,
        each.holds ? null : `measured ${figure(each.value)}`,
      ),
    )
    const verdict = testCase(
      data.name,
      'verdict',
      data.wallMs,
      data.verdict === 'held' ? null : `${data.verdict}: ${data.reason}`,
    )
    const cases = [...steps, ...thresholds, verdict]
    const failures = cases.filter((each) => each.includes('<failure')).length
    return [
      `  <testsuite name="${escapeXml(data.name)}" tests="${cases.length}" failures="${failures}" time="${data.wallMs / 1000}" timestamp="${data.startedAt}">`,
      ...cases,
      '  </testsuite>',
    ].join('\n')
  })
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites name="zurau drills">',
    ...suites,
    '</testsuites>',
    '',
  ].join('\n')
}

function testCase(suite: string, name: string, ms: number, failure: string | null): string {
  const head = `    <testcase classname="${escapeXml(suite)}" name="${escapeXml(name)}" time="${ms / 1000}"`
  return failure === null ? `${head}/>` : `${head}><failure message="${escapeXml(failure)}"/></testcase>`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Safe inside elements and quoted attributes, of HTML too. Control characters, which XML forbids, are left out. */
export function escapeXml(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => ENTITIES[character] as string)
    .replace(CONTROL_CHARACTERS, '')
}

const CONTROL_CHARACTERS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g
