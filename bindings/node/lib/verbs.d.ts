// The types of the everyday verbs: see verbs.js.
import type { Reply, Text, Word } from './index.js';
import type { WaitOptions } from './waiting.js';

/** Words, or arrays of them. */
type Words = (Word | readonly Word[])[];
type Pairs = Record<string, Word> | ReadonlyMap<Word, Word>;
/** An integer; beyond 2^53 a bigint. */
type Integer = number | bigint;
type Expiry = 'NX' | 'XX' | 'GT' | 'LT';
type Unit = 'm' | 'km' | 'ft' | 'mi' | 'M' | 'KM' | 'FT' | 'MI';
type Bit = 0 | 1;

/** The id of an entry of a stream, and its fields and values in turn. */
export type StreamEntry<T extends Text> = [id: T, fieldsAndValues: T[] | null];

/**
 * The verbs of strings, keys, lists, hashes, sets and sorted sets, with the names, words and
 * results that they have in ioredis: options are words as in Redis' own syntax, scores are text,
 * members with scores come in turn. Results are the same with either protocol. What may wait for
 * somebody else (blpop, xread and so on) gives a promise, which is a waiter in the store: no thread
 * waits with it. A timeout is in seconds, 0 for ever.
 */
export interface Verbs<T extends Text, N extends number | bigint = number> {
  // ---- Strings ----

  /** The strings at several keys; null for what is missing or no string. */
  mget(...keys: Words): (T | null)[];
  /** Stores strings at several keys, in one step. */
  mset(pairs: Pairs): 'OK';
  mset(...keysAndValues: Words | [pairs: Pairs]): 'OK';
  /** As mset, if none of the keys exists: 1, else 0. */
  msetnx(pairs: Pairs): N;
  msetnx(...keysAndValues: Words | [pairs: Pairs]): N;
  /** Stores a string if there is no such key: 1, else 0. */
  setnx(key: Word, value: Word): N;
  /** Stores a string for so many seconds. */
  setex(key: Word, seconds: number, value: Word): 'OK';
  /** Stores a string for so many milliseconds. */
  psetex(key: Word, milliseconds: number, value: Word): 'OK';
  /** Stores a string and gives the one before. */
  getset(key: Word, value: Word): T | null;
  /** The string, which is deleted. */
  getdel(key: Word): T | null;
  /** The string, whose time to live is set: `getex(key, 'EX', 60)`, or taken away: 'PERSIST'. */
  getex(key: Word, ...options: Words): T | null;
  /** Adds to the end of a string; its new length. */
  append(key: Word, value: Word): N;
  /** How many bytes a string has. */
  strlen(key: Word): N;
  /** The bytes from `start` to `end`, which is included; negative from the end. */
  getrange(key: Word, start: number, end: number): T;
  /** Overwrites a string from `offset` on; its new length. */
  setrange(key: Word, offset: number, value: Word): N;
  /** Adds 1 to an integer; the sum. */
  incr(key: Word): N | bigint;
  /** Adds to an integer; the sum. */
  incrby(key: Word, increment: Integer): N | bigint;
  /** Adds to a number; the sum, as text. */
  incrbyfloat(key: Word, increment: Word): T;
  /** Takes 1 from an integer; the difference. */
  decr(key: Word): N | bigint;
  /** Takes from an integer; the difference. */
  decrby(key: Word, decrement: Integer): N | bigint;

  // ---- Bitmaps ----

  /** Sets or clears a bit of a string; what it was. */
  setbit(key: Word, offset: Integer, value: Bit): N;
  /** A bit of a string, 0 beyond its end. */
  getbit(key: Word, offset: Integer): N;
  /** How many bits are set, between two places if given, counted in bytes unless 'BIT' says so. */
  bitcount(key: Word, ...range: Words): N;
  /** The place of the first bit that is so, within a range if given; -1 where there is none. */
  bitpos(key: Word, bit: Bit, ...range: Words): N;
  /** Stores what bitwise AND, OR, XOR, NOT and their like make of strings; its length. */
  bitop(operation: Word, destination: Word, ...keys: Words): N;
  /** Reads and changes integers of any width in a string; one result an operation. */
  bitfield(key: Word, ...operations: Words): (N | bigint | null)[];
  /** The same with GET alone. */
  bitfield_ro(key: Word, ...operations: Words): (N | bigint)[];

