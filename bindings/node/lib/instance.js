'use strict';

const { append } = require('./arrays');
const native = require('./native');
const { PrivateSocket, connectorOf } = require('./clients');
const { Clock } = require('./clock');
const { Hold } = require('./readiness');
const { runFileJob } = require('./files');
const { Pipeline, SPREAD_MAX } = require('./pipeline');
const { getBuffer } = require('./pool');
const { Session } = require('./session');
const { Subscription } = require('./subscription');
const { addressesOf, allDirectives, checkStart, checkedAddress } = require('./options');
const { listResult, recordOf, recordResult, result } = require('./tape');
const { Script } = require('./script');
const { addVerbs } = require('./verbs');
const { WaitingSessions } = require('./waiting');

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

/** Has `start` run with a function that is told how far it is: what onProgress throws ends it. */
function startWith(onProgress, start) {
  let why; // what has ended it, as { error }
  const tell = (done, total) => {
    try {
      onProgress({ done, total });
    } catch (error) {
      why = { error };
    }
    return why === undefined;
  };
  try {
    start(onProgress && tell);
  } catch (error) {
    throw why === undefined ? error : why.error;
  }
}

/** A store. get, set, exec and execBuffer are functions of each instance's own. */
class Instance extends native.Instance {
  #buffers;
  #clock;
  #hold = new Hold();
  #connector;
  #socket; // for clients that need one
  #runGets;
  #sessions = new WaitingSessions(this);
  #scripts; // the methods of defined commands, if there are

  constructor(options = {}) {
    checkStart(options);
    const { shards = 0, databases = 0, protocol = 0, threads = 0 } = options;
    const words = allDirectives(options);
    const addresses = addressesOf(options.listen);
    super();
    const numbers = [shards, databases, protocol, threads];
    startWith(options.onProgress, (tell) =>
      result(this._start(numbers, options.bigints === true, words, addresses, tell)),
    );
    this._protocol = protocol;
    this._subscriptions = new Set(); // that are open
    this._connections = new Set(); // of clients in this process
    this._waiting = new Set(); // commands that wait, on any session
    this.#buffers = options.buffers === true;
    this.#addHotMethods();
    if (addresses.length !== 0) listening.add(this);
  }

  // Not bound to `this`, so that they can be taken off the instance, and cost no lookup.
  #addHotMethods() {
    const { _get, _set, _exec, _execBuffer, _execList } = this;
    const text = (...words) =>
      result(words.length > SPREAD_MAX ? _execList(words, false) : _exec(...words));
    this.execBuffer = (...words) =>
      result(words.length > SPREAD_MAX ? _execList(words, true) : _execBuffer(...words));
    this.exec = this.#buffers ? this.execBuffer : text;
    this.get = this.#buffers ? (key) => getBuffer(this, key) : (key) => result(_get(key));
    const { _getEach, _getEachBuffer } = this;
    this.#runGets = this.#buffers
      ? (keys) => listResult(_getEachBuffer(...keys), keys)
      : (keys) => listResult(_getEach(...keys), keys);
    this.set = (key, value, ttlMs) => result(_set(key, value, ttlMs));
  }

  get stopped() {
    return result(this._stopped());
  }

  stop() {
    for (const subscription of this._subscriptions) subscription.close();
    for (const connection of this._connections) connection.destroy();
    this.#hold.unref();
    listening.delete(this);
    try {
      result(this._stop());
    } finally {
      for (const waiting of this._waiting) waiting.end();
      this.#sessions.close();
      this.#socket?.remove();
      this.#socket = undefined;
    }
  }

  [Symbol.dispose]() {
    this.stop();
  }

  getBuffer(key) {
    return getBuffer(this, key);
  }

  getMany(keys) {
    const all = [...keys];
    return all.length === 0 ? [] : result(this._getMany(all, this.#buffers));
  }

  setMany(entries) {
    const words = [...flatPairs(entries)];
    if (words.length !== 0) result(this._setMany(words));
  }

  _run(words) {
    return words.length > SPREAD_MAX
      ? result(this._execList(words, this.#buffers))
      : this.exec(...words);
  }

  _converted(convert, words) {
    if (convert === recordOf && words.length <= SPREAD_MAX) {
      return recordResult(this.#buffers ? this._execBuffer(...words) : this._exec(...words));
    }
    return convert(this._run(words), this.#buffers, words);
  }

  _waited(convert, words, options) {
    const reply = this.#sessions.run(words, options);
    if (convert === undefined) return reply;
    return reply.then((given) => convert(given, this.#buffers, words));
  }

  _scripted(script, words) {
    try {
      return this._run([script.evalsha, script.sha1, ...words]);
    } catch (error) {
      if (error.code !== 'NOSCRIPT') throw error;
      return this._run([script.eval, script.lua, ...words]);
    }
  }

  defineCommand(name, definition) {
    const isTaken = [this, Session.prototype, Pipeline.prototype].some((each) => name in each);
    if (typeof name !== 'string' || isTaken) {
      throw new TypeError(`a command cannot be called ${String(name)}`);
    }
    const { method } = new Script(name, definition);
    Object.defineProperty(this, name, method);
    this.#scripts = { ...this.#scripts, [name]: method };
  }

  #withScripts(made) {
    return this.#scripts === undefined ? made : Object.defineProperties(made, this.#scripts);
  }

  pipeline(options) {
    return this.#withScripts(new Pipeline(this, this.#runGets, this.#buffers, options));
  }

  session() {
    return this.#withScripts(new Session(this, this.#buffers));
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

  #subscribe(kind, channels, listener, options) {
    const all = Array.isArray(channels) ? [...channels] : [channels];
    return new Subscription(this, kind, all, listener, options, this.#buffers);
  }

  listen(address) {
    result(this._listen(checkedAddress(address)));
    listening.add(this);
    return this.addresses.at(-1);
  }

  get addresses() {
    const all = [];
    for (let address; (address = result(this._address(all.length))) !== undefined; ) {
      append(all, address);
    }
    return all;
  }

  save() {
    result(this._save());
  }

  backup(path, options) {
    return runFileJob(this, this._backup, path, options, 'backup');
  }

  load(path, options) {
    return runFileJob(this, this._load, path, options, 'load');
  }

  ioredis(options) {
    this.#connector ??= connectorOf(this);
    return { ...options, Connector: this.#connector };
  }

  nodeRedis(options) {
    this.#socket ??= new PrivateSocket(this);
    return { ...options, socket: { ...options?.socket, path: this.#socket.path } };
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
