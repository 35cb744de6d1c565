'use strict';

const { result } = require('./tape');
const { wholeMs } = require('./timing');

/** The time of one instance, in milliseconds since the Unix epoch. */
class Clock {
  #instance;

  constructor(instance) {
    this.#instance = instance;
  }

  now() {
    return result(this.#instance._clockNow());
  }

  freeze(at) {
    const ms = at instanceof Date ? at.getTime() : at;
    result(this.#instance._clockFreeze(ms === undefined ? -1 : wholeMs(ms, 'a moment')));
  }

  advance(ms) {
    result(this.#instance._clockAdvance(wholeMs(ms, 'a span of time', -Infinity)));
  }

  resume() {
    result(this.#instance._clockResume());
  }
}

module.exports = { Clock };
