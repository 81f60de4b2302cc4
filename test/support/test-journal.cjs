'use strict'
const { appendFileSync } = require('node:fs')

/**
 * Writes into the journal of run-tests.mjs which test begins and ends in which process, at once: the reporter, which
 * hears of a file's tests when all of them are over, could not name the one that hangs.
 */
const journal = process.env.ZURAU_TEST_JOURNAL

const note = (what, title) =>
  journal !== undefined && appendFileSync(journal, `${JSON.stringify({ what, title, pid: process.pid })}\n`)

exports.mochaHooks = {
  beforeEach() {
    note('began', this.currentTest.fullTitle())
  },
  afterEach() {
    note('over', this.currentTest.fullTitle())
  },
}
