// Commands that wait, as promises: one after the other on a session, each of which may be called
// off.
'use strict';

const { checkNames } = require('./options');
const { Awaited, Hold } = require('./readiness');
const { result } = require('./tape');

/** The signal among the options of a call that may wait. */
function signalOf(options) {
  if (options === undefined) return undefined;
  checkNames(options, ['signal'], 'a command that waits');
  const { signal } = options;
  if (signal !== undefined && typeof signal?.addEventListener !== 'function') {
    throw new TypeError('option signal is an AbortSignal');
  }
  return signal;
}

/** Calls `act` once the signal is aborted; returns a function that calls it off. */
function onAbort(signal, act) {
  if (signal === undefined) return () => {};
  signal.addEventListener('abort', act, { once: true });
  return () => signal.removeEventListener('abort', act);
}

/** What a session's commands wait with. */
class Waiting {
  #session;
  #last; // settles with the last command, while one waits
  #settle; // ends the promise of the command that waits

  constructor(session) {
    this.#session = session;
  }

  /** The reply, or a promise of it where the command waits or has to wait for its turn. */
  run(words, signal) {
    if (signal?.aborted) throw signal.reason;
    const submit = () => this.#submit(words, signal);
    if (this.#last !== undefined) return this.#inTurn(submit, signal);
    const reply = submit();
    if (reply instanceof Promise) this.#follow(reply);
    return reply;
  }

  #follow(promise) {
    const forget = () => {
      if (this.#last === settled) this.#last = undefined;
    };
    const settled = promise.then(forget, forget);
    this.#last = settled;
  }

  // Called off before its turn has come, it is rejected there and then.
  #inTurn(submit, signal) {
    return new Promise((resolve, reject) => {
      const callOff = onAbort(signal, () => reject(signal.reason));
      const turn = this.#last.then(() => {
        callOff();
        return signal?.aborted ? undefined : submit();
      });
      turn.then(resolve, reject);
      this.#follow(turn);
    });
  }

  #submit(words, signal) {
    const session = this.#session;
    const awaited = new Awaited(() => this.end());
    let waits = false;
    try {
      waits = result(session._submit(awaited.watcher, awaited.id, words));
    } finally {
      if (!waits) awaited.close();
    }
    if (!waits) return session._finished();
    const hold = new Hold();
    hold.ref();
    session._instance._waiting.add(this);
    return new Promise((resolve, reject) => {
      const callOff = onAbort(signal, () => result(session._cancel()));
      this.#settle = () => {
        callOff();
        awaited.close();
        hold.unref();
        session._instance._waiting.delete(this);
        try {
          resolve(session._finished());
        } catch (error) {
          reject(error.kind === 'cancelled' ? signal.reason : error);
        }
      };
    });
  }

  /** The command that waits is over, or its session is: whoever waits is told. */
  end() {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.();
  }
}

/** Sessions of an instance's own, for its commands that wait. */
class WaitingSessions {
  static #IDLE_MAX = 64;
  #instance;
  #idle = new Set();

  constructor(instance) {
    this.#instance = instance;
  }

  async run(words, options) {
    const session = this.#takeIdle() ?? this.#instance.session();
    const reply = session.execAsync(words, options);
    reply.then(
      () => this.#giveBack(session),
      (error) => (error?.kind === 'reply' ? this.#giveBack(session) : session.close()),
    );
    return reply;
  }

  #takeIdle() {
    const [session] = this.#idle;
    this.#idle.delete(session);
    return session;
  }

  #giveBack(session) {
    const isKept = this.#idle.size < WaitingSessions.#IDLE_MAX && !this.#instance.stopped;
    if (isKept) this.#idle.add(session);
    else session.close();
  }

  close() {
    for (const session of this.#idle) session.close();
    this.#idle.clear();
  }
}

module.exports = { Waiting, WaitingSessions, signalOf };
