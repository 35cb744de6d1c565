'use strict';

const native = require('./native');
const { KevyError } = require('./errors');
const { mayWait } = require('./blocking');
const { Pipeline, setWords } = require('./pipeline');
const { Hold, Readiness, Watch } = require('./readiness');
const { addVerbs } = require('./verbs');

/** What a connection is to a server. Its commands take effect in the order of the calls. */
class Session extends native.Session {
  #buffers;
  #readiness;
  #last; // settles with the last execAsync, while one waits
  #cancel; // ends the wait of a command

  constructor(instance, buffers) {
    super(instance);
    this._instance = instance; // kept alive
    this.#buffers = buffers;
  }

  exec(...words) {
    return this._exec(words, this.#buffers);
  }

  execBuffer(...words) {
    return this._exec(words, true);
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
    const descriptor = this._begin(words);
    return new Promise((resolve, reject) => {
      const settle = () => {
        watch.close();
        hold.unref();
        this.#cancel = undefined;
      };
      const watch = new Watch(descriptor, () => {
        settle();
        try {
          resolve(this._finish(this.#buffers));
        } catch (error) {
          reject(error);
        }
      });
      hold.ref();
      this.#cancel = () => {
        settle();
        reject(new KevyError('closed', 'KEVY_CLOSED', 'the session was closed'));
      };
    });
  }

  get(key) {
    return this.exec('GET', key);
  }

  set(key, value, ttlMs) {
    this.exec(...setWords(key, value, ttlMs));
  }

  _converted(convert, words) {
    return convert(this.exec(...words), this.#buffers, words);
  }

  pipeline() {
    const run = (words, sizes) => this._pipeline(words, sizes, this.#buffers);
    return new Pipeline(run, this.#buffers);
  }

  async next(timeoutMs) {
    const deadline = timeoutMs === undefined ? undefined : performance.now() + timeoutMs;
    for (;;) {
      const push = this._next(this.#buffers);
      if (push !== undefined) return push;
      if (!(await this.#readable(deadline))) return null;
    }
  }

  feed(bytes) {
    return this._feed(bytes);
  }

  take() {
    return this._take();
  }

  async readable(timeoutMs) {
    return this.#readable(timeoutMs === undefined ? undefined : performance.now() + timeoutMs);
  }

  #readable(deadline) {
    this.#readiness ??= new Readiness(this._descriptor());
    const leftMs = deadline === undefined ? undefined : Math.max(0, deadline - performance.now());
    return leftMs === 0 ? false : this.#readiness.wait(leftMs);
  }

  close() {
    if (this.closed) return;
    this.#cancel?.();
    this.#readiness?.close();
    this._close();
  }

  [Symbol.dispose]() {
    this.close();
  }
}

addVerbs(Session);

module.exports = { Session };
