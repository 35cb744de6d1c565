// The Buffers of getBuffer, cut from one piece of memory that the addon reads values into. Those of
// other replies are, too; but this memory is handed to it, which saves a look at the tape.
'use strict';

const { Buffer } = require('node:buffer'); // the global is a getter
const { markAsUntransferable } = require('node:worker_threads');
const { result } = require('./tape');

const POOL_SIZE = 64 * 1024;
const PIECE_MAX = 32 * 1024; // the addon's
const NO_KEY = -1;
const UNREAD = -2; // less the value's length

let memory;
let used;

function renew() {
  memory = new ArrayBuffer(POOL_SIZE);
  markAsUntransferable(memory); // where it is transferred all the same, the addon finds no room
  used = 0;
}
renew();

/** The value of a key as a Buffer, or null. */
function getBuffer(instance, key) {
  let size = result(instance._getInto(key, memory, used));
  if (size <= UNREAD && UNREAD - size <= PIECE_MAX) {
    renew();
    size = result(instance._getInto(key, memory, used));
  }
  if (size === NO_KEY) return null;
  if (size <= UNREAD) return result(instance._execBuffer('GET', key));
  const value = Buffer.from(memory, used, size);
  used += (size + 7) & ~7;
  return value;
}

module.exports = { getBuffer };
