'use strict'

/**
 * A promise that is rejected while nobody looks fails the test that runs. Mocha 11 alone says nothing of it: it hands such
 * rejections on to whoever listens to the process, and without a listener they are lost.
 */
exports.mochaHooks = {
  // Not at load time: mocha's parallel workers remove all listeners before each file.
  beforeAll() {
    if (!process.listeners('unhandledRejection').includes(rethrow)) process.on('unhandledRejection', rethrow)
  },
}

function rethrow(reason) {
  throw reason
}
