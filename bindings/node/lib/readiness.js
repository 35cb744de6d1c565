// Waiting, on the event loop, for descriptors of kevy's to become readable, and for commands that
// wait.
'use strict';

const native = require('./native');
const { result } = require('./tape');
const { atDeadline, now } = require('./timing');

const watched = new Map(); // id -> Watch or Awaited
let idLast = 0;
let watcherMade;

/** What the user's code throws is reported as if nothing had caught it; the rest still goes on. */
function throwLater(error) {
  process.nextTick(() => {
    throw error;
  });
}

// The addon holds it weakly.
function report(...ids) {
  for (const id of ids) {
    try {
      watched.get(id)?.onReady();
    } catch (error) {
      throwLater(error);
    }
  }
}

function watcher() {
  watcherMade ??= new native.Watcher(report);
  return watcherMade;
}

/** Calls `onReady` once the descriptor is readable, and once more after each rearm(). */
class Watch {
  #id = ++idLast;
  #descriptor;

  constructor(descriptor, onReady) {
    this.#descriptor = descriptor;
    this.onReady = onReady;
    result(watcher().watch(descriptor, this.#id));
    watched.set(this.#id, this);
  }

  rearm() {
    result(watcher().rearm(this.#descriptor, this.#id));
  }

  /** To be called before the descriptor is closed. */
  close() {
    if (watched.delete(this.#id)) result(watcher().unwatch(this.#descriptor, this.#id));
  }
}

/** Calls `onReady` when the addon tells that a command, submitted with it, is over. */
class Awaited {
  id = ++idLast;

  constructor(onReady) {
    this.onReady = onReady;
    watched.set(this.id, this);
  }

  get watcher() {
    return watcher();
  }

  close() {
    watched.delete(this.id);
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

  /** Resolves to true when it is readable or closed, to false at the deadline, as now() counts. */
  async wait(deadline) {
    if (deadline <= now()) return false;
    return new Promise((resolve) => {
      const waiter = { resolve, callOff: undefined };
      this.#watch ??= new Watch(this.#descriptor, () => this.#wake());
      this.#waiters.add(waiter);
      waiter.callOff = atDeadline(deadline, () => this.#settle(waiter, false));
    });
  }

  #settle(waiter, readable) {
    waiter.callOff?.();
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

module.exports = { Awaited, Hold, Readiness, Watch, throwLater };
