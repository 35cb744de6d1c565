// The addon. It holds nothing of this copy of lib/: several may be loaded over it.
'use strict';

const path = require('node:path');

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

module.exports = load();
