// What kevy throws. A wrong argument of JavaScript's own kind is a TypeError or RangeError instead.
'use strict';

class KevyError extends Error {
  constructor(kind, code, message) {
    super(message);
    this.kind = kind;
    this.code = code;
  }
}
Object.defineProperty(KevyError.prototype, 'name', {
  value: 'KevyError',
  writable: true,
  configurable: true,
});

/** A command was answered with an error. Its message is Redis' text, its code the first word. */
class ReplyError extends KevyError {
  constructor(text) {
    super('reply', /^-?(\S*)/.exec(text)[1], text);
  }
}
Object.defineProperty(ReplyError.prototype, 'name', {
  value: 'ReplyError',
  writable: true,
  configurable: true,
});

module.exports = { KevyError, ReplyError };
