import { catalogue } from '../../drill/catalogue/catalogue.ts'
import type { Experiment } from '../../drill/experiment/experiment.ts'

/** `docs/runbooks/`: a page per drill, and one that lists them. What an operator does is what the drill rehearses. */
export function runbookPages(): Readonly<Record<string, () => string>> {
  const pages = Object.entries(catalogue).map(
    ([name, experiment]) => [`runbooks/${name}.md`, () => runbook(name, experiment)] as const,
  )
  return { 'runbooks/README.md': overview, ...Object.fromEntries(pages) }
}

function overview(): string {
  const rows = Object.entries(catalogue).map(
    ([
      name,
      {
        title,
        extensions: [{ number, level, coach }],
      },
    ]) => {
      return `| ${number ?? ''} | [${title}](${name}.md) | ${level} | ${cell(coach.symptom)} |`
    },
  )
  return [
    '# Runbooks',
    '',
    'Printed from the drills (`npm run docs`): each page is rehearsed with `zurau drill run NAME`, on processes of its own.',
    '',
    '| # | what happens | level | what one sees first |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}

function runbook(name: string, { title, description, method, extensions: [extension] }: Experiment): string {
  const { coach, thresholds, mutation, level, needs = [] } = extension
  const rules = Object.entries(thresholds).flatMap(([metric, list]) =>
    list.map((rule) => {
      const { threshold, window = 'run' } = typeof rule === 'string' ? { threshold: rule } : rule
      return `| ${metric} | \`${cell(threshold)}\` | ${window} |`
    }),
  )
  const steps = coach.steps.flatMap(({ say, run, apache }, index) => [
    `${index + 1}. ${say}`,
    ...(run === undefined ? [] : [`   - \`${run}\``]),
    ...(apache === undefined ? [] : [`   - Apache: \`${apache}\``]),
  ])
  const list = (heading: string, texts: readonly string[]): string[] =>
    texts.length === 0 ? [] : [`## ${heading}`, '', ...texts.map((text) => `- ${text}`), '']
  return [
    `# ${title}`,
    '',
    description,
    '',
    `Level ${level}. Rehearse it: \`zurau drill run ${name}\`; as a trainee: \`zurau drill run ${name} --train\`.`,
    ...(needs.length === 0 ? [] : [`It needs: ${needs.map((need) => NEEDS[need]).join('; ')}.`]),
    '',
    '## What one sees',
    '',
    coach.symptom,
    '',
    ...list('To think about', coach.questions ?? []),
    ...list('Where to look', coach.hints),
    '## What to do',
    '',
    ...steps,
    '',
    '## What good looks like',
    '',
    coach.good,
    '',
    '| metric | threshold | window |',
    '|---|---|---|',
    ...rules,
    '',
    '## What the drill does',
    '',
    ...method.map((step) => `1. ${step.name}: \`${step.provider.arguments}\``),
    '',
    `That it would notice is proved with \`--mutate\`: ${mutation.title}.`,
    '',
  ].join('\n')
}

const NEEDS = {
  ensemble: 'three ZooKeeper servers (`ZURAU_ZOOKEEPER_JARS`)',
  'inner-faults': 'brokers of ours, which can be made to suffer from within',
  'own-brokers': 'brokers of ours, because of the setting that it is about',
} as const

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
