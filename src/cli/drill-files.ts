import { catalogue } from '../drill/catalogue/catalogue.ts'
import type { DrillExtension, Experiment } from '../drill/experiment/experiment.ts'
import { experimentText, MAX_FILE_BYTES, parseExperiment } from '../drill/experiment/parse-experiment.ts'
import { nearestName } from '../config/nearest-name.ts'
import { DiskError } from '../platform/disk.ts'
import { CliError } from './cli-error.ts'
import { print, type OutputOptions } from './output.ts'
import type { Shell } from './shell.ts'

export interface NamedDrill {
  readonly name: string
  readonly experiment: Experiment
}

const NOT_A_DRILL = 2

/** A drill of the catalogue, or of a file. Throws CliError that says where the file is wrong. */
export function findDrill(name: string, shell: Shell): NamedDrill {
  const known = catalogue[name]
  if (known !== undefined) return { name, experiment: known }
  if (!isFileName(name)) {
    const nearest = nearestName(name, Object.keys(catalogue))
    throw new CliError(`there is no drill ${name} in the catalogue`, {
      advice:
        nearest === null
          ? 'see what there is: zurau drill list; or name a file that ends in .yaml or .json'
          : `did you mean: ${nearest}`,
      exitCode: NOT_A_DRILL,
    })
  }
  const parsed = parseExperiment(readText(name, shell))
  if ('experiment' in parsed)
    return { name: name.replace(/^.*\//, '').replace(/\.[a-z]+$/, ''), experiment: parsed.experiment }
  throw new CliError(
    parsed.problems.map((each) => `${name}:${each.line}:${each.column}: ${each.message}`).join('\n'),
    {
      advice: 'check the file again with: zurau drill lint',
      exitCode: NOT_A_DRILL,
    },
  )
}

export async function listDrills(
  { output, tag }: OutputOptions & { readonly tag?: string },
  shell: Shell,
): Promise<void> {
  const drills = Object.entries(catalogue)
    .filter(([, { tags }]) => tag === undefined || tags.includes(tag))
    .map(
      ([
        name,
        {
          title,
          tags,
          extensions: [{ number, level, needs }],
        },
      ]) => ({
        number: number ?? null,
        name,
        level,
        title,
        tags,
        needs: needs ?? [],
      }),
    )
  await print(shell.out, output, {
    data: drills,
    table: () => ({
      columns: [
        { title: '#', align: 'right' },
        { title: 'drill' },
        { title: 'level', align: 'right' },
        { title: 'what happens' },
      ],
      rows: drills.map(({ number, name, level, title }) => [
        String(number ?? ''),
        name,
        String(level),
        title,
      ]),
      whenEmpty: 'no drill has that tag',
    }),
  })
}

export async function showDrill(name: string, shell: Shell): Promise<void> {
  const { experiment } = findDrill(name, shell)
  const [{ level, coach, thresholds, mutation, needs = [] }] = experiment.extensions
  const rules = Object.entries(thresholds).flatMap(([metric, list]) =>
    list.map(
      (rule) =>
        `  ${metric}  ${typeof rule === 'string' ? rule : `${rule.threshold} (${rule.window ?? 'run'})`}`,
    ),
  )
  const lines = [
    experiment.title,
    '',
    experiment.description,
    '',
    `Level ${level}${needs.length === 0 ? '' : `; needs ${needs.join(' and ')}`}`,
    '',
    'Symptom',
    `  ${coach.symptom}`,
    '',
    'What is done',
    ...experiment.method.map((step) => `  ${step.name.padEnd(34)} ${step.provider.arguments}`),
    '',
    'What you would do',
    ...coach.steps.flatMap(({ say, run, apache }) => [
      `  ${say}`,
      ...(run === undefined ? [] : [`      zurau   ${run.replace(/^zurau /, '')}`]),
      ...(apache === undefined ? [] : [`      Apache  ${apache}`]),
    ]),
    '',
    'Good',
    `  ${coach.good}`,
    ...rules,
    '',
    `Broken on purpose with --mutate: ${mutation.title}`,
    '',
  ]
  await shell.out.write(`${lines.join('\n')}\n`)
}

export async function lintDrills(files: readonly string[], shell: Shell): Promise<number> {
  let isWrong = false
  for (const file of files) {
    const { problems } = parseExperiment(readText(file, shell))
    isWrong ||= problems.length > 0
    for (const { line, column, message } of problems)
      await shell.out.write(`${file}:${line}:${column}: ${message}\n`)
    if (problems.length === 0) await shell.err.write(`${file}: fine\n`)
  }
  return isWrong ? NOT_A_DRILL : 0
}

export async function newDrill(path: string, from: string, shell: Shell): Promise<void> {
  const { experiment } = findDrill(from, shell)
  // Numbers belong to the catalogue: JSON leaves out what is undefined.
  const [extension] = JSON.parse(JSON.stringify([{ ...experiment.extensions[0], number: undefined }])) as [
    DrillExtension,
  ]
  try {
    const file = shell.disk.open(path, { mode: 'create' })
    try {
      file.write([Buffer.from(experimentText({ ...experiment, extensions: [extension] }))], 0)
    } finally {
      file.close()
    }
  } catch (error) {
    if (error instanceof DiskError && error.code === 'EEXIST')
      throw new CliError(`${path} is there already`, {
        advice: 'choose another name: nothing is overwritten',
        exitCode: 2,
      })
    throw error
  }
  await shell.err.write(`${path} written; check it with: zurau drill lint ${path}\n`)
}

function isFileName(name: string): boolean {
  return name.includes('/') || /\.(ya?ml|json)$/.test(name)
}

function readText(path: string, { disk }: Shell): string {
  try {
    return disk.readSmallFile(path, MAX_FILE_BYTES).toString('utf8')
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
    const what = error.code === 'ENOENT' ? 'does not exist' : `cannot be read: ${error.message}`
    throw new CliError(`${path} ${what}`, { exitCode: NOT_A_DRILL, cause: error })
  }
}