  // ---- HyperLogLogs ----

  /** Adds elements; 1 when the estimate may have changed, else 0. */
  pfadd(key: Word, ...elements: Words): N;
  /** About how many different elements one has, or several together. */
  pfcount(...keys: Words): N;
  /** Merges several into one. */
  pfmerge(destination: Word, ...sources: Words): 'OK';

  // ---- Keys ----

  /** Deletes keys; how many there were. */
  del(...keys: Words): N;
  /** Deletes keys and frees big values later; how many keys there were. */
  unlink(...keys: Words): N;
  /** How many of the keys exist. */
  exists(...keys: Words): N;
  /** Marks keys as used just now; how many there are. */
  touch(...keys: Words): N;
  /** The type of the value: string, list, hash, set, zset or none. */
  type(key: Word): string;
  /** The keys that match a pattern; scan does not hold others up meanwhile. */
  keys(pattern: Word): T[];
  /** Any key. */
  randomkey(): T | null;
  /** Gives a key another name, in the place of what has it. */
  rename(key: Word, newKey: Word): 'OK';
  /** Gives a key another name if that is free: 1, else 0. */
  renamenx(key: Word, newKey: Word): N;
  /** Copies a value to another key, which is free unless 'REPLACE' is given: 1, else 0. */
  copy(source: Word, destination: Word, ...options: Words): N;
  /** Lets a key live for so many seconds: 1, or 0 when it is not there or the option forbids. */
  expire(key: Word, seconds: number, option?: Expiry): N;
  /** As expire, in milliseconds. */
  pexpire(key: Word, milliseconds: number, option?: Expiry): N;
  /** As expire, until a moment in seconds since the Unix epoch. */
  expireat(key: Word, unixSeconds: number, option?: Expiry): N;
  /** As expireat, in milliseconds. */
  pexpireat(key: Word, unixMilliseconds: number, option?: Expiry): N;
  /** Takes a key's time to live away: 1, or 0 when it had none. */
  persist(key: Word): N;
  /** How many seconds a key has left; -1 for good, -2 when there is no such key. */
  ttl(key: Word): N;
  /** As ttl, in milliseconds. */
  pttl(key: Word): N;
  /** The elements in order, with options as SORT has them; with 'STORE' how many there are. */
  sort(key: Word, ...options: Words): (T | null)[] | N;
  /**
   * Takes keys to another server, and waits until they are there: `migrate(host, port, key, 0, 5000)`,
   * or with '' for the key and 'KEYS' with several behind the options.
   */
  migrate(
    host: string,
    port: Word,
    key: Word,
    database: Word,
    timeoutMs: Word,
    ...optionsAndKeys: Words | [...Words, WaitOptions]
  ): Promise<'OK' | 'NOKEY'>;
  /** Some keys, and the cursor that the next step begins with, '0' at the end. */
  scan(cursor: Word, ...options: Words): [cursor: T, keys: T[]];

  // ---- Lists ----

