'use strict';

/** Commands that are collected, then run in one call. Can be run again, with the same commands. */
class Pipeline {
  #run;
  #words = [];
  #sizes = [];

  /** `run` takes all words, and how many each command has. */
  constructor(run) {
    this.#run = run;
  }

  get length() {
    return this.#sizes.length;
  }

  exec(...words) {
    if (words.length === 0) throw new TypeError('a command has at least its verb');
    for (const word of words) this.#words.push(word);
    this.#sizes.push(words.length);
    return this;
  }

  get(key) {
    return this.exec('GET', key);
  }

  set(key, value, ttlMs) {
    return ttlMs === undefined
      ? this.exec('SET', key, value)
      : this.exec('SET', key, value, 'PX', ttlMs);
  }

  clear() {
    this.#words = [];
    this.#sizes = [];
    return this;
  }

  run() {
    return this.#run(this.#words, this.#sizes);
  }
}

module.exports = { Pipeline };
