import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'
import { mutants, type Edit, type Mutant } from './mutants.ts'

// Plants one bug at a time into a bundle of the simulation, and looks how many seeds it lives. The sources stay as they
// are. `npm run sim-mutants [-- --seeds 2000 NAME…]`.

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
/** In here, so that the bundles find their packages. */
const BUNDLES = join(ROOT, 'node_modules/.cache/sim-mutants')
const DEFAULT_MAX_SEEDS = 2000

async function main(): Promise<void> {
  const { values, positionals: wanted } = parseArgs({
    options: { seeds: { type: 'string', default: `${DEFAULT_MAX_SEEDS}` } },
    allowPositionals: true,
  })
  const maxSeeds = Number(values.seeds)
  const sound = await bundle('sound', [])
  let survivors = 0
  for (const mutant of mutants) {
    if (wanted.length > 0 && !wanted.includes(mutant.name)) continue
    const killer = await killerOf(mutant, sound, maxSeeds)
    if (killer === null) survivors++
    print(`${mutant.name.padEnd(28)} ${killer === null ? `LIVES after ${maxSeeds} seeds` : killer}`)
    print(`${''.padEnd(28)} ${mutant.story}`)
  }
  if (survivors > 0) process.exitCode = 1
}

/** The first seed that fails with the bug and not without it. */
async function killerOf(mutant: Mutant, sound: string, maxSeeds: number): Promise<string | null> {
  const file = await bundle(mutant.name, mutant.edits)
  for (let from = 1; from <= maxSeeds;) {
    const args = [
      '--mode',
      mutant.mode,
      '--failures',
      '1',
      '--from',
      `${from}`,
      '--seeds',
      `${maxSeeds + 1 - from}`,
    ]
    const swarm = await run(file, args)
    const found = /^\S+\/(\d+):\n {2}(.*)$/m.exec(swarm.output)
    if (found === null) {
      if (swarm.exitCode === 0) return null
      throw new Error(`the swarm of ${mutant.name} broke off: ${swarm.output}`)
    }
    const [, seed = '', violation] = found
    const control = await run(sound, ['--seed', `${mutant.mode}/${seed}`, '--trace', '1'])
    if (control.exitCode === 0) return `seed ${seed.padEnd(5)} ${violation?.slice(0, 140)}`
    print(`seed ${mutant.mode}/${seed} fails without any mutant too`)
    from = Number(seed) + 1
  }
  return null
}

async function bundle(name: string, edits: readonly Edit[]): Promise<string> {
  const outfile = join(BUNDLES, `${name}.mjs`)
  const applied = new Set<Edit>()
  const plugin: Plugin = {
    name: 'plant',
    setup: (setup) => {
      setup.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const own = edits.filter(({ file }) => path === join(ROOT, file))
        if (own.length === 0) return null
        let contents = readFileSync(path, 'utf8')
        for (const edit of own) {
          if (contents.split(edit.find).length !== 2) continue
          contents = contents.replace(edit.find, () => edit.replace)
          applied.add(edit)
        }
        return { contents, loader: 'ts' }
      })
    },
  }
  await build({
    entryPoints: [join(ROOT, 'test/simulation/swarm.ts')],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
    plugins: [plugin],
  })
  const missed = edits.find((edit) => !applied.has(edit))
  if (missed !== undefined) throw new Error(`${name} does not fit ${missed.file} any more: ${missed.find}`)
  return outfile
}

function run(file: string, args: readonly string[]): Promise<{ exitCode: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--enable-source-maps', file, ...args], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.on('error', reject)
    child.on('close', (exitCode) => resolve({ exitCode, output }))
  })
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

await main()