  /** Adds elements at the head, one after the other; the new length. */
  lpush(key: Word, ...elements: Words): N;
  /** Adds elements at the tail; the new length. */
  rpush(key: Word, ...elements: Words): N;
  /** As lpush, if there is such a list; the new length, 0 without one. */
  lpushx(key: Word, ...elements: Words): N;
  /** As rpush, if there is such a list; the new length, 0 without one. */
  rpushx(key: Word, ...elements: Words): N;
  /** Takes the first element, or an array of the first `count`; null when there is none. */
  lpop(key: Word): T | null;
  lpop(key: Word, count: number): T[] | null;
  lpop(key: Word, ...count: [] | [number]): T | T[] | null;
  /** Takes the last element, or an array of the last `count`; null when there is none. */
  rpop(key: Word): T | null;
  rpop(key: Word, count: number): T[] | null;
  rpop(key: Word, ...count: [] | [number]): T | T[] | null;
  /** Takes from the first of the lists that has any: its key, and the elements. */
  lmpop(numkeys: number, ...keysAndOptions: Words): [key: T, elements: T[]] | null;
  /** Takes the first element of the first list that has one, or waits for it. */
  blpop(...keysAndTimeout: Words | [...Words, WaitOptions]): Promise<[key: T, element: T] | null>;
  /** Takes the last element of the first list that has one, or waits for it. */
  brpop(...keysAndTimeout: Words | [...Words, WaitOptions]): Promise<[key: T, element: T] | null>;
  /** As lmpop; waits while all lists are empty. */
  blmpop(
    timeout: Word,
    numkeys: number,
    ...keysAndOptions: Words | [...Words, WaitOptions]
  ): Promise<[key: T, elements: T[]] | null>;
  /** As lmove; waits while the list is empty. */
  blmove(
    source: Word,
    destination: Word,
    from: 'LEFT' | 'RIGHT',
    to: 'LEFT' | 'RIGHT',
    timeout: Word,
    options?: WaitOptions,
  ): Promise<T | null>;
  /** As rpoplpush; waits while the list is empty. */
  brpoplpush(
    source: Word,
    destination: Word,
    timeout: Word,
    options?: WaitOptions,
  ): Promise<T | null>;
  /** How many elements there are. */
  llen(key: Word): N;
  /** The elements from `start` to `stop`, which is included; negative from the end. */
  lrange(key: Word, start: number, stop: number): T[];
  /** The element at an index, null beyond the ends. */
  lindex(key: Word, index: number): T | null;
  /** Overwrites the element at an index. */
  lset(key: Word, index: number, element: Word): 'OK';
  /** Inserts before or after the first element equal to `pivot`; the new length, -1 without it. */
  linsert(key: Word, where: 'BEFORE' | 'AFTER', pivot: Word, element: Word): N;
  /** Removes `count` equal elements, from the tail when negative, all for 0; how many. */
  lrem(key: Word, count: number, element: Word): N;
  /** Keeps only the elements from `start` to `stop`. */
  ltrim(key: Word, start: number, stop: number): 'OK';
  /** The index of an equal element; with 'COUNT' an array of them. */
  lpos(key: Word, element: Word): N | null;
  lpos(key: Word, element: Word, ...options: Words): N | N[] | null;
  /** Moves the element at one end of a list to an end of another, and gives it. */
  lmove(
    source: Word,
    destination: Word,
    from: 'LEFT' | 'RIGHT',
    to: 'LEFT' | 'RIGHT',
  ): T | null;
  /** Moves the last element of a list to the head of another, and gives it. */
  rpoplpush(source: Word, destination: Word): T | null;

  // ---- Hashes ----

