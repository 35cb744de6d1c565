// Small Buffers, cut from one piece of memory that the addon writes to: making a Buffer with
// memory of its own costs several times what reading the value does.
'use strict';

const { markAsUntransferable } = require('node:worker_threads');
const { result } = require('./tape');

const POOL_SIZE = 64 * 1024;
const NO_KEY = -1;

let memory;
let pool; // a Buffer of it
let used;

function renew() {
  memory = new ArrayBuffer(POOL_SIZE);
  markAsUntransferable(memory); // where it is transferred all the same, the addon finds no room
  pool = Buffer.from(memory);
  used = 0;
}
renew();

/** The value of a key as a Buffer, or null. */
function getBuffer(instance, key) {
  let size = result(instance._getInto(key, memory, used));
  if (size < NO_KEY && (used !== 0 || pool.length === 0)) {
    renew();
    size = result(instance._getInto(key, memory, used));
  }
  if (size === NO_KEY) return null;
  if (size < NO_KEY) return result(instance._execBuffer('GET', key));
  const value = pool.subarray(used, used + size);
  used += (size + 7) & ~7;
  return value;
}

module.exports = { getBuffer };
