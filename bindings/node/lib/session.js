'use strict';

const native = require('./native');
const { ClosedError } = require('./errors');
const { Pipeline, SPREAD_MAX, setWords } = require('./pipeline');
const { Readiness } = require('./readiness');
const { recordOf, recordResult, result } = require('./tape');
const { deadlineAfter } = require('./timing');
const { addVerbs } = require('./verbs');
const { Waiting, signalOf } = require('./waiting');

/** What a connection is to a server. Its commands take effect in the order of the calls. */
class Session extends native.Session {
  #buffers;
  #readiness;
  #waiting = new Waiting(this);

  constructor(instance, buffers) {
    super();
    result(this._open(instance));
    this._instance = instance; // kept alive
    this.#buffers = buffers;
  }

  exec(...words) {
    return this._run(words);
  }

  execBuffer(...words) {
    return result(
      words.length > SPREAD_MAX ? this._execList(words, true) : this._execBuffer(...words),
    );
  }

  execAsync(...given) {
    try {
      const [words, options] = Array.isArray(given[0]) ? given : [given];
      return Promise.resolve(this.#waiting.run(words, signalOf(options)));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  _finished() {
    return result(this._finish(this.#buffers));
  }

  get(key) {
    return this.exec('GET', key);
  }

  set(key, value, ttlMs) {
    this.exec(...setWords(key, value, ttlMs));
  }

  _run(words) {
    if (words.length > SPREAD_MAX) return result(this._execList(words, this.#buffers));
    return result(this.#buffers ? this._execBuffer(...words) : this._exec(...words));
  }

  _converted(convert, words) {
    if (convert === recordOf && words.length <= SPREAD_MAX) {
      return recordResult(this.#buffers ? this._execBuffer(...words) : this._exec(...words));
    }
    return convert(this._run(words), this.#buffers, words);
  }

  _waited(convert, words, options) {
    const reply = this.execAsync(words, options);
    if (convert === undefined) return reply;
    return reply.then((given) => convert(given, this.#buffers, words));
  }

  _scripted(script, words) {
    return this._run([script.eval, script.lua, ...words]); // also between MULTI and EXEC
  }

  pipeline(options) {
    return new Pipeline(this, undefined, this.#buffers, options);
  }

  async next(timeoutMs) {
    const deadline = deadlineAfter(timeoutMs);
    for (;;) {
      const push = result(this._next(this.#buffers));
      if (push !== undefined) return push;
      if (!(await this.#readable(deadline))) return null;
    }
  }

  feed(bytes) {
    return result(this._feed(bytes));
  }

  take() {
    const bytes = result(this._take());
    if (bytes === undefined) throw new ClosedError('the session has ended');
    return bytes;
  }

  async readable(timeoutMs) {
    return this.#readable(deadlineAfter(timeoutMs));
  }

  #readable(deadline) {
    this.#readiness ??= new Readiness(result(this._descriptor()));
    return this.#readiness.wait(deadline);
  }

  get closed() {
    return result(this._closed());
  }

  close() {
    if (this.closed) return;
    this.#readiness?.close();
    result(this._close());
    this.#waiting.end();
  }

  [Symbol.dispose]() {
    this.close();
  }
}

addVerbs(Session);

module.exports = { Session };
