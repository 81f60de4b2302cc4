'use strict'
const { appendFileSync } = require('node:fs')
const { reporters } = require('mocha')

/**
 * The spec reporter, and one closing line that counts: "N passed, N failed, N skipped", alone on a line.
 *
 * Under run-tests.mjs, which prints that line whatever becomes of mocha, it writes what happens into the journal that
 * ZURAU_TEST_JOURNAL names, a JSON value per line.
 */
module.exports = class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options)
    const journal = process.env.ZURAU_TEST_JOURNAL
    if (journal === undefined) {
      runner.once('end', () => {
        const { passes, failures, pending } = this.stats
        console.log(`${passes} passed, ${failures} failed, ${pending} skipped`)
      })
      return
    }
    const note = (what, test) =>
      appendFileSync(journal, `${JSON.stringify({ what, title: test?.fullTitle() })}\n`)
    runner.on('pass', (test) => note('passed', test))
    runner.on('fail', (test) => note('failed', test))
    runner.on('pending', (test) => note('skipped', test))
    runner.once('end', () => note('ended'))
  }
}
