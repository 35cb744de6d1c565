'use strict';

const native = require('./native');
const { ClosedError } = require('./errors');
const { mayWait } = require('./blocking');
const { Pipeline, SPREAD_MAX, setWords } = require('./pipeline');
const { Hold, Readiness, Watch } = require('./readiness');
const { recordOf, recordResult, result } = require('./tape');
const { deadlineAfter } = require('./timing');
const { addVerbs } = require('./verbs');

/** What a connection is to a server. Its commands take effect in the order of the calls. */
class Session extends native.Session {
  #buffers;
  #readiness;
  #last; // settles with the last execAsync, while one waits
  #cancel; // ends the wait of a command

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

  execAsync(...words) {
    const run = () => (mayWait(words[0]) ? this.#execOnThread(words) : this.exec(...words));
    let reply;
    try {
      reply = this.#last === undefined ? run() : this.#last.then(run);
    } catch (error) {
      return Promise.reject(error);
    }
    if (!(reply instanceof Promise)) return Promise.resolve(reply);
    const forget = () => {
      if (this.#last === settled) this.#last = undefined;
    };
    const settled = reply.then(forget, forget);
    this.#last = settled;
    return reply;
  }

  #execOnThread(words) {
    const hold = new Hold();
    const descriptor = result(this._begin(...words));
    return new Promise((resolve, reject) => {
      const settle = () => {
        watch.close();
        hold.unref();
        this.#cancel = undefined;
      };
      const watch = new Watch(descriptor, () => {
        settle();
        try {
          resolve(result(this._finish(this.#buffers)));
        } catch (error) {
          reject(error);
        }
      });
      hold.ref();
      this.#cancel = () => {
        settle();
        reject(new ClosedError('the session was closed'));
      };
    });
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

  pipeline(options) {
    const run = (commands) => this._pipelined(commands);
    return new Pipeline(run, undefined, this.#buffers, options);
  }

  _pipelined(commands) {
    const all = commands.length > SPREAD_MAX ? [commands] : commands;
    return result(this.#buffers ? this._pipelineBuffer(...all) : this._pipeline(...all));
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
    this.#cancel?.();
    this.#readiness?.close();
    result(this._close());
  }

  [Symbol.dispose]() {
    this.close();
  }
}

addVerbs(Session);

module.exports = { Session };
