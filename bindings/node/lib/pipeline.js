'use strict';

const { append, grown, nulls } = require('./arrays');
const { ReplyError } = require('./errors');
const { checkBoolean, checkNames } = require('./options');
const { made, result } = require('./tape');
const { addVerbs } = require('./verbs');

// Beyond so many keys it is worth fetching from memory what several lie in together, as a pipeline
// of any commands does.
const GETS_MAX = 32;

const ROOM_FIRST = 16;
const SPREAD_MAX = 1000; // more arguments go in an array

function setWords(key, value, ttlMs) {
  return ttlMs === undefined ? ['SET', key, value] : ['SET', key, value, 'PX', ttlMs];
}

/** How many words a command has, then they, and so on for each. */
function counted(commands, count) {
  let size = count;
  for (let i = 0; i < count; i++) size += commands[i].length;
  const all = nulls(size);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const words = commands[i];
    all[at++] = words.length;
    for (let j = 0; j < words.length; j++) all[at++] = words[j];
  }
  return all;
}

/** The same of GETs of these keys. */
function countedGets(keys, count) {
  const all = nulls(3 * count);
  for (let i = 0, at = 0; i < count; i++) {
    all[at++] = 2;
    all[at++] = 'GET';
    all[at++] = keys[i];
  }
  return all;
}

/** Throws what kept a transaction from running, if it did not. */
function checkThatItRan(replies) {
  const errors = replies.filter((each) => each instanceof ReplyError);
  const refused = errors.filter((error) => error.code !== 'EXECABORT');
  if (refused.length !== errors.length) throw refused[0] ?? errors[0];
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
  #target;
  #runGets;
  #buffers;
  #atomic;
  #commands; // the words of each, or only keys; behind them is room for more
  #count = 0; // of commands
  #areGets = true; // only keys
  #conversions; // [which command, of its reply], if there are

  /**
   * `target` is the native half of what runs the commands; `runGets`, if given, takes the keys of a
   * few GETs, in an array that it may fill with their values; `buffers` says what strings come as.
   */
  constructor(target, runGets, buffers, options) {
    this.#target = target;
    this.#buffers = buffers;
    this.#atomic = options !== undefined && isAtomic(options);
    this.#runGets = this.#atomic ? undefined : runGets;
  }

  get length() {
    return this.#count;
  }

  command(...words) {
    if (words.length === 0) throw new TypeError('a command has at least its verb');
    return this._run(words);
  }

  _run(words) {
    if (this.#areGets) this.#spellOut();
    return this.#add(words);
  }

  get(key) {
    return this.#add(this.#areGets ? key : ['GET', key]);
  }

  // Not by push(), which would run a setter that a prototype has.
  #add(command) {
    const commands = this.#commands;
    if (commands === undefined) this.#commands = nulls(ROOM_FIRST);
    else if (commands.length === this.#count) this.#commands = grown(commands);
    this.#commands[this.#count++] = command;
    return this;
  }

  #spellOut() {
    for (let i = 0; i < this.#count; i++) this.#commands[i] = ['GET', this.#commands[i]];
    this.#areGets = false;
  }

  set(key, value, ttlMs) {
    return this._run(setWords(key, value, ttlMs));
  }

  _converted(convert, words) {
    const converted = (reply) => convert(reply, this.#buffers, words);
    append((this.#conversions ??= []), [this.#count, converted]);
    return this._run(words);
  }

  _waited(convert, words, options) {
    const isPlain = this.#atomic && options === undefined;
    if (!isPlain) {
      throw new TypeError(`${words[0]} may wait: it goes into an atomic pipeline, without options`);
    }
    return convert === undefined ? this._run(words) : this._converted(convert, words);
  }

  _scripted(script, words) {
    return this._run([script.eval, script.lua, ...words]);
  }

  clear() {
    this.#commands = undefined;
    this.#count = 0;
    this.#areGets = true;
    this.#conversions = undefined;
    return this;
  }

  exec(options) {
    const raises = options === undefined || raisesOnError(options);
    const errorsBefore = made.errors;
    const replies = this.#replies();
    if (replies === undefined) return null; // a watched key has changed
    if (this.#atomic && made.errors !== errorsBefore) checkThatItRan(replies);
    const conversions = this.#conversions;
    if (conversions !== undefined) {
      for (const [i, convert] of conversions) replies[i] = convert(replies[i]);
    }
    if (raises && made.errors !== errorsBefore) raise(replies);
    return replies;
  }

  #replies() {
    if (this.#count === 0) return [];
    if (this.#areGets && this.#runGets !== undefined && this.#count <= GETS_MAX) {
      return this.#runGets(this.#commands.slice(0, this.#count));
    }
    const commands = (this.#areGets ? countedGets : counted)(this.#commands, this.#count);
    const target = this.#target;
    if (this.#atomic || commands.length > SPREAD_MAX) {
      return result(target._pipelineList(commands, this.#buffers, this.#atomic));
    }
    return result(
      this.#buffers ? target._pipelineBuffer(...commands) : target._pipeline(...commands),
    );
  }
}

addVerbs(Pipeline);

module.exports = { Pipeline, SPREAD_MAX, setWords };
