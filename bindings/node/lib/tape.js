// What a call of the addon's gave, made from what it returned and what its tape says: see
// src/tape.h. Arrays, Maps, Sets and errors are made here, so they are of the realm that this copy
// of lib/ was loaded into.
'use strict';

const { Buffer } = require('node:buffer'); // the global is a getter
const { markAsUntransferable } = require('node:worker_threads');
const { nulls } = require('./arrays');
const native = require('./native');
const { ReplyError, failure } = require('./errors');

const tape = new Int32Array(native.tape);

// Outcomes.
const VALUE = 0;
const TEXT = 1;
const BYTES = 2;
const PARTS = 3;
const LONG = 4;
const ERROR_REPLY = 5;
const NOTHING = 6;
const PIECE = 8;

const HEADER = 4;
const ASCII = 1;
const POOLED = 2;
const OF_BYTES = 4;

// Nodes.
const STRING = 0;
const STATUS = 1;
const ERROR = 2;
const NUMBER = 3;
const BIGINT = 4;
const INTEGER = 5;
const NULL = 6;
const BOOLEAN = 7;
const ARRAY = 8;
const MAP = 9;
const SET = 10;

/** Counts the error replies in trees: asking each reply whether it is one would cost more. */
const made = { errors: 0 };

// A package that touches String.prototype, as ioredis does, makes all lookups of its methods slow.
const objectPrototype = Object.prototype;
const substring = Function.prototype.call.bind(String.prototype.substring);

let pool; // the ArrayBuffer that small Buffers are cut from

const NO_BYTES = new ArrayBuffer(0);

/** Memory of several Buffers: transferred, it would be taken from all of them. */
function share(memory) {
  markAsUntransferable(memory);
  return memory;
}

function adopt(memory) {
  pool = share(memory);
}

function piece(memory) {
  if (memory !== pool) adopt(memory);
  return Buffer.from(memory, tape[2], tape[3]);
}

let nodes; // where the tree is read from
let at;
let form; // TEXT or BYTES
let source; // what its strings are cut from
let position;
let end; // of what is read from a part
let parts; // where there are several
let part;

/** What stands alone, or is cut from the next part. */
function ofParts(size) {
  const next = parts[part++];
  if (size < 0) return next;
  source = form === TEXT ? next : share(next);
  position = 0;
  end = form === TEXT ? next.length : next.byteLength;
  return string(size);
}

function string(size) {
  const from = position;
  const to = from + size;
  if (size < 0 || to > end) return ofParts(size);
  position = to;
  return form === TEXT ? substring(source, from, to) : Buffer.from(source, from, size);
}

function text(size) {
  const value = string(size);
  return typeof value === 'string' ? value : value.toString();
}

// The usual elements of an array: strings alone. Each goes on from `i` up to the first node that is
// none, or is in another part, and returns where that is.

function texts(all, i, count) {
  const whole = source;
  const last = end;
  let next = at;
  let from = position;
  for (; i < count && nodes[next] === STRING; i++, next += 2) {
    const to = from + nodes[next + 1];
    if (to < from || to > last) break;
    all[i] = substring(whole, from, to);
    from = to;
  }
  at = next;
  position = from;
  return i;
}

function buffers(all, i, count) {
  const memory = source;
  const last = end;
  let next = at;
  let from = position;
  for (; i < count && nodes[next] === STRING; i++, next += 2) {
    const size = nodes[next + 1];
    if (size < 0 || from + size > last) break;
    all[i] = Buffer.from(memory, from, size);
    from += size;
  }
  at = next;
  position = from;
  return i;
}

function array(count) {
  const all = nulls(count);
  for (let i = 0; ; i++) {
    i = form === TEXT ? texts(all, i, count) : buffers(all, i, count);
    if (i >= count) return all;
    all[i] = node();
  }
}

function map(count) {
  const all = new Map();
  for (let i = 0; i < count; i += 2) {
    const key = node();
    all.set(key, node());
  }
  return all;
}

function node() {
  const type = nodes[at];
  const size = nodes[at + 1];
  at += 2;
  switch (type) {
    case STRING:
      return string(size);
    case STATUS:
      return text(size);
    case ERROR:
      made.errors++;
      return new ReplyError(text(size));
    case NUMBER:
      return Number(text(size));
    case BIGINT:
      return BigInt(text(size));
    case INTEGER:
      return size;
    case BOOLEAN:
      return size !== 0;
    case ARRAY:
      return array(size);
    case MAP:
      return map(size);
    case SET:
      return new Set(array(size));
    default:
      return null;
  }
}

