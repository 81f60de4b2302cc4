// Runs the checks and the tests, and closes with "N passed, N failed, N skipped" alone on a line, whatever happens:
// also when a test ends the process, hangs it, or keeps it from loading. `make test` calls it; node alone must do for it,
// because what it runs first are the targets that install the rest.
//
//   run-tests.mjs [--check 'name=command']… [--] command to run mocha…
//
// A check is a command that passes by exit code 0, and counts as one test. ZURAU_TEST_SILENCE_S (default 300): how long no
// test may begin or end before the run is given up; ZURAU_TEST_MINUTES (default 28): how long all of it may take.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const startedMs = Date.now()
const silenceMs = Number(process.env.ZURAU_TEST_SILENCE_S ?? 300) * 1000
const deadlineMs = startedMs + Number(process.env.ZURAU_TEST_MINUTES ?? 28) * 60_000
/** How long a process may live on after its last test, for what it has to close. */
const AFTERLIFE_MS = Math.min(30_000, silenceMs)
const MAX_SKIPPED_NAMED = 30

const { checks, command } = parse(process.argv.slice(2))
const total = { passed: 0, failed: 0, skipped: 0 }
/** What has gone wrong outside of mocha's own list of failures. */
const troubles = []
let running = null
let interrupted = null

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    interrupted ??= signal
    if (running !== null) end(running)
  })
}

for (const { name, line } of checks) {
  if (interrupted !== null) break
  console.log(`\n▸ ${name}`)
  const outcome = await run('sh', ['-c', line], { watch: () => null })
  if (outcome.code === 0) total.passed++
  else fail(`${name}: ${outcome.why ?? outcome.ending}`)
}
if (command.length > 0 && interrupted === null) await runMocha()
if (interrupted !== null) fail(`the run was interrupted by ${interrupted}`)
if (total.passed + total.failed === 0) fail('no test ran')
for (const trouble of troubles) console.log(`\n✖ ${trouble}`)
console.log(`\n${((Date.now() - startedMs) / 60_000).toFixed(1)} minutes`)
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exitCode = total.failed === 0 ? 0 : 1

function fail(trouble) {
  total.failed++
  troubles.push(trouble)
}

async function runMocha() {
  const directory = mkdtempSync(join(tmpdir(), 'zurau-tests-'))
  const journal = join(directory, 'journal')
  writeFileSync(journal, '')
  let lastSize = 0
  let changedMs = Date.now()
  const watch = () => {
    const { size } = statSync(journal)
    if (size !== lastSize) {
      lastSize = size
      changedMs = Date.now()
    }
    const quietMs = Date.now() - changedMs
    if (quietMs > AFTERLIFE_MS && readJournal(journal).ended) return 'something kept the process alive'
    return quietMs > silenceMs ? `nothing happened for ${Math.round(quietMs / 1000)} s` : null
  }
  const [file, ...args] = command
  const outcome = await run(file, args, { watch, env: { ...process.env, ZURAU_TEST_JOURNAL: journal } })
  const seen = readJournal(journal)
  rmSync(directory, { recursive: true, force: true })
  total.passed += seen.passed
  total.failed += seen.failed
  total.skipped += seen.skipped.length
  nameSkipped(seen.skipped)
  const under = [...seen.underWay.values()].map((title) => `\n    under way: ${title}`).join('')
  if (outcome.why !== null)
    fail(`${seen.ended ? 'after the last test' : 'the tests did not end'}: ${outcome.why}${under}`)
  else if (!seen.ended) fail(`mocha ended before the tests did (${outcome.ending})${under}`)
  else if (outcome.code !== 0 && seen.failed === 0) fail(`mocha ended with ${outcome.ending}`)
}

/** What the journal says, in whatever state it was left. */
function readJournal(path) {
  const seen = { passed: 0, failed: 0, skipped: [], underWay: new Map(), ended: false }
  for (const line of readFileSync(path, 'utf8').split('\n').slice(0, -1)) {
    const { what, title, pid } = JSON.parse(line)
    if (what === 'passed') seen.passed++
    else if (what === 'failed') seen.failed++
    else if (what === 'skipped') seen.skipped.push(title)
    else if (what === 'began') seen.underWay.set(pid, title)
    else if (what === 'over') seen.underWay.delete(pid)
    else seen.ended = true
  }
  return seen
}

function nameSkipped(titles) {
  if (titles.length === 0) return
  console.log(`\nSkipped, ${titles.length} in all:`)
  for (const title of titles.slice(0, MAX_SKIPPED_NAMED)) console.log(`  - ${title}`)
  if (titles.length > MAX_SKIPPED_NAMED) console.log(`  … and ${titles.length - MAX_SKIPPED_NAMED} more`)
}

/**
 * Runs a command in a process group of its own, and ends the whole group when `watch` has a reason to, or time is up.
 * Resolves with the exit code (null after a signal), that in words, and the reason, if there was one.
 */
function run(file, args, { watch, env = process.env }) {
  return new Promise((resolve) => {
    const child = spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit'], env, detached: true })
    running = child
    let why = null
    const timer = setInterval(() => {
      why ??= Date.now() > deadlineMs ? 'the time for the whole run is over' : watch()
      if (why !== null) end(child)
    }, 250)
    const done = (code, ending) => {
      clearInterval(timer)
      running = null
      end(child) // What the command left behind in its group.
      resolve({ code, ending, why })
    }
    child.once('error', (error) => done(null, error.message))
    child.once('exit', (code, signal) => done(code, signal ?? `exit code ${code}`))
  })
}

function end(child) {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    if (error.code !== 'ESRCH' && error.code !== 'EPERM') throw error
  }
}

function parse(args) {
  const checks = []
  let at = 0
  for (; args[at] === '--check'; at += 2) {
    const [name, ...line] = (args[at + 1] ?? '').split('=')
    checks.push({ name, line: line.join('=') })
  }
  return { checks, command: args.slice(args[at] === '--' ? at + 1 : at) }
}
