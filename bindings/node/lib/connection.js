'use strict';

const { Buffer } = require('node:buffer'); // the global is a getter
const { Duplex } = require('node:stream');
const { setImmediate } = require('node:timers');
const { markAsUntransferable } = require('node:worker_threads');
const { append } = require('./arrays');
const { Hold, Watch, throwLater } = require('./readiness');
const { result } = require('./tape');

// So many answers in a row come without the event loop having turned: then timers and sockets have
// their turn, also beside a program that does nothing but await commands.
const IN_A_ROW_MAX = 64;

// queueMicrotask makes a resource of each call, which costs more than the rest of it.
const soon = Promise.resolve();

const ROOM = 64 * 1024;
const ROOM_MIN = 4096;

/** Memory that replies are written to, one behind the other. */
const replies = {
  memory: new ArrayBuffer(0),
  buffer: Buffer.alloc(0),
  used: 0,

  /** How much there is, made anew when it is little. */
  room() {
    if (this.buffer.length - this.used < ROOM_MIN) {
      this.memory = new ArrayBuffer(ROOM);
      markAsUntransferable(this.memory);
      this.buffer = Buffer.from(this.memory);
      this.used = 0;
    }
    return this.buffer.length - this.used;
  },

  take(size) {
    const from = this.used;
    this.used = from + size;
    return Buffer.from(this.memory, from, size);
  },
};

/**
 * A connection to an instance in this process, for a client library that speaks RESP: as a socket's
 * stream, without a socket. What is written runs when the writer's code has returned, all of it in
 * one call, and its replies come right behind. It keeps the process alive, as a socket does.
 */
class Connection extends Duplex {
  #instance;
  #session;
  #watch;
  #hold = new Hold();
  #written = [];
  #isDue = false;
  #inARow = 0;
  #onDue = () => {
    try {
      this.#run();
    } catch (error) {
      throwLater(error); // of whoever is given the answer
    }
  };

  // What callers of a socket look at.
  connecting = false;
  pending = false;
  encrypted = false;

  constructor(instance) {
    super({ decodeStrings: false });
    this.#instance = instance;
    this.#session = instance.session();
    if (instance._protocol === 3) {
      this.#session.feed('HELLO 2\r\n'); // as to anyone new, until asked for more
      this.#session.take();
    }
    this.#watch = new Watch(result(this.#session._descriptor()), () => this.#onPushed());
    this.#hold.ref();
    instance._connections.add(this);
  }

  // Without the queue of a Writable: nothing here ever waits.
  write(chunk, encoding, callback) {
    const written = typeof encoding === 'function' ? encoding : callback;
    if (this.destroyed || this.writableEnded) return super.write(chunk, encoding, callback);
    const isEncoded = typeof chunk === 'string' && typeof encoding === 'string';
    this.#take(isEncoded ? Buffer.from(chunk, encoding) : chunk);
    if (typeof written === 'function') process.nextTick(written);
    return true;
  }

  _write(chunk, _encoding, callback) {
    this.#take(chunk);
    callback();
  }

  _read() {}

  _final(callback) {
    this.#run();
    callback();
    this.destroy();
  }

  _destroy(error, callback) {
    this.#instance._connections.delete(this);
    this.#watch.close();
    this.#hold.unref();
    this.#session.close();
    callback(error);
  }

  #take(chunk) {
    append(this.#written, chunk);
    if (this.#isDue) return;
    this.#isDue = true;
    if (++this.#inARow < IN_A_ROW_MAX) {
      soon.then(this.#onDue);
    } else {
      this.#inARow = 0;
      setImmediate(this.#onDue);
    }
  }

  #joined() {
    const chunks = this.#written;
    if (chunks.length === 1) return chunks.pop();
    this.#written = [];
    if (chunks.every((chunk) => typeof chunk === 'string')) return chunks.join('');
    return Buffer.concat(chunks.map((chunk) => Buffer.from(chunk)));
  }

  #run() {
    this.#isDue = false;
    if (this.destroyed || this.#written.length === 0) return;
    const room = replies.room();
    const size = this.#asked(() =>
      this.#session._converse(this.#joined(), replies.memory, replies.used),
    );
    if (size === undefined) return;
    if (size > 0) this.#give(replies.take(size));
    if (size >= room) this.#giveRest();
    else if (size < 0) this.#end();
  }

  #onPushed() {
    this.#inARow = 0;
    if (this.destroyed) return;
    try {
      this.#giveRest();
    } finally {
      if (!this.destroyed) this.#watch.rearm(); // also when a listener has thrown
    }
  }

  /** Hands out all that the session still says. */
  #giveRest() {
    const bytes = this.#asked(() => this.#session._take());
    if (bytes === undefined) this.#end();
    else if (bytes.length !== 0) this.#give(bytes);
  }

  /** What the session answers; undefined when it was refused, and the connection is over. */
  #asked(call) {
    try {
      return result(call());
    } catch (error) {
      this.destroy(error);
      return undefined;
    }
  }

  #give(bytes) {
    if (this.readableFlowing === true && this.readableLength === 0) this.emit('data', bytes);
    else this.push(bytes);
  }

  #end() {
    if (this.destroyed) return;
    this.push(null);
    setImmediate(() => this.destroy()); // when what was pushed has been read
  }

  // A socket's own.

  ref() {
    if (!this.destroyed) this.#hold.ref();
    return this;
  }

  unref() {
    this.#hold.unref();
    return this;
  }

  setKeepAlive() {
    return this;
  }

  setNoDelay() {
    return this;
  }

  setTimeout(_timeoutMs, listener) {
    if (listener !== undefined) this.once('timeout', listener); // which never comes
    return this;
  }
}

module.exports = { Connection };
