// Options: their names and kinds are checked, and an unknown one is told which it might be.
'use strict';

const { append } = require('./arrays');

const NUMBERS = ['shards', 'databases', 'protocol', 'threads'];
const FILES = ['dir', 'appendonly', 'appendfsync']; // directives that most who keep data need
const START = [...NUMBERS, 'directives', 'buffers', 'bigints', 'listen', 'onProgress', ...FILES];
const UINT32_MAX = 2 ** 32 - 1;

// What other packages call it.
const OTHER_NAMES = {
  address: 'listen',
  buffer: 'buffers',
  config: 'directives',
  db: 'databases',
  decode: 'buffers',
  host: 'listen',
  path: 'listen',
  port: 'listen',
  resp: 'protocol',
  returnbuffers: 'buffers',
  safeintegers: 'bigints',
  throwonerror: 'raiseOnError',
  transaction: 'atomic',
  unixsocket: 'listen',
  url: 'listen',
};

/** How many letters must be added, dropped or changed to make one of the other. */
function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [...row];
    next[0] = i;
    for (let j = 1; j <= b.length; j++) {
      const changed = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min(changed, row[j] + 1, next[j - 1] + 1);
    }
    row = next;
  }
  return row[b.length];
}

function suggestion(name, names) {
  const lower = name.toLowerCase();
  const other = OTHER_NAMES[lower];
  if (names.includes(other)) return other;
  const FAR = 3;
  const near = names
    .map((each) => [distance(lower, each.toLowerCase()), each])
    .sort(([a], [b]) => a - b)[0];
  return near[0] < Math.min(FAR, near[1].length) ? near[1] : undefined;
}

/** Refuses what is no object, and names other than `names`; `of` says whose options they are. */
function checkNames(options, names, of) {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`the options of ${of} are an object`);
  }
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    const meant = suggestion(name, names);
    const hint = meant === undefined ? `there are ${names.join(', ')}` : `did you mean ${meant}?`;
    throw new TypeError(`${of} has no option ${name}: ${hint}`);
  }
}

function described(value) {
  return typeof value === 'string' ? `the string '${value}'` : String(value);
}

function checkBoolean(value, name) {
  if (value !== undefined && typeof value !== 'boolean') {
    throw new TypeError(`option ${name} is true or false, not ${described(value)}`);
  }
}

function checkStart(options) {
  checkNames(options, START, 'start');
  for (const name of NUMBERS) {
    const value = options[name] ?? 0;
    if (!Number.isInteger(value) || value < 0 || value > UINT32_MAX) {
      throw new RangeError(`option ${name} is a whole number, not ${described(value)}`);
    }
  }
  checkBoolean(options.buffers, 'buffers');
  checkBoolean(options.bigints, 'bigints');
  checkProgress(options.onProgress);
}

function checkProgress(onProgress) {
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw new TypeError('option onProgress is a function');
  }
}

/** Addresses of the option listen, which are one or several. */
function addressesOf(listen = []) {
  return [listen].flat().map(checkedAddress);
}

function checkedAddress(address) {
  if (typeof address !== 'string' || address.includes('\0')) {
    throw new TypeError('an address is a string: "host:port" or "unix:/path"');
  }
  return address;
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
    append(words, name);
    append(words, String(value));
  }
  return words;
}

/** The directives that stand among the options of start, and the others. */
function allDirectives({ dir, appendonly, appendfsync, directives = {} }) {
  const named = {};
  if (dir !== undefined) {
    if (typeof dir !== 'string') throw new TypeError('option dir is a path');
    named.dir = dir;
  }
  checkBoolean(appendonly, 'appendonly');
  if (appendonly !== undefined) named.appendonly = appendonly ? 'yes' : 'no';
  if (appendfsync !== undefined) {
    if (!['always', 'everysec', 'no'].includes(appendfsync)) {
      throw new TypeError(`option appendfsync is always, everysec or no, not ${described(appendfsync)}`);
    }
    named.appendfsync = appendfsync;
  }
  return [...directiveWords(named), ...directiveWords(directives)];
}

module.exports = {
  addressesOf,
  allDirectives,
  checkBoolean,
  checkNames,
  checkProgress,
  checkStart,
  checkedAddress,
};
