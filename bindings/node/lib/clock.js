'use strict';

function milliseconds(value, what) {
  const ms = value instanceof Date ? value.getTime() : value;
  if (!Number.isSafeInteger(ms) || ms < 0) {
    throw new RangeError(`${what} is a whole number of milliseconds, not ${String(value)}`);
  }
  return ms;
}

/** The time of one instance, in milliseconds since the Unix epoch. */
class Clock {
  #instance;

  constructor(instance) {
    this.#instance = instance;
  }

  now() {
    return this.#instance._clockNow();
  }

  freeze(at) {
    this.#instance._clockFreeze(at === undefined ? -1 : milliseconds(at, 'a moment'));
  }

  advance(ms) {
    this.#instance._clockAdvance(milliseconds(ms, 'a span of time'));
  }

  resume() {
    this.#instance._clockResume();
  }
}

module.exports = { Clock };
