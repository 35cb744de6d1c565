// Scripts as methods, as ioredis defines them.
'use strict';

const { createHash } = require('node:crypto');
const { checkBoolean, checkNames } = require('./options');
const { opened } = require('./words');

const KEYS_MAX = 2 ** 31 - 1;

class Script {
  constructor(name, definition) {
    checkNames(definition, ['lua', 'numberOfKeys', 'readOnly'], `the command ${name}`);
    const { lua, numberOfKeys, readOnly } = definition;
    if (typeof lua !== 'string') throw new TypeError('option lua is the text of a script');
    checkBoolean(readOnly, 'readOnly');
    const isCount = Number.isInteger(numberOfKeys) && numberOfKeys >= 0 && numberOfKeys <= KEYS_MAX;
    if (numberOfKeys !== undefined && !isCount) {
      throw new RangeError('option numberOfKeys is a whole number');
    }
    this.lua = lua;
    this.sha1 = createHash('sha1').update(lua).digest('hex');
    this.eval = readOnly === true ? 'EVAL_RO' : 'EVAL';
    this.evalsha = readOnly === true ? 'EVALSHA_RO' : 'EVALSHA';
    this.method = { value: this.#method(name, numberOfKeys), writable: true, configurable: true };
  }

  #method(name, numberOfKeys) {
    const script = this;
    const { [name]: method } = {
      [name](...args) {
        const words = opened(args);
        const isCounted = numberOfKeys === undefined; // by the caller
        return this._scripted(script, isCounted ? words : [numberOfKeys, ...words]);
      },
    };
    return method;
  }
}

module.exports = { Script };
