// Setters that somebody has put at indices of the prototypes of all arrays and objects: no array of
// kevy's, and no object that it makes of a reply, has one run.
'use strict';

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { runProgram } = require('./programs');

// Called once without the setters and once with them; whatever is asynchronous is Node's own, which
// they break.
const CALLS = `
  const NAMES = Array.from({ length: 6000 }, (_, i) => String(i));
  const many = Array.from({ length: 2500 }, (_, i) => 'element ' + i);
  const alone = Array.from({ length: 5500 }, (_, i) => 'é' + i);
  const KEYS = ['a', 'b', 'c', 'none'];
  const dbs = {
    text: kevy.start(),
    bytes: kevy.start({ buffers: true }),
    resp3: kevy.start({ protocol: 3 }),
  };
  const calls = {
    stored: (db) => db.setMany({ a: 1, b: 2, c: 3 }),
    'stored from a Map': (db) => db.setMany(new Map([['a', 1], ['b', 2]])),
    'pushed one by one': (db) => [db.del('l'), db.rpush('l', 'x', ['y', 'z'])],
    'pushed at once': (db) => [db.del('long'), db.rpush('long', many)],
    'a hash': (db) => [db.del('h'), db.hset('h', { 0: 'a', 7: 'b', field: 'c', other: 'é' })],
    scores: (db) => [db.del('z'), db.zadd('z', 1, 'a', 2.5, 'b')],
    list: (db) => db.exec('LRANGE', 'l', 0, -1),
    'a long list': (db) => db.lrange('long', 0, -1),
    'a long list of Buffers': (db) => db.execBuffer('LRANGE', 'long', 0, -1),
    'many that stand alone': (db) => [db.del('alone'), db.rpush('alone', alone), db.lrange('alone', 0, -1)],
    mget: (db) => db.mget(KEYS),
    getMany: (db) => db.getMany(KEYS),
    tree: (db) => db.eval("return {1, {2, 'é', {false, 'x'}}, {err = 'no'}, 'y'}", 0),
    hgetall: (db) => db.hgetall('h'),
    zrange: (db) => db.zrange('z', 0, -1, 'WITHSCORES'),
    zscore: (db) => db.zscore('z', 'b'),
    scan: (db) => db.hscan('h', 0),
    command: (db) => db.exec('COMMAND', 'INFO', 'GET'),
    'a pipeline of GETs': (db) => {
      const pipeline = db.pipeline();
      for (const key of KEYS) pipeline.get(key);
      return [pipeline.exec(), pipeline.length, pipeline.get('a').strlen('a').exec()];
    },
    'a long pipeline of GETs': (db) => {
      const pipeline = db.pipeline();
      for (const key of many) pipeline.get(key);
      return pipeline.get('a').exec();
    },
    'a pipeline': (db) => db.pipeline().command('PING').set('a', 1).hgetall('h').get('a').lrange('long', 0, -1)
      .zrange('z', 0, -1, 'WITHSCORES').exec(),
    'a pipeline with errors': (db) => db.pipeline().get('a').incr('l').command('NOSUCH')
      .exec({ raiseOnError: false }),
    'a pipeline of long commands': (db) => db.pipeline().mget(many).command('EXISTS', ...many).exec(),
    'an atomic pipeline': (db) => db.pipeline({ atomic: true }).get('a').hgetall('h').exec(),
    'a session': (db) => {
      const session = db.session();
      const replies = session.pipeline().get('a').lrange('l', 0, -1).exec();
      const all = [replies, session.exec('LRANGE', 'l', 0, -1), session.hgetall('h')];
      session.close();
      return all;
    },
    messages: (db) => {
      const subscription = db.subscribe(['news', 'more']);
      for (let i = 0; i < 700; i++) db.publish('news', String(i));
      subscription.close();
      const more = db.subscribe('news', () => {});
      db.publish('news', 'x');
      more.close({ discard: true });
      received[0] = subscription;
    },
    addresses: (db) => db.addresses.length,
    'a definition': (db) => {
      const other = kevy.start({ listen: [], directives: { maxclients: 100, 'lfu-log-factor': 5 } });
      other.defineCommand('both', { lua: 'return {KEYS[1], ARGV[1]}', numberOfKeys: 1 });
      const reply = other.both('k', 'v');
      other.stop();
      return reply;
    },
    suggestion: () => {
      try {
        kevy.start({ shardz: 1 });
      } catch (error) {
        return error.message;
      }
    },
  };
  const received = [null];
  const run = () => {
    const results = { __proto__: null };
    for (const kind of ['text', 'bytes', 'resp3']) {
      for (const name in calls) {
        if (Object.hasOwn(calls, name)) results[kind + ', ' + name] = calls[name](dbs[kind]);
      }
    }
    return results;
  };
`;

describe('setters at indices of the prototypes of all arrays and objects', () => {
  for (const proto of ['Array', 'Object']) {
    it(`of ${proto} are not run, and change nothing`, () => {
      const { stdout, stderr } = runProgram(`
        const assert = require('node:assert');
        ${CALLS}
        run();
        const before = run();
        const ran = new Set();
        for (const name of NAMES) {
          const set = () => { ran.add(name); };
          Object.defineProperty(${proto}.prototype, name, { set, get: () => 'got', configurable: true });
        }
        let after;
        try {
          after = run();
        } finally {
          for (const name of NAMES) delete ${proto}.prototype[name];
        }
        for (const name in before) assert.deepStrictEqual(after[name], before[name], name);
        assert.ok(Object.keys(before).length > 80);
        assert.deepStrictEqual([...ran], []);
        (async () => {
          for (let i = 0; i < 700; i++) {
            assert.strictEqual((await received[0].next()).value.payload, String(i));
          }
          console.log('as before');
        })();`);
      assert.equal(stderr, '');
      assert.equal(stdout, 'as before\n');
    });
  }
});
