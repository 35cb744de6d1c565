// Small Buffers, cut from one piece of memory that the addon writes to: making a Buffer with
// memory of its own costs several times what reading the value does.
'use strict';

const native = require('./native');

const POOL_SIZE = 64 * 1024;
const NO_KEY = -1;

let pool;
let used;

function renew() {
  pool = Buffer.from(new ArrayBuffer(POOL_SIZE));
  used = 0;
  native.setPool(pool);
}
renew();

/** The value of a key as a Buffer, or null. */
function getBuffer(instance, key) {
  let size = instance._getInto(key, used);
  if (size < NO_KEY && used !== 0) {
    renew();
    size = instance._getInto(key, used);
  }
  if (size === NO_KEY) return null;
  if (size < NO_KEY) return instance.execBuffer('GET', key);
  const value = pool.subarray(used, used + size);
  used += (size + 7) & ~7;
  return value;
}

module.exports = { getBuffer };