  /** Stores fields, given as an object, a Map, or names and values in turn; how many are new. */
  hset(key: Word, fields: Pairs): N;
  hset(key: Word, ...fieldsAndValues: Words | [fields: Pairs]): N;
  /** Stores a field if there is none of this name: 1, else 0. */
  hsetnx(key: Word, field: Word, value: Word): N;
  /** The value of a field, null when there is none. */
  hget(key: Word, field: Word): T | null;
  /** The values of several fields. */
  hmget(key: Word, ...fields: Words): (T | null)[];
  /** All fields and their values. */
  hgetall(key: Word): Record<string, T>;
  /** Removes fields; how many there were. */
  hdel(key: Word, ...fields: Words): N;
  /** 1 when there is such a field, else 0. */
  hexists(key: Word, field: Word): N;
  /** The names of all fields. */
  hkeys(key: Word): T[];
  /** The values of all fields. */
  hvals(key: Word): T[];
  /** How many fields there are. */
  hlen(key: Word): N;
  /** How many bytes the value of a field has. */
  hstrlen(key: Word, field: Word): N;
  /** Adds to the integer in a field; the sum. */
  hincrby(key: Word, field: Word, increment: Integer): N | bigint;
  /** Adds to the number in a field; the sum, as text. */
  hincrbyfloat(key: Word, field: Word, increment: Word): T;
  /** Some fields and their values in turn, and the cursor of the next step. */
  hscan(key: Word, cursor: Word, ...options: Words): [cursor: T, fieldsAndValues: T[]];
  /**
   * Lets fields live for some seconds: `hexpire(key, 60, 'FIELDS', 1, 'a')`, with 'NX', 'XX', 'GT' or
   * 'LT' before 'FIELDS'. For each: 1; 0 where the condition does not hold, 2 where it is gone at
   * once, -2 when there is no such field.
   */
  hexpire(key: Word, seconds: Integer, ...fields: Words): N[];
  hpexpire(key: Word, milliseconds: Integer, ...fields: Words): N[];
  /** As `hexpire`, until a moment: seconds since the Unix epoch. */
  hexpireat(key: Word, seconds: Integer, ...fields: Words): N[];
  hpexpireat(key: Word, milliseconds: Integer, ...fields: Words): N[];
  /** How many seconds fields have left: `httl(key, 'FIELDS', 1, 'a')`; -1 when for ever. */
  httl(key: Word, ...fields: Words): N[];
  hpttl(key: Word, ...fields: Words): N[];
  /** The moments fields expire at, in seconds since the Unix epoch. */
  hexpiretime(key: Word, ...fields: Words): N[];
  hpexpiretime(key: Word, ...fields: Words): N[];
  /** Takes times to live of fields away: for each 1, or -1 where there was none. */
  hpersist(key: Word, ...fields: Words): N[];
  /** The values of fields, whose time to live is set: `hgetex(key, 'EX', 60, 'FIELDS', 1, 'a')`. */
  hgetex(key: Word, ...options: Words): (T | null)[];
  /** Stores fields with a time to live: `hsetex(key, 'EX', 60, 'FIELDS', 1, 'a', 'x')`. */
  hsetex(key: Word, ...options: Words): N;
  /** The values of fields, which are removed: `hgetdel(key, 'FIELDS', 1, 'a')`. */
  hgetdel(key: Word, ...fields: Words): (T | null)[];

  // ---- Sets ----

  /** Adds members; how many are new. */
  sadd(key: Word, ...members: Words): N;
  /** Removes members; how many there were. */
  srem(key: Word, ...members: Words): N;
  /** 1 when it is a member, else 0. */
  sismember(key: Word, member: Word): N;
  /** Whether each of several is a member: 1 or 0. */
  smismember(key: Word, ...members: Words): N[];
  /** How many members there are. */
  scard(key: Word): N;
  /** All members. */
  smembers(key: Word): T[];
  /** Takes any member, or an array of `count`. */
  spop(key: Word): T | null;
  spop(key: Word, count: number): T[];
  spop(key: Word, ...count: [] | [number]): T | T[] | null;
  /** Any member, or an array of `count`, in which one may come again when it is negative. */
  srandmember(key: Word): T | null;
  srandmember(key: Word, count: number): T[];
  srandmember(key: Word, ...count: [] | [number]): T | T[] | null;
  /** Moves a member to another set: 1, or 0 when it was not there. */
  smove(source: Word, destination: Word, member: Word): N;
  /** The members that all of the sets have. */
  sinter(...keys: Words): T[];
  /** The members that any of the sets has. */
  sunion(...keys: Words): T[];
  /** The members of the first set that no other has. */
  sdiff(...keys: Words): T[];
  /** Stores what sinter gives as a set; its size. */
  sinterstore(destination: Word, ...keys: Words): N;
  /** Stores what sunion gives as a set; its size. */
  sunionstore(destination: Word, ...keys: Words): N;
  /** Stores what sdiff gives as a set; its size. */
  sdiffstore(destination: Word, ...keys: Words): N;
  /** How many members all of the sets have: `sintercard(2, 'a', 'b', 'LIMIT', 10)`. */
  sintercard(numkeys: number, ...keysAndOptions: Words): N;
  /** Some members, and the cursor of the next step. */
  sscan(key: Word, cursor: Word, ...options: Words): [cursor: T, members: T[]];

