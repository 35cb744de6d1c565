// The everyday verbs of all types as methods, named as ioredis names them: each takes the words of
// its command, arrays among them opened, and gives what ioredis gives over RESP2, also from an
// instance that speaks RESP3. verbs.d.ts says what each takes and gives.
'use strict';

const { recordOf } = require('./tape');

const VERBS = {
  strings: `mget mset msetnx setnx setex psetex getset getdel getex append strlen getrange setrange
    incr incrby incrbyfloat decr decrby`,
  keys: `del unlink exists touch type keys randomkey rename renamenx copy expire pexpire expireat
    pexpireat persist ttl pttl sort scan`,
  lists: `lpush rpush lpushx rpushx lpop rpop llen lrange lindex lset linsert lrem ltrim lpos lmove
    rpoplpush`,
  hashes: `hset hsetnx hget hmget hgetall hdel hexists hkeys hvals hlen hstrlen hincrby
    hincrbyfloat hscan hexpire hpexpire hexpireat hpexpireat httl hpttl hexpiretime hpexpiretime
    hpersist hgetex hsetex hgetdel`,
  sets: `sadd srem sismember smismember scard smembers spop srandmember smove sinter sunion sdiff
    sinterstore sunionstore sdiffstore sintercard sscan`,
  sortedSets: `zadd zrem zscore zmscore zincrby zcard zcount zlexcount zrank zrevrank zrange
    zrevrange zrangestore zrangebyscore zrevrangebyscore zrangebylex zrevrangebylex zremrangebyrank
    zremrangebyscore zremrangebylex zpopmin zpopmax zunionstore zinterstore zdiffstore zscan`,
  server: `publish spublish ping info dbsize flushdb flushall`,
};

// ---- Words -------------------------------------------------------------------------------------

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
    if (Array.isArray(arg)) for (const word of arg) words.push(word);
    else words.push(arg);
  }
  return words;
}

/** Arguments of which the one at `index` may be a Map or an object, when it is the last. */
const withRecordAt = (index) => (args) =>
  args.length === index + 1 && isRecord(args[index])
    ? [...args.slice(0, index), ...pairs(args[index])]
    : opened(args);

const asGiven = (args) => args;

const ARGUMENTS = {
  publish: asGiven,
  spublish: asGiven,
  mset: withRecordAt(0),
  msetnx: withRecordAt(0),
  hset: withRecordAt(1),
};

// ---- Replies -----------------------------------------------------------------------------------
//
// A converter goes by the shape it finds: null, QUEUED and errors stay what they are.

const list = (reply) => (reply instanceof Set ? [...reply] : reply);

function scoreText(score, buffers) {
  if (typeof score !== 'number') return score;
  const text = Number.isFinite(score) ? String(score) : score > 0 ? 'inf' : '-inf';
  return buffers ? Buffer.from(text) : text;
}

/** Scores as text, and members with their scores in turn. */
const scored = (reply, buffers) =>
  Array.isArray(reply)
    ? reply.flat().map((each) => scoreText(each, buffers))
    : scoreText(reply, buffers);

const ZADD_OPTION = /^(?:nx|xx|gt|lt|ch)$/i;

/** Of ZADD only with the option INCR: else it is a count. */
function scoredByIncrement(reply, buffers, words) {
  let i = 2;
  while (i < words.length && ZADD_OPTION.test(words[i])) i++;
  return /^incr$/i.test(words[i]) ? scored(reply, buffers) : reply;
}

const CONVERTERS = {
  hgetall: recordOf,
  smembers: list,
  spop: list,
  srandmember: list,
  sinter: list,
  sunion: list,
  sdiff: list,
  zadd: scoredByIncrement,
  zscore: scored,
  zmscore: scored,
  zincrby: scored,
  zrange: scored,
  zrevrange: scored,
  zrangebyscore: scored,
  zrevrangebyscore: scored,
  zpopmin: scored,
  zpopmax: scored,
};

// ---- Methods -----------------------------------------------------------------------------------

function method(name) {
  const verb = name.toUpperCase();
  const wordsOf = ARGUMENTS[name] ?? opened;
  const convert = CONVERTERS[name];
  const { [name]: run } = {
    [name](...args) {
      const words = [verb, ...wordsOf(args)];
      return convert === undefined ? this._run(words) : this._converted(convert, words);
    },
  };
  return { value: run, writable: true, configurable: true };
}

const names = Object.values(VERBS).flatMap((all) => all.split(/\s+/));
const methods = Object.fromEntries(names.map((name) => [name, method(name)]));

/**
 * Gives a class the verbs. Its `_run(words)` runs a command, at once or later, and its
 * `_converted(convert, words)` does so for `convert(reply, whether strings are Buffers, words)`.
 */
function addVerbs(kind) {
  Object.defineProperties(kind.prototype, methods);
}

module.exports = { addVerbs, verbs: names };
