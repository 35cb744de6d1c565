'use strict';

const { AsyncResource } = require('node:async_hooks');
const { setImmediate } = require('node:timers');
const { append } = require('./arrays');
const native = require('./native');
const { ClosedError } = require('./errors');
const { checkBoolean, checkNames } = require('./options');
const { Hold, Readiness, Watch, throwLater } = require('./readiness');
const { result } = require('./tape');
const { deadlineAfter } = require('./timing');

const BATCH_MAX = 512;
const PARTS = 3; // of a message in a batch

/**
 * Messages of some channels, for a listener or for an async iterator. They wait in kevy, in a
 * queue whose length client-output-buffer-limit bounds, until this thread has time for them. What
 * was published before close() is still delivered.
 */
class Subscription extends native.Subscription {
  #instance;
  #buffers;
  #listener;
  #onError;
  #resource; // what runs the listener in the asynchronous context of its subscriber
  #watch; // for the listener
  #readiness; // for the iterator
  #batch = [];
  #taken = 0; // of the batch
  #state = 'open';
  #broken = false; // kevy has ended it, and nobody was told yet
  #delivering = false;
  #hold = new Hold();

  constructor(instance, kind, channels, listener, options, buffers) {
    const { onError } = Subscription.#checked(channels, listener, options ?? {});
    super();
    result(this._subscribe(instance, kind, channels));
    this.#instance = instance;
    this.#buffers = buffers;
    this.#listener = listener;
    this.#onError = onError ?? throwLater;
    this.#resource = new AsyncResource('kevy.Subscription');
    if (listener !== undefined) {
      this.#watch = new Watch(result(this._descriptor()), () => this.#deliver());
    }
    instance._subscriptions.add(this);
  }

  static #checked(channels, listener, options) {
    if (listener !== undefined && typeof listener !== 'function') {
      throw new TypeError('a listener is a function');
    }
    checkNames(options, ['onError'], 'subscribe');
    if (options.onError !== undefined && typeof options.onError !== 'function') {
      throw new TypeError('option onError is a function');
    }
    if (channels.length === 0) throw new TypeError('subscribe takes at least one channel');
    return options;
  }

  get closed() {
    return this.#state !== 'open';
  }

  close(options = {}) {
    checkNames(options, ['discard'], 'close');
    checkBoolean(options.discard, 'discard');
    if (options.discard === true) {
      this.#end();
      this.#batch = [];
      return;
    }
    if (this.closed) return;
    const waiting = this.#batch.slice(this.#taken);
    for (;;) {
      const more = result(this._take(BATCH_MAX, this.#buffers));
      const whole = more.length - (more.length % PARTS);
      for (let i = 0; i < whole; i++) append(waiting, more[i]);
      if (whole < PARTS * BATCH_MAX) break;
    }
    this.#batch = waiting;
    this.#taken = 0;
    this.#end();
    const isForListener = this.#listener !== undefined && waiting.length !== 0;
    if (isForListener && !this.#delivering) setImmediate(() => this.#tellAll());
  }

  ref() {
    if (!this.closed) this.#hold.ref();
    return this;
  }

  unref() {
    this.#hold.unref();
    return this;
  }

  #end() {
    if (this.closed) return;
    this.#state = 'closed';
    this.#instance._subscriptions.delete(this);
    this.#hold.unref();
    this.#watch?.close();
    this.#readiness?.close();
    result(this._close());
  }

  /** Takes what has come. */
  #refill() {
    this.#batch = result(this._take(BATCH_MAX, this.#buffers));
    this.#taken = 0;
    if (this.#batch.length % PARTS === 0) return;
    this.#broken = true;
    this.#end();
  }

  /** The next message of the batch, or undefined. */
  #shift() {
    const batch = this.#batch;
    const at = this.#taken;
    if (at + PARTS > batch.length) return undefined;
    this.#taken = at + PARTS;
    return { payload: batch[at], channel: batch[at + 1], pattern: batch[at + 2] };
  }

  /** The error for a subscription that kevy has ended; undefined when it was closed, or told. */
  #takeError() {
    if (!this.#broken) return undefined;
    this.#broken = false;
    return new ClosedError(
      'kevy ended the subscription: its messages were not read in time, or it was killed',
    );
  }

  /** Runs code of the user's. */
  #tell(call, value) {
    try {
      this.#resource.runInAsyncScope(call, undefined, value);
    } catch (error) {
      throwLater(error);
    }
  }

  #tellAll() {
    this.#delivering = true;
    for (let message; (message = this.#shift()) !== undefined; ) {
      this.#tell(this.#listener, message);
    }
    this.#delivering = false;
    const error = this.#takeError();
    if (error !== undefined) this.#tell(this.#onError, error);
  }

  #deliver() {
    if (this.closed) return;
    this.#refill();
    this.#tellAll();
    if (!this.closed) this.#watch.rearm();
  }

  async next() {
    const value = await this.#receive(Infinity);
    return value === null ? { value: undefined, done: true } : { value, done: false };
  }

  async receive(timeoutMs) {
    return this.#receive(deadlineAfter(timeoutMs));
  }

  async #receive(deadline) {
    if (this.#listener !== undefined) {
      throw new TypeError('the messages of this subscription go to its listener');
    }
    for (;;) {
      const message = this.#shift();
      if (message !== undefined) return message;
      if (this.closed) break;
      this.#refill();
      if (this.#batch.length !== 0 || this.closed) continue;
      this.#readiness ??= new Readiness(result(this._descriptor()));
      if (!(await this.#readiness.wait(deadline))) return null;
    }
    const error = this.#takeError();
    if (error !== undefined) throw error;
    return null;
  }

  async return() {
    this.close({ discard: true });
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  [Symbol.dispose]() {
    this.close();
  }

  async [Symbol.asyncDispose]() {
    this.close();
  }
}

module.exports = { Subscription };
