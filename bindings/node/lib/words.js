// What verbs are given, as the words of their commands.
'use strict';

const { append } = require('./arrays');

const isRecord = (value) =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !ArrayBuffer.isView(value) &&
  !(value instanceof ArrayBuffer);

/** A Map or an object as its keys and values in turn. */
const pairs = (record) =>
  (record instanceof Map ? [...record] : Object.entries(record)).flat();

/** Arguments as words. Array.prototype.flat would cost several times the command itself. */
function opened(args) {
  let i = 0;
  while (i < args.length && !Array.isArray(args[i])) i++;
  if (i === args.length) return args;
  const words = [];
  for (const arg of args) {
    if (Array.isArray(arg)) for (const word of arg) append(words, word);
    else append(words, arg);
  }
  return words;
}

/** Arguments of which the one at `index` may be a Map or an object, when it is the last. */
const withRecordAt = (index) => (args) =>
  args.length === index + 1 && isRecord(args[index])
    ? [...args.slice(0, index), ...pairs(args[index])]
    : opened(args);

module.exports = { isRecord, opened, withRecordAt };
