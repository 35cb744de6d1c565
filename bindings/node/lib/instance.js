'use strict';

const native = require('./native');
const { Clock } = require('./clock');
const { Hold } = require('./readiness');
const { Pipeline } = require('./pipeline');
const { getBuffer } = require('./pool');
const { Session } = require('./session');
const { Subscription } = require('./subscription');
const { checkOptions, directiveWords } = require('./options');
const { addVerbs } = require('./verbs');

const CHANNEL = 0;
const PATTERN = 1;
const SHARDED = 2;

const listening = new Set(); // instances that clients may be using, whoever else knows them

function* flatPairs(entries) {
  if (typeof entries !== 'object' || entries === null) {
    throw new TypeError('setMany takes an object, a Map or an iterable of [key, value]');
  }
  const pairs = Symbol.iterator in entries ? entries : Object.entries(entries);
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw new TypeError('setMany takes pairs of a key and a value');
    }
    yield* pair;
  }
}

/** A store. get, set, exec and execBuffer are the addon's own methods. */
class Instance extends native.Instance {
  #buffers;
  #clock;
  #hold = new Hold();

  constructor(options = {}) {
    checkOptions(options);
    const { shards = 0, databases = 0, protocol = 0, threads = 0, directives = {} } = options;
    super(shards, databases, protocol, threads, directiveWords(directives));
    this._subscriptions = new Set(); // that are open
    this.#buffers = options.buffers === true;
    if (this.#buffers) this.exec = this.execBuffer;
    if (this.#buffers) this.get = this.getBuffer;
  }

  stop() {
    for (const subscription of this._subscriptions) subscription.close();
    this.#hold.unref();
    listening.delete(this);
    this._stop();
  }

  [Symbol.dispose]() {
    this.stop();
  }

  getBuffer(key) {
    return getBuffer(this, key);
  }

  getMany(keys) {
    const all = [...keys];
    return all.length === 0 ? [] : this._getMany(all, this.#buffers);
  }

  setMany(entries) {
    const words = [...flatPairs(entries)];
    if (words.length !== 0) this._setMany(words);
  }

  _converted(convert, words) {
    return convert(this.exec(...words), this.#buffers, words);
  }

  pipeline() {
    const run = (words, sizes) => this._pipeline(words, sizes, this.#buffers);
    return new Pipeline(run, this.#buffers);
  }

  session() {
    return new Session(this, this.#buffers);
  }

  subscribe(channels, listener, options) {
    return this.#subscribe(CHANNEL, channels, listener, options);
  }

  psubscribe(patterns, listener, options) {
    return this.#subscribe(PATTERN, patterns, listener, options);
  }

  ssubscribe(channels, listener, options) {
    return this.#subscribe(SHARDED, channels, listener, options);
  }

  #subscribe(kind, channels, listener, options = {}) {
    if (listener !== undefined && typeof listener !== 'function') {
      throw new TypeError('a listener is a function');
    }
    const all = Array.isArray(channels) ? [...channels] : [channels];
    return new Subscription(this, kind, all, { buffers: this.#buffers, ...options, listener });
  }

  publish(channel, payload) {
    return this.exec('PUBLISH', channel, payload);
  }

  listen(address) {
    if (typeof address !== 'string' || address.includes('\0')) {
      throw new TypeError('an address is a string: "host:port" or "unix:/path"');
    }
    this._listen(address);
    listening.add(this);
    return this.addresses.at(-1);
  }

  get addresses() {
    return this._addresses();
  }

  get clock() {
    this.#clock ??= new Clock(this);
    return this.#clock;
  }

  ref() {
    if (!this.stopped) this.#hold.ref();
    return this;
  }

  unref() {
    this.#hold.unref();
    return this;
  }
}

addVerbs(Instance);

module.exports = { Instance };
