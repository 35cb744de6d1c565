'use strict';

const { ReplyError } = require('./errors');
const { checkBoolean, checkNames } = require('./options');
const { made } = require('./tape');
const { addVerbs } = require('./verbs');

// Beyond so many keys it is worth fetching from memory what several lie in together, as a pipeline
// of any commands does.
const GETS_MAX = 32;

const SPREAD_MAX = 1000; // more arguments go in an array

function setWords(key, value, ttlMs) {
  return ttlMs === undefined ? ['SET', key, value] : ['SET', key, value, 'PX', ttlMs];
}

/** The replies of a transaction's commands, out of those of MULTI, its commands and EXEC. */
function repliesOfExec(replies) {
  const all = replies.at(-1);
  if (!(all instanceof ReplyError)) return all;
  throw replies.find((each) => each instanceof ReplyError); // what EXEC was refused for
}

function isAtomic(options) {
  checkNames(options, ['atomic'], 'pipeline');
  checkBoolean(options.atomic, 'atomic');
  return options.atomic === true;
}

function raisesOnError(options) {
  checkNames(options, ['raiseOnError'], 'exec');
  checkBoolean(options.raiseOnError, 'raiseOnError');
  return options.raiseOnError !== false;
}

function raise(replies) {
  const error = replies.find((each) => each instanceof ReplyError);
  if (error !== undefined) throw Object.assign(error, { replies });
}

/** Commands that are collected, then run in one call. Can be run again, with the same commands. */
class Pipeline {
  #run;
  #runGets;
  #buffers;
  #atomic;
  #gets = []; // keys, while there are no commands but GET
  #commands; // from then on: how many words one has, its words, and so on
  #length = 0;
  #conversions; // [which command, of its reply], if there are

  /**
   * `run` takes the commands, and whether they are a transaction; `runGets`, if given, the keys of
   * a few GETs; `buffers` says what strings come as.
   */
  constructor(run, runGets, buffers, options) {
    this.#runGets = runGets;
    this.#run = run;
    this.#buffers = buffers;
    this.#atomic = options !== undefined && isAtomic(options);
  }

  get length() {
    return this.#length;
  }

  command(...words) {
    if (words.length === 0) throw new TypeError('a command has at least its verb');
    const commands = this.#anyCommands();
    commands.push(words.length);
    for (const word of words) commands.push(word);
    this.#length++;
    return this;
  }

  get(key) {
    if (this.#commands === undefined) this.#gets.push(key);
    else this.#commands.push(2, 'GET', key);
    this.#length++;
    return this;
  }

  #anyCommands() {
    this.#commands ??= this.#gets.flatMap((key) => [2, 'GET', key]);
    return this.#commands;
  }

  set(key, value, ttlMs) {
    return this.command(...setWords(key, value, ttlMs));
  }

  _run(words) {
    return this.command(...words);
  }

  _converted(convert, words) {
    const converted = (reply) => convert(reply, this.#buffers, words);
    (this.#conversions ??= []).push([this.#length, converted]);
    return this.command(...words);
  }

  clear() {
    this.#gets = [];
    this.#commands = undefined;
    this.#length = 0;
    this.#conversions = undefined;
    return this;
  }

  exec(options) {
    const raises = options === undefined || raisesOnError(options);
    const errorsBefore = made.errors;
    const replies = this.#replies();
    if (replies === null) return null; // a watched key has changed
    const conversions = this.#conversions;
    if (conversions !== undefined) {
      for (const [i, convert] of conversions) replies[i] = convert(replies[i]);
    }
    if (raises && made.errors !== errorsBefore) raise(replies);
    return replies;
  }

  #replies() {
    if (this.#atomic) {
      if (this.#length === 0) return [];
      return repliesOfExec(this.#run([1, 'MULTI', ...this.#anyCommands(), 1, 'EXEC'], true));
    }
    if (this.#commands === undefined && this.#runGets !== undefined && this.#length <= GETS_MAX) {
      return this.#runGets(this.#gets);
    }
    return this.#run(this.#anyCommands(), false);
  }
}

addVerbs(Pipeline);

module.exports = { Pipeline, SPREAD_MAX, setWords };
