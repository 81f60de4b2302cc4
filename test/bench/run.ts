/**
 * Every benchmark in turn: our own parts first, then the whole broker beside a real Kafka on the same machine, as ratios.
 * The comparison needs the bench of `../shared/peer/bench` (Python, a C compiler, Java); without it that part is left out,
 * and the last line says so.
 *
 *     npm run bench -- [--only produce,small] [--runs 3] [--quick] [--parts] [--json FILE]
 *
 *     --parts   only our own parts, without Kafka
 *     --quick   one short run of each: shows that it works, never to be quoted
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { sharedFolder } from '../support/shared.ts'

const root = join(import.meta.dirname, '../..')
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    runs: { type: 'string' },
    json: { type: 'string' },
    quick: { type: 'boolean', default: false },
    parts: { type: 'boolean', default: false },
  },
})

const PARTS = ['codec.ts', 'append.ts', 'fetch.ts']

if (values.only === undefined) {
  for (const part of PARTS) {
    console.log(`\n## ${part}\n`)
    run(process.execPath, ['--expose-gc', '--import', 'tsx', join('test/bench', part)])
  }
}
if (!values.parts) besideKafka()

function besideKafka(): void {
  const bench = join(sharedFolder, 'peer', 'bench')
  if (!existsSync(join(bench, 'bench.py'))) {
    console.log(`\nSKIPPED the comparison with Kafka: ${bench} is not there (set ZURAU_SHARED)`)
    return
  }
  console.log('\n## beside Kafka 3.9.1\n')
  const build = join(root, '.cache', 'bench')
  run('make', ['-s', '-C', bench, `B=${build}`])
  const args = [
    ...(values.only === undefined ? [] : ['--only', values.only]),
    ...(values.runs === undefined ? [] : ['--runs', values.runs]),
    ...(values.json === undefined ? [] : ['--json', values.json]),
    ...(values.quick ? ['--quick'] : []),
  ]
  run('python3', [join(bench, 'bench.py'), ...args], {
    CANDIDATE_START: `${process.execPath} ${join(root, 'dist', 'zurau.mjs')} start $PROPS`,
    BENCH_BUILD: build,
    PEER_HOME: process.env['PEER_HOME'] ?? join(build, 'peer'),
  })
}

function run(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): void {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  })
  if (error !== undefined) throw error
  if (status !== 0) {
    console.error(`${command} ${args.join(' ')} ended with ${status ?? 'a signal'}`)
    process.exit(1)
  }
}
