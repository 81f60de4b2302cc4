import { htmlReport } from '../drill/report/html.ts'
import { journalLines } from '../drill/report/journal.ts'
import { junitReport } from '../drill/report/junit.ts'
import { markdownReport } from '../drill/report/markdown.ts'
import { reportData, type ReportContext, type ReportData } from '../drill/report/report-data.ts'
import type { DrillResult } from '../drill/run/drill-result.ts'
import { writeText } from '../drill/sandbox/text-file.ts'
import type { Disk } from '../platform/disk.ts'
import { DiskError } from '../platform/disk.ts'
import { CliError } from './cli-error.ts'
import type { Shell } from './shell.ts'

const MAX_REPORT_BYTES = 256 * 1024 * 1024
/** Earlier runs that a report is compared with: the latest. */
const MAX_EARLIER = 10

const FILES = {
  data: 'report.json',
  html: 'report.html',
  markdown: 'report.md',
  junit: 'junit.xml',
  journal: 'journal.jsonl',
}

export interface WrittenReport {
  readonly directory: string
  readonly data: ReportData
}

/** Writes everything there is of a run into a folder of its own. Throws DiskError; half a report is removed. */
export function writeReport(
  result: DrillResult,
  context: ReportContext,
  out: string,
  disk: Disk,
): WrittenReport {
  const data = reportData(result, context)
  const stamp = data.startedAt.replace(/\.[0-9]+Z$/, '').replaceAll(':', '')
  let directory = `${out}/${stamp}-${context.name}`
  for (let copy = 2; disk.status(directory) !== null; copy++)
    directory = `${out}/${stamp}-${context.name}-${copy}`
  const earlier = earlierRuns(out, data, disk)
  disk.makeDirectory(directory)
  try {
    writeText(disk, `${directory}/${FILES.data}`, JSON.stringify(data))
    writeText(disk, `${directory}/${FILES.journal}`, [...journalLines(result)].join(''))
    render(directory, data, earlier, disk)
  } catch (error) {
    disk.removeTree(directory)
    throw error
  }
  return { directory, data }
}

export async function reportAgain(directory: string, shell: Shell): Promise<void> {
  const { disk } = shell
  const data = readData(directory, disk)
  if (data === null)
    throw new CliError(`${directory} holds no run of a drill`, {
      advice: `it would have a ${FILES.data}`,
      exitCode: 2,
    })
  const out = directory.replace(/\/+$/, '').replace(/\/?[^/]+$/, '')
  render(directory, data, earlierRuns(out === '' ? '.' : out, data, disk), disk)
  await shell.out.write(`${directory}/${FILES.html}\n`)
}

function render(directory: string, data: ReportData, earlier: readonly ReportData[], disk: Disk): void {
  const journal = disk.readSmallFile(`${directory}/${FILES.journal}`, MAX_REPORT_BYTES).toString('utf8')
  writeText(disk, `${directory}/${FILES.html}`, htmlReport(data, earlier, journal))
  writeText(disk, `${directory}/${FILES.markdown}`, markdownReport(data, earlier))
  writeText(disk, `${directory}/${FILES.junit}`, junitReport([data]))
}

/** Runs of the same drill on the same brokers that began before. */
function earlierRuns(out: string, data: ReportData, disk: Disk): ReportData[] {
  if (disk.status(out)?.kind !== 'directory') return []
  return disk
    .list(out)
    .filter((name) => name.includes(data.name))
    .map((name) => readData(`${out}/${name}`, disk))
    .filter((each): each is ReportData => each !== null)
    .filter(
      ({ name, brokers, isMutated, startedAt }) =>
        name === data.name &&
        brokers === data.brokers &&
        isMutated === data.isMutated &&
        startedAt < data.startedAt,
    )
    .sort((one, other) => (one.startedAt < other.startedAt ? -1 : 1))
    .slice(-MAX_EARLIER)
}

function readData(directory: string, disk: Disk): ReportData | null {
  try {
    const text = disk.readSmallFile(`${directory}/${FILES.data}`, MAX_REPORT_BYTES).toString('utf8')
    const value = JSON.parse(text) as ReportData
    return typeof value.name === 'string' && typeof value.startedAt === 'string' ? value : null
  } catch (error) {
    if (error instanceof DiskError || error instanceof SyntaxError) return null
    throw error
  }
}