  // ---- Sorted sets ----

  /**
   * Adds members: `zadd('key', 'NX', 1, 'one', 2, 'two')`; how many are new. With 'INCR' the new
   * score of the only member, as text, or null when an option forbids it.
   */
  zadd(key: Word, score: number, member: Word): N;
  zadd(key: Word, ...optionsScoresAndMembers: Words): N | T | null;
  /** Removes members; how many there were. */
  zrem(key: Word, ...members: Words): N;
  /** The score of a member, as text. */
  zscore(key: Word, member: Word): T | null;
  /** The scores of several members, as text. */
  zmscore(key: Word, ...members: Words): (T | null)[];
  /** Adds to the score of a member; the sum, as text. */
  zincrby(key: Word, increment: Word, member: Word): T;
  /** How many members there are. */
  zcard(key: Word): N;
  /** How many members have scores within a range, whose ends are numbers, '(1' or '-inf'. */
  zcount(key: Word, min: Word, max: Word): N;
  /** How many members lie within a range of names, when all scores are equal. */
  zlexcount(key: Word, min: Word, max: Word): N;
  /** How many members come before a member. */
  zrank(key: Word, member: Word): N | null;
  /** How many members come after a member. */
  zrevrank(key: Word, member: Word): N | null;
  /**
   * The members of a range of ranks, or with 'BYSCORE' or 'BYLEX' of scores or names; also 'REV',
   * 'LIMIT', offset, count, and 'WITHSCORES', which puts its score after each member.
   */
  zrange(key: Word, start: Word, stop: Word, ...options: Words): T[];
  /** The members of a range of ranks, the highest score first. */
  zrevrange(key: Word, start: number, stop: number, ...options: Words): T[];
  /** Stores what zrange gives as a sorted set; its size. */
  zrangestore(destination: Word, key: Word, start: Word, stop: Word, ...options: Words): N;
  /** The members with scores within a range, the lowest first. */
  zrangebyscore(key: Word, min: Word, max: Word, ...options: Words): T[];
  /** The members with scores within a range, the highest first. */
  zrevrangebyscore(key: Word, max: Word, min: Word, ...options: Words): T[];
  /** The members within a range of names, when all scores are equal. */
  zrangebylex(key: Word, min: Word, max: Word, ...options: Words): T[];
  /** As zrangebylex, the last name first. */
  zrevrangebylex(key: Word, max: Word, min: Word, ...options: Words): T[];
  /** Removes the members of a range of ranks; how many. */
  zremrangebyrank(key: Word, start: number, stop: number): N;
  /** Removes the members with scores within a range; how many. */
  zremrangebyscore(key: Word, min: Word, max: Word): N;
  /** Removes the members within a range of names, when all scores are equal; how many. */
  zremrangebylex(key: Word, min: Word, max: Word): N;
  /** Takes the member with the lowest score, or `count` of them: members and scores in turn. */
  zpopmin(key: Word, ...count: [] | [number]): T[];
  /** Takes the member with the highest score, or `count` of them: members and scores in turn. */
  zpopmax(key: Word, ...count: [] | [number]): T[];
  /** Takes from the first sorted set that has any: its key, and pairs of member and score. */
  zmpop(
    numkeys: number,
    ...keysAndOptions: Words
  ): [key: T, membersWithScores: [member: T, score: T][]] | null;
  /** Takes the member with the lowest score of the first that has one, or waits for it. */
  bzpopmin(
    ...keysAndTimeout: Words | [...Words, WaitOptions]
  ): Promise<[key: T, member: T, score: T] | null>;
  /** Takes the member with the highest score of the first that has one, or waits for it. */
  bzpopmax(
    ...keysAndTimeout: Words | [...Words, WaitOptions]
  ): Promise<[key: T, member: T, score: T] | null>;
  /** As zmpop; waits while all sorted sets are empty. */
  bzmpop(
    timeout: Word,
    numkeys: number,
    ...keysAndOptions: Words | [...Words, WaitOptions]
  ): Promise<[key: T, membersWithScores: [member: T, score: T][]] | null>;
  /** Stores the members that any of the sorted sets has; how many. */
  zunionstore(destination: Word, numkeys: number, ...keysAndOptions: Words): N;
  /** Stores the members that all of the sorted sets have; how many. */
  zinterstore(destination: Word, numkeys: number, ...keysAndOptions: Words): N;
  /** Stores the members of the first sorted set that no other has; how many. */
  zdiffstore(destination: Word, numkeys: number, ...keys: Words): N;
  /** Some members and their scores in turn, and the cursor of the next step. */
  zscan(key: Word, cursor: Word, ...options: Words): [cursor: T, membersAndScores: T[]];

