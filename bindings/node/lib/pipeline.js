'use strict';

const { ReplyError } = require('./errors');
const { checkBoolean, checkNames } = require('./options');
const { made, result } = require('./tape');
const { addVerbs } = require('./verbs');

// Beyond so many keys it is worth fetching from memory what several lie in together, as a pipeline
// of any commands does.
const GETS_MAX = 32;

const SPREAD_MAX = 1000; // more arguments go in an array

function setWords(key, value, ttlMs) {
  return ttlMs === undefined ? ['SET', key, value] : ['SET', key, value, 'PX', ttlMs];
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
  #gets; // keys, while there are no commands but GET
  #commands; // else: how many words one has, its words, and so on
  #count = 0; // of those commands
  #conversions; // [which command, of its reply], if there are

  /**
   * `target` is the native half of what runs the commands; `runGets`, if given, takes the keys of a
   * few GETs; `buffers` says what strings come as.
   */
  constructor(target, runGets, buffers, options) {
    this.#target = target;
    this.#buffers = buffers;
    this.#atomic = options !== undefined && isAtomic(options);
    this.#runGets = this.#atomic ? undefined : runGets;
  }

  get length() {
    return this.#gets === undefined ? this.#count : this.#gets.length;
  }

  command(...words) {
    if (words.length === 0) throw new TypeError('a command has at least its verb');
    return this._run(words);
  }

  _run(words) {
    const commands = this.#anyCommands();
    if (words.length <= SPREAD_MAX) {
      commands.push(words.length, ...words);
    } else {
      commands.push(words.length);
      for (const word of words) commands.push(word);
    }
    this.#count++;
    return this;
  }

  get(key) {
    if (this.#gets !== undefined) {
      this.#gets.push(key);
    } else if (this.#commands === undefined) {
      this.#gets = [key];
    } else {
      this.#commands.push(2, 'GET', key);
      this.#count++;
    }
    return this;
  }

  #anyCommands() {
    if (this.#commands === undefined) {
      const gets = this.#gets ?? [];
      this.#commands = [];
      for (const key of gets) this.#commands.push(2, 'GET', key);
      this.#count = gets.length;
      this.#gets = undefined;
    }
    return this.#commands;
  }

  set(key, value, ttlMs) {
    return this._run(setWords(key, value, ttlMs));
  }

  _converted(convert, words) {
    const converted = (reply) => convert(reply, this.#buffers, words);
    (this.#conversions ??= []).push([this.length, converted]);
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
    this.#gets = undefined;
    this.#commands = undefined;
    this.#count = 0;
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
    if (this.length === 0) return [];
    const gets = this.#gets;
    if (gets !== undefined && this.#runGets !== undefined && gets.length <= GETS_MAX) {
      return this.#runGets(gets);
    }
    const commands = this.#anyCommands();
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
