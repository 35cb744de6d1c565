// Times that callers give, in milliseconds, and timers for them. Node's own functions are kept, so
// that a test's fake timers do not stop kevy.
'use strict';

const { performance } = require('node:perf_hooks');
const { clearTimeout, setTimeout } = require('node:timers');

const TIMER_MAX = 2 ** 31 - 1; // what setTimeout takes for more is no time at all

const now = performance.now.bind(performance);

/** A whole number of milliseconds; a span may be negative if `min` says so. */
function wholeMs(value, what, min = 0) {
  if (!Number.isSafeInteger(value) || value < min) {
    throw new RangeError(`${what} is a whole number of milliseconds, not ${String(value)}`);
  }
  return value;
}

/** The end of a wait as now() counts: for ever when `timeoutMs` is undefined or Infinity. */
function deadlineAfter(timeoutMs) {
  if (timeoutMs === undefined || timeoutMs === Infinity) return Infinity;
  return now() + wholeMs(timeoutMs, 'a timeout');
}

/** Calls `done` when the deadline has passed; returns a function that calls it off. */
function atDeadline(deadline, done) {
  let timer;
  const wait = () => {
    const leftMs = deadline - now();
    if (leftMs <= 0) {
      done();
    } else if (leftMs !== Infinity) {
      timer = setTimeout(wait, Math.min(Math.ceil(leftMs), TIMER_MAX));
    }
  };
  wait();
  return () => clearTimeout(timer);
}

module.exports = { atDeadline, deadlineAfter, now, wholeMs };
