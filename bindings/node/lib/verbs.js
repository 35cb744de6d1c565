// The everyday verbs of all types as methods, named as ioredis names them: each takes the words of
// its command, arrays among them opened, and gives what ioredis gives over RESP2, also from an
// instance that speaks RESP3. Those that may wait give promises. verbs.d.ts says what each takes
// and gives.
'use strict';

const { recordOf } = require('./tape');
const { isRecord, opened, withRecordAt } = require('./words');

const VERBS = {
  strings: `mget mset msetnx setnx setex psetex getset getdel getex append strlen getrange setrange
    incr incrby incrbyfloat decr decrby`,
  bitmaps: `setbit getbit bitcount bitpos bitop bitfield bitfield_ro`,
  hyperLogLogs: `pfadd pfcount pfmerge`,
  keys: `del unlink exists touch type keys randomkey rename renamenx copy expire pexpire expireat
    pexpireat persist ttl pttl sort scan`,
  lists: `lpush rpush lpushx rpushx lpop rpop lmpop llen lrange lindex lset linsert lrem ltrim lpos lmove
    rpoplpush`,
  hashes: `hset hsetnx hget hmget hgetall hdel hexists hkeys hvals hlen hstrlen hincrby
    hincrbyfloat hscan hexpire hpexpire hexpireat hpexpireat httl hpttl hexpiretime hpexpiretime
    hpersist hgetex hsetex hgetdel`,
  sets: `sadd srem sismember smismember scard smembers spop srandmember smove sinter sunion sdiff
    sinterstore sunionstore sdiffstore sintercard sscan`,
  sortedSets: `zadd zrem zscore zmscore zincrby zcard zcount zlexcount zrank zrevrank zrange
    zrevrange zrangestore zrangebyscore zrevrangebyscore zrangebylex zrevrangebylex zremrangebyrank
    zremrangebyscore zremrangebylex zpopmin zpopmax zmpop zunionstore zinterstore zdiffstore zscan`,
  geo: `geoadd geopos geodist geohash geosearch geosearchstore georadius georadius_ro
    georadiusbymember georadiusbymember_ro`,
  streams: `xadd xlen xrange xrevrange xdel xtrim xack xgroup xpending xclaim xautoclaim xinfo xsetid`,
  scripts: `eval eval_ro evalsha evalsha_ro script fcall fcall_ro function`,
  server: `publish spublish ping info dbsize flushdb flushall`,
};

/** Those that may wait, each with an AbortSignal. */
const WAITING = `blpop brpop brpoplpush blmove blmpop bzpopmin bzpopmax bzmpop xread xreadgroup
  migrate`;

// ---- Words -------------------------------------------------------------------------------------

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

/** A key with members and their scores, each of which is text. */
const poppedOfMany = (reply, buffers) =>
  Array.isArray(reply)
    ? [reply[0], reply[1].map(([member, score]) => [member, scoreText(score, buffers)])]
    : reply;

// As Redis writes coordinates over RESP2.
const DECIMALS = 17;

function coordinateText(number, buffers) {
  if (typeof number !== 'number') return number;
  const text = number.toFixed(DECIMALS).replace(/\.?0+$/, '');
  return buffers ? Buffer.from(text) : text;
}

const coordinates = (pair, buffers) =>
  Array.isArray(pair) ? pair.map((each) => coordinateText(each, buffers)) : pair;

/** Positions, and nulls. */
const positions = (reply, buffers) =>
  Array.isArray(reply) ? reply.map((pair) => coordinates(pair, buffers)) : reply;

/** Members, or each with what was asked for of it. */
const places = (reply, buffers) =>
  Array.isArray(reply)
    ? reply.map((place) => (Array.isArray(place) ? positions(place, buffers) : place))
    : reply;

/** Streams by their names, as pairs. */
const streams = (reply) => (reply instanceof Map ? [...reply] : reply);

/** Maps as keys and values in turn, and sets as arrays, at any depth. */
function flat(reply) {
  if (reply instanceof Map) return [...reply].flat().map(flat);
  if (reply instanceof Set) return [...reply].map(flat);
  return Array.isArray(reply) ? reply.map(flat) : reply;
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
  zmpop: poppedOfMany,
  bzpopmin: scored,
  bzpopmax: scored,
  bzmpop: poppedOfMany,
  geopos: positions,
  geosearch: places,
  georadius: places,
  georadius_ro: places,
  georadiusbymember: places,
  georadiusbymember_ro: places,
  xread: streams,
  xreadgroup: streams,
  xinfo: flat,
  eval: flat,
  eval_ro: flat,
  evalsha: flat,
  evalsha_ro: flat,
  fcall: flat,
  fcall_ro: flat,
  function: flat,
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

function waitingMethod(name) {
  const verb = name.toUpperCase();
  const convert = CONVERTERS[name];
  const { [name]: run } = {
    [name](...args) {
      const options = isRecord(args.at(-1)) ? args.pop() : undefined;
      return this._waited(convert, [verb, ...opened(args)], options);
    },
  };
  return { value: run, writable: true, configurable: true };
}

const named = (all, make) => all.split(/\s+/).map((name) => [name, make(name)]);

const methods = Object.fromEntries([
  ...Object.values(VERBS).flatMap((all) => named(all, method)),
  ...named(WAITING, waitingMethod),
]);
const names = Object.keys(methods);

/**
 * Gives a class the verbs. Its `_run(words)` runs a command, at once or later, and its
 * `_converted(convert, words)` does so for `convert(reply, whether strings are Buffers, words)`;
 * its `_waited(convert, words, options)` does either with what may wait.
 */
function addVerbs(kind) {
  Object.defineProperties(kind.prototype, methods);
}

module.exports = { addVerbs, verbs: names };