/** Goes to the beginning of a tree. */
function open(from, outcome, value) {
  const detail = from[1];
  nodes = from;
  at = HEADER;
  position = 0;
  source = value;
  form = outcome;
  if (outcome === TEXT) {
    end = value.length;
  } else if (outcome === BYTES) {
    if ((detail & POOLED) === 0) share(value);
    else if (value !== pool) adopt(value);
    position = from[2];
    end = position + from[3];
  } else {
    form = (detail & OF_BYTES) === 0 ? TEXT : BYTES;
    source = form === TEXT ? '' : NO_BYTES;
    end = 0;
    parts = value;
    part = 0;
  }
}

function close() {
  source = undefined;
  parts = undefined;
}

function tree(from, outcome, value) {
  open(from, outcome, value);
  const root = node();
  close();
  return root;
}

const NINE = 57;

// A prototype's setter would be asked to store it: that of `__proto__`, and any that somebody has
// put at an index. To look for one of any name would cost a third of a hash.
function setField(record, name, value) {
  if (name === '__proto__' || (name.charCodeAt(0) <= NINE && name in objectPrototype)) {
    const own = { __proto__: null, value, writable: true, enumerable: true, configurable: true };
    Object.defineProperty(record, name, own);
  } else {
    record[name] = value;
  }
}

/**
 * As result(), with fields and values in turn, or a Map of them, as an object, whose keys are
 * strings. What is no such thing stays what it is.
 */
function recordResult(value) {
  const outcome = tape[0];
  const isShort = outcome === TEXT || outcome === BYTES;
  const root = tape[HEADER];
  if (!isShort || (root !== ARRAY && root !== MAP)) return recordOf(result(value));
  tape[0] = VALUE;
  open(tape, outcome, value);
  const count = tape[HEADER + 1];
  at += 2;
  const record = {};
  if (outcome === TEXT) {
    for (let i = 0; i < count; i += 2) {
      const size = tape[at + 1];
      at += 2;
      const name = string(size);
      setField(record, name, node());
    }
  } else {
    fields(record, count);
  }
  close();
  return record;
}

/** Those of a hash whose values are Buffers. */
function fields(record, count) {
  const start = position;
  const bytes = Buffer.from(source, start, tape[3]);
  const ascii = (tape[1] & ASCII) !== 0 ? bytes.latin1Slice() : undefined;
  for (let i = 0; i < count; i += 2) {
    const from = position - start;
    const to = from + tape[at + 1];
    at += 2;
    position = start + to;
    const name = ascii === undefined ? bytes.toString('utf8', from, to) : substring(ascii, from, to);
    setField(record, name, node());
  }
}

/** What recordResult makes, of what was made before. */
function recordOf(reply) {
  const record = {};
  if (reply instanceof Map) {
    for (const [name, value] of reply) setField(record, String(name), value);
  } else if (Array.isArray(reply)) {
    for (let i = 0; i < reply.length; i += 2) setField(record, String(reply[i]), reply[i + 1]);
  } else {
    return reply;
  }
  return record;
}

function told(value) {
  const outcome = tape[0];
  tape[0] = VALUE;
  switch (outcome) {
    case PIECE:
      return piece(value);
    case TEXT:
    case BYTES:
    case PARTS:
      return tree(tape, outcome, value);
    case LONG: {
      const long = new Int32Array(value[0]);
      return tree(long, long[0], value[1]);
    }
    case ERROR_REPLY:
      throw new ReplyError(value);
    case NOTHING:
      return undefined;
    default:
      throw failure(tape[1], value);
  }
}

/** The result of a call of the addon's, which returned `value`; throws what it refused. */
function result(value) {
  return tape[0] === VALUE ? value : told(value);
}

/**
 * As result(), quicker for an array of strings and nulls alone, which then stand in `all`, an array
 * of as many elements.
 */
function listResult(value, all) {
  if (tape[0] !== TEXT || tape[HEADER] !== ARRAY) return result(value);
  const count = tape[HEADER + 1];
  let from = 0;
  for (let i = 0, next = HEADER + 2; i < count; i++, next += 2) {
    const type = tape[next];
    if (type === STRING) {
      const to = from + tape[next + 1];
      all[i] = substring(value, from, to);
      from = to;
    } else if (type === NULL) {
      all[i] = null;
    } else {
      return result(value);
    }
  }
  tape[0] = VALUE;
  return all;
}

module.exports = { listResult, made, recordOf, recordResult, result };
