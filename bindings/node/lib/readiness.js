// Waiting, on the event loop, for descriptors of kevy's to become readable.
'use strict';

const native = require('./native');

const watched = new Map(); // id -> Watch
let idLast = 0;
let watcherMade;

function report(ids) {
  for (const id of ids) watched.get(id)?.onReady();
}

function watcher() {
  if (watcherMade === undefined) {
    watcherMade = new native.Watcher(report);
    // Watching keeps no process alive, but what was published before its end is still delivered.
    process.on('beforeExit', () => report(watcherMade.poll()));
  }
  return watcherMade;
}

/** Calls `onReady` once the descriptor is readable, and once more after each rearm(). */
class Watch {
  #id = ++idLast;
  #descriptor;

  /** `onReady` must not throw. */
  constructor(descriptor, onReady) {
    this.#descriptor = descriptor;
    this.onReady = onReady;
    watcher().watch(descriptor, this.#id);
    watched.set(this.#id, this);
  }

  rearm() {
    watcher().rearm(this.#descriptor, this.#id);
  }

  /** To be called before the descriptor is closed. */
  close() {
    if (watched.delete(this.#id)) watcher().unwatch(this.#descriptor, this.#id);
  }
}

/** While one is held, the process does not end by itself. */
class Hold {
  #held = false;

  ref() {
    if (!this.#held) watcher().ref();
    this.#held = true;
  }

  unref() {
    if (this.#held) watcher().unref();
    this.#held = false;
  }
}

/** A descriptor that promises can wait on. Nothing is watched while nobody waits. */
class Readiness {
  #descriptor;
  #watch;
  #waiters = new Set();

  constructor(descriptor) {
    this.#descriptor = descriptor;
  }

  /** Resolves to true when it is readable or closed, to false after `timeoutMs`, if given. */
  wait(timeoutMs) {
    return new Promise((resolve) => {
      const waiter = { resolve, timer: undefined };
      if (timeoutMs !== undefined) {
        waiter.timer = setTimeout(() => this.#settle(waiter, false), timeoutMs);
      }
      this.#waiters.add(waiter);
      this.#watch ??= new Watch(this.#descriptor, () => this.#wake());
    });
  }

  #settle(waiter, readable) {
    clearTimeout(waiter.timer);
    this.#waiters.delete(waiter);
    waiter.resolve(readable);
    if (this.#waiters.size === 0) this.#unwatch();
  }

  #wake() {
    for (const waiter of this.#waiters) this.#settle(waiter, true);
  }

  #unwatch() {
    this.#watch?.close();
    this.#watch = undefined;
  }

  /** To be called before the descriptor is closed; whoever waits is woken. */
  close() {
    this.#wake();
    this.#unwatch();
  }
}

module.exports = { Hold, Readiness, Watch };