  // ---- Places ----

  /** Adds members at longitudes and latitudes; how many are new, or with 'CH' changed. */
  geoadd(key: Word, ...optionsAndPlaces: Words): N;
  /** Where members are; null for what is not there. */
  geopos(key: Word, ...members: Words): ([longitude: T, latitude: T] | null)[];
  /** How far two members are apart, as text. */
  geodist(key: Word, member: Word, other: Word, ...unit: [] | [Unit]): T | null;
  /** The geohashes of members, null for what is not there. */
  geohash(key: Word, ...members: Words): (T | null)[];
  /** Members within an area; each with what 'WITHDIST' and its like ask for. */
  geosearch(key: Word, ...query: Words): Reply<T>[];
  /** Stores the members within an area; how many. */
  geosearchstore(destination: Word, source: Word, ...query: Words): N;
  /** Members around a point; with 'STORE' how many there are. geosearch can do the same. */
  georadius(
    key: Word,
    longitude: Word,
    latitude: Word,
    radius: Word,
    unit: Unit,
    ...options: Words
  ): Reply<T>[] | N;
  georadius_ro(
    key: Word,
    longitude: Word,
    latitude: Word,
    radius: Word,
    unit: Unit,
    ...options: Words
  ): Reply<T>[];
  /** Members around a member. */
  georadiusbymember(
    key: Word,
    member: Word,
    radius: Word,
    unit: Unit,
    ...options: Words
  ): Reply<T>[] | N;
  georadiusbymember_ro(
    key: Word,
    member: Word,
    radius: Word,
    unit: Unit,
    ...options: Words
  ): Reply<T>[];

  // ---- Streams ----

