'use strict';

const { addVerbs } = require('./verbs');

function setWords(key, value, ttlMs) {
  return ttlMs === undefined ? ['SET', key, value] : ['SET', key, value, 'PX', ttlMs];
}

/** Commands that are collected, then run in one call. Can be run again, with the same commands. */
class Pipeline {
  #run;
  #buffers;
  #words = [];
  #sizes = [];
  #conversions = []; // [which command, of its reply]

  /** `run` takes all words, and how many each command has; `buffers` says what strings come as. */
  constructor(run, buffers) {
    this.#run = run;
    this.#buffers = buffers;
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
    return this.exec(...setWords(key, value, ttlMs));
  }

  _converted(convert, words) {
    this.#conversions.push([this.length, (reply) => convert(reply, this.#buffers, words)]);
    return this.exec(...words);
  }

  clear() {
    this.#words = [];
    this.#sizes = [];
    this.#conversions = [];
    return this;
  }

  run() {
    const replies = this.#run(this.#words, this.#sizes);
    for (const [i, convert] of this.#conversions) replies[i] = convert(replies[i]);
    return replies;
  }
}

addVerbs(Pipeline);

module.exports = { Pipeline, setWords };
