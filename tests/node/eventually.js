'use strict';

const { setTimeout: delay } = require('node:timers/promises');

/** Resolves once the condition holds; rejects when it does not within the time. */
async function eventually(condition, timeoutMs = 10_000) {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`never came true: ${condition}`);
    await delay(1);
  }
}

module.exports = { eventually };
