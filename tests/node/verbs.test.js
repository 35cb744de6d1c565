// The typed verbs: what each gives, at once, in a session and in a pipeline, and beside ioredis.
'use strict';

const assert = require('node:assert/strict');
const { describe, it, before, after, afterEach, beforeEach } = require('node:test');
const { mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { Redis: IORedis } = require('ioredis');
const kevy = require('kevy');
const { programs, buffers } = require('./calls');

const types = path.resolve(__dirname, '../../bindings/node/lib/verbs.d.ts');

const ways = {
  'over RESP2': { protocol: 2 },
  'over RESP3': { protocol: 3 },
  'with Buffers, over RESP2': { protocol: 2, buffers: true },
  'with Buffers, over RESP3': { protocol: 3, buffers: true },
};

for (const [way, options] of Object.entries(ways)) {
  describe(`the verbs ${way}`, () => {
    let db;
    beforeEach(() => {
      db = kevy.start(options);
      db.clock.freeze();
    });
    afterEach(() => db.stop());
    const expected = (verb, result) => (options.buffers ? buffers(verb, result) : result);

    for (const [name, calls] of Object.entries(programs)) {
      it(`of ${name} have their shapes`, async () => {
        for (const [verb, words, result] of calls) {
          assert.deepEqual(await db[verb](...words), expected(verb, result), `${verb} ${words}`);
        }
      });

      it(`of ${name} are a session's, too`, async () => {
        const session = db.session();
        session.exec('SELECT', 3);
        for (const [verb, words, result] of calls) {
          const given = await session[verb](...words);
          assert.deepEqual(given, expected(verb, result), `${verb} ${words}`);
        }
        assert.equal(db.exec('DBSIZE'), 0);
        session.close();
      });

      it(`of ${name} are a pipeline's, too, each time it runs`, () => {
        const waits = calls.some(([verb]) => /^b[rlz]\w*p|^xread|^migrate/.test(verb));
        const pipeline = db.pipeline({ atomic: waits });
        for (const [verb, words] of calls) assert.equal(pipeline[verb](...words), pipeline);
        assert.equal(pipeline.length, calls.length);
        for (let i = 0; i < 2; i++) {
          db.exec('FLUSHALL');
          db.exec('SCRIPT', 'FLUSH');
          assert.deepEqual(
            pipeline.exec(),
            calls.map(([verb, , result]) => expected(verb, result)),
          );
        }
      });
    }

    it('refuse a wrong type', () => {
      db.set('string', 'x');
      db.rpush('list', 'x');
      const wrong = [
        ['lpush', 'string', 'x'],
        ['incr', 'list'],
        ['hset', 'list', { a: 1 }],
        ['hgetall', 'string'],
        ['smembers', 'list'],
        ['zadd', 'string', 1, 'a'],
        ['zscore', 'list', 'a'],
        ['zpopmin', 'list'],
      ];
      for (const [verb, ...words] of wrong) {
        assert.throws(() => db[verb](...words), { kind: 'reply', code: 'WRONGTYPE' });
        const [error, value] = db.pipeline()[verb](...words).strlen('string').exec({ raiseOnError: false });
        assert.ok(error instanceof kevy.ReplyError);
        assert.equal(error.code, 'WRONGTYPE');
        assert.equal(value, 1);
      }
    });

    it('are queued in a transaction', () => {
      const session = db.session();
      session.exec('MULTI');
      for (const verb of ['hgetall', 'smembers', 'incr', 'zpopmin']) {
        assert.equal(session[verb](verb), 'QUEUED');
      }
      assert.equal(session.zscore('z', 'a'), 'QUEUED');
      assert.equal(session.exec('EXEC').length, 5);
      session.close();
    });
  });
}

describe('the verbs', () => {
  let db;
  before(() => {
    db = kevy.start();
  });
  after(() => db.stop());

  it('are all here', () => {
    const called = new Set(Object.values(programs).flatMap((all) => all.map(([verb]) => verb)));
    const text = readFileSync(types, 'utf8');
    const declared = new Set([...text.matchAll(/^ {2}(\w+)\(/gm)].map(([, name]) => name));
    assert.ok(declared.size > 100);
    called.add('info'); // which is never the same
    assert.deepEqual([...called].sort(), [...declared].sort());
    for (const verb of declared) {
      assert.equal(kevy.Instance.prototype[verb].name, verb);
      assert.equal(kevy.Session.prototype[verb], kevy.Instance.prototype[verb]);
      assert.equal(kevy.Pipeline.prototype[verb], kevy.Instance.prototype[verb]);
    }
  });

  it('take every kind of word, and no other', () => {
    db.rpush('l', 'é', 1.5, 12345678901234567890n, Buffer.from([97]), new Uint8Array([98]));
    assert.deepEqual(db.lrange('l', 0, -1), ['é', '1.5', '12345678901234567890', 'a', 'b']);
    for (const wrong of [undefined, null, true, {}, [{}], () => 1, Symbol('x')]) {
      assert.throws(() => db.rpush('l', wrong), TypeError);
      assert.throws(() => db.pipeline().rpush('l', wrong).exec(), TypeError);
    }
    assert.throws(() => db.hset('h', { a: undefined }), TypeError);
    assert.throws(() => db.hset('h', 'a', { b: 1 }), TypeError);
    assert.throws(() => db.hset('h', {}), { code: 'ERR', message: /wrong number of arguments/ });
    assert.equal(db.llen('l'), 5);
    assert.equal(db.exists('h'), 0);
  });

  it('take bytes as keys of a Map', () => {
    const bytes = Buffer.from([0, 255]);
    db.hset('bytes', new Map([[bytes, bytes]]));
    assert.deepEqual(db.execBuffer('HGETALL', 'bytes'), [bytes, bytes]);
  });

  it('give fields of any name', () => {
    db.hset('names', '__proto__', 'a', 'constructor', 'b');
    const fields = db.hgetall('names');
    assert.deepEqual(Object.entries(fields), [['__proto__', 'a'], ['constructor', 'b']]);
    assert.equal(Object.getPrototypeOf(fields), Object.prototype);
  });

  it('give integers beyond 2^53 exactly', () => {
    db.set('big', 2n ** 60n);
    assert.equal(db.incr('big'), 2n ** 60n + 1n);
    assert.equal(db.hincrby('h', 'big', 2n ** 60n), 2n ** 60n);
    db.del('h');
  });

  it('set and get in the database of a session', () => {
    db.clock.freeze();
    const session = db.session();
    session.exec('SELECT', 1);
    assert.equal(session.set('key', 'value', 1500), undefined);
    assert.equal(session.get('key'), 'value');
    assert.equal(session.pttl('key'), 1500);
    assert.equal(session.get('none'), null);
    assert.equal(db.get('key'), null);
    session.close();
    db.clock.resume();
  });

  it('are forgotten by a cleared pipeline', () => {
    const pipeline = db.pipeline().hgetall('none');
    assert.deepEqual(pipeline.clear().scard('none').exec(), [0]);
    assert.deepEqual(pipeline.clear().hgetall('none').exec(), [{}]);
  });
});

describe('ioredis, beside the verbs', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'kevy-verbs-'));
  const socket = path.join(directory, 'kevy.sock');
  let served;
  let client;
  let db;
  before(() => {
    served = kevy.start();
    served.listen(`unix:${socket}`);
    served.clock.freeze();
    client = new IORedis({ path: socket, protocol: 2 });
  });
  after(async () => {
    await client.quit();
    served.stop();
    rmSync(directory, { recursive: true });
  });
  beforeEach(() => {
    served.exec('FLUSHALL');
    served.exec('FUNCTION', 'FLUSH');
    served.exec('SCRIPT', 'FLUSH');
    db = kevy.start();
    db.clock.freeze();
  });
  afterEach(() => db.stop());

  for (const [name, calls] of Object.entries(programs)) {
    it(`gives the same of ${name}`, async () => {
      for (const [verb, words, result] of calls) {
        const theirs = await client[verb](...words);
        assert.deepEqual(theirs, result, `${verb} ${words}: ioredis`);
        assert.deepEqual(await db[verb](...words), theirs, `${verb} ${words}`);
      }
    });

    it(`gives the same of ${name} as Buffers`, async () => {
      const raw = kevy.start({ buffers: true });
      raw.clock.freeze();
      for (const [verb, words] of calls) {
        const theirs = await client[`${verb}Buffer`](...words);
        const ours = await raw[verb](...words);
        assert.deepEqual(typeof ours === 'string' ? Buffer.from(ours) : ours, theirs, verb);
      }
      raw.stop();
    });
  }
});
