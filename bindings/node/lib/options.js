// The options of kevy.start.
'use strict';

const NUMBERS = ['shards', 'databases', 'protocol', 'threads'];
const NAMES = [...NUMBERS, 'directives', 'buffers'];
const UINT32_MAX = 2 ** 32 - 1;

function checkOptions(options) {
  if (typeof options !== 'object' || options === null) throw new TypeError('options is an object');
  for (const name of Object.keys(options)) {
    if (!NAMES.includes(name)) {
      throw new TypeError(`no option is called ${name}: there are ${NAMES.join(', ')}`);
    }
  }
  for (const name of NUMBERS) {
    const value = options[name] ?? 0;
    if (!Number.isInteger(value) || value < 0 || value > UINT32_MAX) {
      throw new RangeError(`option ${name} is a whole number, not ${String(value)}`);
    }
  }
  if (options.buffers !== undefined && typeof options.buffers !== 'boolean') {
    throw new TypeError('option buffers is true or false');
  }
}

/** {name: value, ...} as [name, value, ...], all strings. */
function directiveWords(directives) {
  if (typeof directives !== 'object' || directives === null) {
    throw new TypeError('option directives is an object of names and values');
  }
  const words = [];
  for (const [name, value] of Object.entries(directives)) {
    if (!['string', 'number', 'bigint'].includes(typeof value) || String(value).includes('\0')) {
      throw new TypeError(`directive ${name} is a string or a number`);
    }
    words.push(name, String(value));
  }
  return words;
}

module.exports = { checkOptions, directiveWords };
