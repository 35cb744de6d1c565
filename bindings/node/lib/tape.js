// What a call of the addon's gave, made from what it returned and what its tape says: see
// src/tape.h. Arrays, Maps, Sets and errors are made here, so they are of the realm that this copy
// of lib/ was loaded into.
'use strict';

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

let nodes; // where the tree is read from
let at;
let source; // what its strings are cut from
let position;
let form;

function string(size) {
  const from = position;
  if (form === PARTS) return source[position++];
  position = from + size;
  return form === TEXT ? source.substring(from, position) : source.subarray(from, position);
}

function text(size) {
  const from = position;
  if (form !== BYTES) return string(size);
  position = from + size;
  return source.toString('utf8', from, position);
}

function array(count) {
  const all = new Array(count);
  let i = 0;
  if (form === TEXT) {
    // The usual one: strings alone.
    let next = at;
    let from = position;
    for (; i < count && nodes[next] === STRING; i++, next += 2) {
      const end = from + nodes[next + 1];
      all[i] = source.substring(from, end);
      from = end;
    }
    at = next;
    position = from;
  }
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

function tree(from, outcome, value) {
  nodes = from;
  at = 2;
  form = outcome;
  source = outcome === BYTES ? Buffer.from(value) : value;
  position = 0;
  const root = node();
  source = undefined;
  return root;
}

/** The text of a field of a hash, whose values may be Buffers. */
function field(size, ascii) {
  const from = position;
  position = from + size;
  if (ascii !== undefined) return ascii.substring(from, position);
  return source.toString('utf8', from, position);
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
  if (!isShort || (tape[2] !== ARRAY && tape[2] !== MAP)) return recordOf(result(value));
  const isAscii = tape[1] === 1;
  tape[0] = VALUE;
  const count = tape[3];
  at = 4;
  nodes = tape;
  form = outcome;
  source = outcome === BYTES ? Buffer.from(value) : value;
  position = 0;
  const ascii = outcome === BYTES && isAscii ? source.latin1Slice() : undefined;
  const record = {};
  for (let i = 0; i < count; i += 2) {
    const size = tape[at + 1];
    at += 2;
    const name = outcome === TEXT ? string(size) : field(size, ascii);
    setField(record, name, node());
  }
  source = undefined;
  return record;
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

module.exports = { made, recordOf, recordResult, result };
