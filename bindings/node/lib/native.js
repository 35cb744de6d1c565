// The addon, and what it needs of JavaScript: errors, Maps and Sets.
'use strict';

const path = require('node:path');
const { KevyError, ReplyError } = require('./errors');

function load() {
  const file = path.join(
    ...[__dirname, '..', 'prebuilds', `${process.platform}-${process.arch}`, 'kevy.node'],
  );
  try {
    return require(file);
  } catch (cause) {
    const message =
      cause.code === 'MODULE_NOT_FOUND'
        ? `kevy has no addon for ${process.platform}-${process.arch}: ` +
          'in a checkout, run `npm ci && npm run build` in bindings/node'
        : `kevy's addon does not load: ${cause.message}`;
    throw new Error(message, { cause });
  }
}

function pairs(keysAndValues) {
  const map = new Map();
  for (let i = 0; i < keysAndValues.length; i += 2) map.set(keysAndValues[i], keysAndValues[i + 1]);
  return map;
}

const native = load();
native.setFactories({
  replyError: (text) => new ReplyError(text),
  statusError: (kind, code, text) => new KevyError(kind, code, text),
  map: pairs,
  set: (members) => new Set(members),
});

module.exports = native;
