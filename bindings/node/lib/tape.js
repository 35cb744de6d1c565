// What a call of the addon's gave, made from what it returned and what its tape says: see
// src/tape.h. Arrays, Maps, Sets and errors are made here, so they are of the realm that this copy
// of lib/ was loaded into.
'use strict';

const { markAsUntransferable } = require('node:worker_threads');
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

// Nodes.
const STRING = 0;
const STATUS = 1;
const ERROR = 2;
const NUMBER = 3;
const BIGINT = 4;
const INTEGER = 5;
const BOOLEAN = 7;
const ARRAY = 8;
const MAP = 9;
const SET = 10;

/** Counts the error replies in trees: asking each reply whether it is one would cost more. */
const made = { errors: 0 };

// A package that touches String.prototype, as ioredis does, makes all lookups of its methods slow.
const substring = Function.prototype.call.bind(String.prototype.substring);

let pool; // the ArrayBuffer that small Buffers are cut from

/** Transferred, it would be taken from all Buffers in it. */
function adopt(memory) {
  markAsUntransferable(memory);
  pool = memory;
}

function piece(memory) {
  if (memory !== pool) adopt(memory);
  return Buffer.from(memory, tape[2], tape[3]);
}

let nodes; // where the tree is read from
let at;
let source; // what its strings are cut from
let position;
let form;

function string(size) {
  const from = position;
  if (form === PARTS) return source[position++];
  position = from + size;
  return form === TEXT ? substring(source, from, position) : Buffer.from(source, from, size);
}

function text(size) {
  const value = string(size);
  return form === BYTES ? value.toString() : value;
}

// The usual elements of an array: strings alone. Each adds those up to the first node that is none,
// and returns how many they were.

function texts(all, count) {
  const whole = source;
  let next = at;
  let from = position;
  let i = 0;
  for (; i < count && nodes[next] === STRING; i++, next += 2) {
    const end = from + nodes[next + 1];
    all[i] = substring(whole, from, end);
    from = end;
  }
  at = next;
  position = from;
  return i;
}

function buffers(all, count) {
  const memory = source;
  let next = at;
  let from = position;
  let i = 0;
  for (; i < count && nodes[next] === STRING; i++, next += 2) {
    const size = nodes[next + 1];
    all[i] = Buffer.from(memory, from, size);
    from += size;
  }
  at = next;
  position = from;
  return i;
}

function array(count) {
  const all = new Array(count);
  let i = 0;
  if (form === TEXT) i = texts(all, count);
  else if (form === BYTES) i = buffers(all, count);
  for (; i < count; i++) all[i] = node();
  return all;
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
  nodes = from;
  at = HEADER;
  form = outcome;
  source = value;
  position = outcome === BYTES ? from[2] : 0;
  if (outcome === BYTES && (from[1] & POOLED) !== 0 && value !== pool) adopt(value);
}

function tree(from, outcome, value) {
  open(from, outcome, value);
  const root = node();
  source = undefined;
  return root;
}

function setField(record, name, value) {
  if (name === '__proto__') {
    const own = { value, writable: true, enumerable: true, configurable: true };
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
  source = undefined;
  return record;
}

/** Those of a hash whose values are Buffers. */
function fields(record, count) {
  const start = position;
  const bytes = Buffer.from(source, start, tape[3]);
  const ascii = (tape[1] & ASCII) !== 0 ? bytes.latin1Slice() : undefined;
  for (let i = 0; i < count; i += 2) {
    const from = position - start;
    position += tape[at + 1];
    at += 2;
    const end = position - start;
    const name = ascii === undefined ? bytes.toString('utf8', from, end) : substring(ascii, from, end);
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

/** As result(), of what gives an array. */
function listResult(value) {
  if (tape[0] !== TEXT || tape[HEADER] !== ARRAY) return result(value);
  tape[0] = VALUE;
  open(tape, TEXT, value);
  at += 2;
  const all = array(tape[HEADER + 1]);
  source = undefined;
  return all;
}

module.exports = { listResult, made, recordOf, recordResult, result };