  /** Adds an entry, with the id '*' for one of the store's own making; the id. */
  xadd(key: Word, ...optionsIdAndFields: Words): T | null;
  /** How many entries there are. */
  xlen(key: Word): N;
  /** Entries between two ids, '-' and '+' for the ends. */
  xrange(key: Word, start: Word, end: Word, ...count: [] | ['COUNT', number]): StreamEntry<T>[];
  /** The same from the end. */
  xrevrange(key: Word, end: Word, start: Word, ...count: [] | ['COUNT', number]): StreamEntry<T>[];
  /** Removes entries; how many there were. */
  xdel(key: Word, ...ids: Words): N;
  /** Removes the oldest entries: `xtrim(key, 'MAXLEN', 1000)`; how many. */
  xtrim(key: Word, ...strategy: Words): N;
  /** Marks entries of a group as done; how many. */
  xack(key: Word, group: Word, ...ids: Words): N;
  /** Makes, changes and removes groups and consumers: `xgroup('CREATE', key, group, '$')`. */
  xgroup(subcommand: Word, ...words: Words): Reply<T>;
  /** What was handed out and is not done. */
  xpending(key: Word, group: Word, ...range: Words): Reply<T>[];
  /** Hands entries over to another consumer. */
  xclaim(
    key: Word,
    group: Word,
    consumer: Word,
    minIdleMs: number,
    ...idsAndOptions: Words
  ): Reply<T>[];
  /** The same with whatever has been idle for long; the cursor of the next step comes first. */
  xautoclaim(
    key: Word,
    group: Word,
    consumer: Word,
    minIdleMs: number,
    start: Word,
    ...options: Words
  ): Reply<T>[];
  /** About a stream, its groups and consumers: names and values in turn. */
  xinfo(subcommand: Word, ...words: Words): Reply<T>[];
  /** Sets the last id. */
  xsetid(key: Word, id: Word, ...options: Words): 'OK';
  /** Entries of streams behind an id each: `xread('BLOCK', 0, 'STREAMS', key, '$')` waits. */
  xread(
    ...words: Words | [...Words, WaitOptions]
  ): Promise<[stream: T, entries: StreamEntry<T>[]][] | null>;
  /** The same for a consumer of a group: `xreadgroup('GROUP', group, me, 'STREAMS', key, '>')`. */
  xreadgroup(
    ...words: Words | [...Words, WaitOptions]
  ): Promise<[stream: T, entries: StreamEntry<T>[]][] | null>;

  // ---- Scripts ----

  /** Runs a script; its keys come first among the words. */
  eval(script: Word, numkeys: number, ...keysAndWords: Words): Reply<T>;
  /** The same for a script that changes nothing. */
  eval_ro(script: Word, numkeys: number, ...keysAndWords: Words): Reply<T>;
  /** Runs a script that was run or loaded before, by the SHA1 of its text. */
  evalsha(sha1: Word, numkeys: number, ...keysAndWords: Words): Reply<T>;
  evalsha_ro(sha1: Word, numkeys: number, ...keysAndWords: Words): Reply<T>;
  /** `script('LOAD', text)` and its like. */
  script(subcommand: Word, ...words: Words): Reply<T>;
  /** Calls a function of a library. */
  fcall(name: Word, numkeys: number, ...keysAndWords: Words): Reply<T>;
  fcall_ro(name: Word, numkeys: number, ...keysAndWords: Words): Reply<T>;
  /** `function('LOAD', text)` and its like. */
  function(subcommand: Word, ...words: Words): Reply<T>;

  // ---- The server ----

  /** Sends a message to a channel; how many subscriptions get it. */
  publish(channel: Word, payload: Word): N;
  /** As publish, to a sharded channel. */
  spublish(channel: Word, payload: Word): N;
  /** 'PONG', or the message. */
  ping(): string;
  ping(message: Word): T;
  ping(...message: [] | [Word]): string | T;
  /** What the server says about itself; sections such as 'memory'. */
  info(...sections: Words): T;
  /** How many keys there are. */
  dbsize(): N;
  /** Deletes all keys of the database. */
  flushdb(...options: Words): 'OK';
  /** Deletes all keys. */
  flushall(...options: Words): 'OK';
}

/**
 * The same verbs, each of which gives the pipeline: their results come from exec(). Those that may wait
 * go into an atomic pipeline alone, where they do not.
 */
export type QueuedVerbs<Pipeline> = {
  [Verb in keyof Verbs<string>]: (...words: Parameters<Verbs<string>[Verb]>) => Pipeline;
};
