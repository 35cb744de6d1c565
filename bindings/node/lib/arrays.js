// Arrays that are filled without running code of the user's. To store something at an index that an
// array does not have is to ask its prototypes, and who put a setter there has it run instead.
'use strict';

const arrayPrototype = Array.prototype;

const KEPT_MAX = 65_536;
let kept = Array.from({ length: 1024 }, () => null);

/** An array of so many nulls, which can be stored over. */
function nulls(count) {
  return (count <= kept.length ? kept : longer(count)).slice(0, count);
}

function longer(count) {
  let all = kept;
  while (all.length < count) all = all.concat(all);
  if (all.length <= KEPT_MAX) kept = all;
  return all;
}

/** The array with as many nulls behind it, or more. */
function grown(all) {
  return all.concat(nulls(all.length));
}

/** What push() does. */
function append(all, value) {
  const index = all.length;
  if (index in arrayPrototype) {
    const own = { __proto__: null, value, writable: true, enumerable: true, configurable: true };
    Object.defineProperty(all, index, own);
  } else {
    all.push(value);
  }
}

module.exports = { append, grown, nulls };
