'use strict';

const native = require('./native');
const { KevyError } = require('./errors');
const { Hold, Readiness, Watch } = require('./readiness');

const BATCH_MAX = 512;

/** What a listener throws is reported as if nothing had caught it; later messages still come. */
function throwLater(error) {
  process.nextTick(() => {
    throw error;
  });
}

/**
 * Messages of some channels, for a listener or for an async iterator. They wait in kevy, in a
 * queue whose length client-output-buffer-limit bounds, until this thread has time for them.
 */
class Subscription extends native.Subscription {
  #instance;
  #buffers;
  #listener;
  #onError;
  #watch; // for the listener
  #readiness; // for the iterator
  #batch = [];
  #taken = 0; // of the batch
  #state = 'open';
  #hold = new Hold();

  constructor(instance, kind, channels, { listener, onError, buffers }) {
    super(instance, kind, channels);
    this.#instance = instance;
    this.#buffers = buffers;
    this.#listener = listener;
    this.#onError = onError ?? throwLater;
    if (listener !== undefined) this.#watch = new Watch(this._descriptor(), () => this.#deliver());
    instance._subscriptions.add(this);
  }

  get closed() {
    return this.#state !== 'open';
  }

  close() {
    this.#end('closed');
  }

  ref() {
    if (!this.closed) this.#hold.ref();
    return this;
  }

  unref() {
    this.#hold.unref();
    return this;
  }

  #end(state) {
    if (this.closed) return;
    this.#state = state;
    this.#instance._subscriptions.delete(this);
    this.#hold.unref();
    this.#watch?.close();
    this.#readiness?.close();
    this._close();
  }

  /** Takes what has come; false when kevy has ended the subscription, or it was closed. */
  #refill() {
    if (this.closed) return false;
    this.#batch = this._take(BATCH_MAX, this.#buffers);
    this.#taken = 0;
    if (this.#batch !== null) return true;
    this.#batch = [];
    this.#end('broken');
    return false;
  }

  /** The next message of the batch, or undefined. */
  #shift() {
    const batch = this.#batch;
    const at = this.#taken;
    if (at >= batch.length) return undefined;
    this.#taken = at + 3;
    return { payload: batch[at], channel: batch[at + 1], pattern: batch[at + 2] };
  }

  #brokenError() {
    return new KevyError(
      'closed',
      'KEVY_CLOSED',
      'kevy ended the subscription: its messages were not read in time, or it was killed',
    );
  }

  #deliver() {
    if (!this.#refill()) {
      if (this.#state === 'broken') this.#onError(this.#brokenError());
      return;
    }
    for (let message; !this.closed && (message = this.#shift()) !== undefined; ) {
      try {
        this.#listener(message);
      } catch (error) {
        throwLater(error);
      }
    }
    if (this.closed) return;
    if (this.#batch.last) {
      this.#deliver(); // the descriptor says no more
    } else {
      this.#watch.rearm();
    }
  }

  async next() {
    if (this.#listener !== undefined) {
      throw new TypeError('the messages of this subscription go to its listener');
    }
    for (;;) {
      const value = this.#shift();
      if (value !== undefined) return { value, done: false };
      if (!this.#refill()) break;
      if (this.#batch.length === 0) {
        this.#readiness ??= new Readiness(this._descriptor());
        await this.#readiness.wait();
      }
    }
    if (this.#state === 'broken') {
      this.#state = 'closed';
      throw this.#brokenError();
    }
    return { value: undefined, done: true };
  }

  async return() {
    this.close();
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
