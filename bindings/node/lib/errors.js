// What kevy throws. A wrong argument of JavaScript's own kind is a TypeError or RangeError instead.
'use strict';

const { statuses } = require('./native');

// Failure's codes, in src/failure.h; what is above is a status.
const REPLY = 0;
const TYPE_ERROR = -1;

class KevyError extends Error {
  constructor(kind, code, message) {
    super(message);
    this.kind = kind;
    this.code = code;
  }
}

/** A command was answered with an error. Its message is Redis' text, its code the first word. */
class ReplyError extends KevyError {
  constructor(text) {
    super('reply', /^-?(\S*)/.exec(text)[1], text);
  }
}

/** The instance was stopped, or the session or subscription closed. */
class ClosedError extends KevyError {
  constructor(message) {
    super('closed', 'KEVY_CLOSED', message);
  }
}

for (const kind of [KevyError, ReplyError, ClosedError]) {
  const name = { value: kind.name, writable: true, configurable: true };
  Object.defineProperty(kind.prototype, 'name', name);
}

/** The error for a call that the addon refused. */
function failure(code, message) {
  if (code === REPLY) return new ReplyError(message);
  if (code < REPLY) return code === TYPE_ERROR ? new TypeError(message) : new RangeError(message);
  const [kind, name] = statuses[code] ?? ['invalid', 'KEVY_UNKNOWN'];
  return kind === 'closed' ? new ClosedError(message) : new KevyError(kind, name, message);
}

module.exports = { ClosedError, KevyError, ReplyError, failure };
