// Words and replies of every length, and of every mix that is written to memory in another way.
'use strict';

const assert = require('node:assert/strict');
const { describe, it, beforeEach, afterEach } = require('node:test');
const kevy = require('kevy');

let db;
let raw;
beforeEach(() => {
  db = kevy.start();
  raw = kevy.start({ buffers: true });
});
afterEach(() => {
  db.stop();
  raw.stop();
});

const KIB = 1024;
const around = (...lengths) => lengths.flatMap((length) => [length - 1, length, length + 1]);

describe('a word', () => {
  const letters = { ascii: 'a', latin1: 'é', cyrillic: 'ж', emoji: '😀', 'half a pair': '\ud83d' };
  const lengths = [...Array(20).keys(), ...around(32, 64, 128, 256, KIB, 2 * KIB, 64 * KIB)];

  for (const [name, letter] of Object.entries(letters)) {
    it(`of ${name} is stored as UTF-8, whatever its length`, () => {
      for (const length of lengths) {
        for (const word of [letter.repeat(length), 'x'.repeat(length) + letter, letter + 'x'.repeat(length)]) {
          const bytes = Buffer.from(word);
          db.set(`k${word}`, word);
          assert.ok(db.getBuffer(`k${word}`).equals(bytes), `${name}, ${length}`);
          assert.equal(db.get(Buffer.concat([Buffer.from('k'), bytes])), bytes.toString());
          assert.equal(db.exec('STRLEN', `k${word}`), bytes.length);
          db.flushall();
        }
      }
    });
  }

  it('is the same, however the string was made', () => {
    const long = 'abcdefghijklmnopqrstuvwxyz'.repeat(30);
    const joined = ['k', 1, 'é'].map(String).reduce((all, each) => all + each, long.slice(3, 99));
    for (const word of [long.slice(7, 90), joined, joined.slice(5), `${joined}${long}`]) {
      db.set(word, word);
      assert.equal(db.get(Buffer.from(word)), word);
    }
  });
});

/** Numbers that look random, always the same. */
function* numbers(seed) {
  for (let x = seed; ; ) {
    x = (Math.imul(x, 1103515245) + 12345) >>> 0;
    yield x >>> 8;
  }
}

function mixOf(count, seed, lengths, letters) {
  const random = numbers(seed);
  const next = (of) => of[random.next().value % of.length];
  return Array.from({ length: count }, () => next(letters).repeat(next(lengths)));
}

const mixes = {
  'short ones': [400, [0, 1, 12, 13, 40], ['a', 'b']],
  'short ones, some of which are no ASCII': [400, [0, 1, 12, 13, 40], ['a', 'b', 'c', 'é', '😀']],
  'none that is ASCII': [200, [1, 13, 40], ['é', 'ж']],
  'lengths at the limits': [60, around(1, 2 * KIB, 32 * KIB, 64 * KIB), ['a', 'é']],
  'long ones among short ones': [300, [0, 3, 3, 3, 20, 3000, 70_000], ['a', 'b', 'c', 'ж']],
  'empty ones': [3000, [0], ['a']],
  'more than a tape has room for': [5000, [0, 5, 20], ['a', 'b', 'c', 'é']],
};

describe('a list of strings', () => {
  for (const [name, [count, lengths, letters]] of Object.entries(mixes)) {
    it(`comes back as it is: ${name}`, () => {
      const all = mixOf(count, 7, lengths, letters);
      const bytes = all.map((each) => Buffer.from(each));
      const keys = all.map((_, i) => `key${i}`);
      for (const store of [db, raw]) {
        store.rpush('list', all);
        all.forEach((value, i) => store.set(keys[i], value));
      }
      for (const last of [-1, 0, 10, 31, 32, 100]) {
        const end = last === -1 ? undefined : last + 1;
        assert.deepEqual(db.lrange('list', 0, last), all.slice(0, end));
        assert.deepEqual(raw.lrange('list', 0, last), bytes.slice(0, end));
      }
      for (const few of [1, 10, 31, 32, 33, 100]) {
        const gets = (store) =>
          keys.slice(0, few).reduce((made, key) => made.get(key), store.pipeline());
        assert.deepEqual(gets(db).exec(), all.slice(0, few));
        assert.deepEqual(gets(raw).exec(), bytes.slice(0, few));
        assert.deepEqual(gets(db).dbsize().exec(), [...all.slice(0, few), count + 1]);
        assert.deepEqual(gets(raw.session()).exec(), bytes.slice(0, few));
      }
      assert.deepEqual(db.getMany(keys), all);
      assert.deepEqual(raw.getMany(keys), bytes);
    });
  }

  it('of one length, up to the limits in all', () => {
    for (const length of [...around(2 * KIB, 32 * KIB, 64 * KIB), 100_000]) {
      for (const parts of [1, 2, 7]) {
        const size = Math.floor(length / parts);
        const all = Array.from({ length: parts }, (_, i) => String(i).repeat(size));
        all[0] += 'x'.repeat(length - parts * size);
        for (const store of [db, raw]) {
          store.del('list');
          store.rpush('list', all);
        }
        assert.deepEqual(db.lrange('list', 0, -1), all);
        assert.deepEqual(raw.lrange('list', 0, -1), all.map((each) => Buffer.from(each)));
      }
    }
  });
});

describe('a tree', () => {
  it('has its statuses, errors and numbers in place among strings of any kind', () => {
    const script = `local all = {}
      for i, each in ipairs(ARGV) do
        all[#all + 1] = {each, {ok = 'fine ' .. i}, i, false, {each, each}, {err = 'ERR no ' .. i}}
      end
      return all`;
    for (const [count, lengths, letters] of [...Object.values(mixes), [3, [5], ['a']]]) {
      const all = mixOf(Math.min(count, 200), 11, lengths, letters);
      for (const [store, kind] of [[db, String], [raw, Buffer.from]]) {
        const reply = store.eval(script, 0, ...all);
        assert.equal(reply.length, all.length);
        reply.forEach(([string, status, number, nothing, pair, error], i) => {
          assert.deepEqual(string, kind(all[i]));
          assert.equal(status, `fine ${i + 1}`);
          assert.equal(number, i + 1);
          assert.equal(nothing, null);
          assert.deepEqual(pair, [kind(all[i]), kind(all[i])]);
          assert.ok(error instanceof kevy.ReplyError);
          assert.equal(error.message, `ERR no ${i + 1}`);
        });
      }
    }
  });

  it('has its doubles and big integers in place, too', () => {
    for (const buffers of [false, true]) {
      const store = kevy.start({ buffers, protocol: 3 });
      const member = (i) => `member ${i} `.padEnd(i % 7 === 0 ? 3000 : 30, i % 5 === 0 ? 'é' : 'x');
      for (let i = 0; i < 100; i++) store.zadd('z', i + 0.5, member(i));
      const pairs = store.exec('ZRANGE', 'z', 0, -1, 'WITHSCORES');
      pairs.forEach(([name, score], i) => {
        assert.equal(String(name), member(i));
        assert.strictEqual(score, i + 0.5);
      });
      store.set('n', 2n ** 62n);
      const mixed = store.pipeline().get('z2').incr('n').zrange('z', 0, 60).incr('n').exec();
      assert.deepEqual([mixed[0], mixed[1], mixed[3]], [null, 2n ** 62n + 1n, 2n ** 62n + 2n]);
      assert.deepEqual(mixed[2].map(String), Array.from({ length: 61 }, (_, i) => member(i)));
      store.stop();
    }
  });

  it('is a hash with the same fields in either kind', () => {
    for (const letter of ['f', 'é']) {
      for (const [count, length] of [[1, 0], [10, 20], [10, 3000], [40, 900], [3000, 4]]) {
        const fields = Object.fromEntries(
          Array.from({ length: count }, (_, i) => [`${letter}${i}`, `${i}`.padEnd(length, '.')]),
        );
        for (const store of [db, raw]) {
          store.del('hash');
          store.hset('hash', fields);
        }
        assert.deepEqual({ ...db.hgetall('hash') }, fields);
        const bytes = Object.entries(raw.hgetall('hash'));
        assert.deepEqual(Object.fromEntries(bytes.map(([name, value]) => [name, `${value}`])), fields);
        assert.ok(bytes.every(([, value]) => Buffer.isBuffer(value)));
      }
    }
  });
});

describe('a pipeline of GETs', () => {
  it('knows its length, and goes on as one of other commands', () => {
    db.set('a', 'x');
    const pipeline = db.pipeline();
    assert.equal(pipeline.length, 0);
    assert.equal(pipeline.get('a').get('none').length, 2);
    assert.deepEqual(pipeline.exec(), ['x', null]);
    assert.equal(pipeline.set('a', 'y').get('a').length, 4);
    assert.deepEqual(pipeline.exec(), ['x', null, 'OK', 'y']);
    assert.deepEqual(pipeline.exec(), ['y', null, 'OK', 'y']);
    assert.equal(pipeline.clear().length, 0);
    assert.deepEqual(pipeline.exec(), []);
    assert.deepEqual(pipeline.get('a').exec(), ['y']);
    assert.equal(pipeline.length, 1);
    assert.deepEqual(pipeline.clear().set('a', 'z').exec(), ['OK']);
    assert.deepEqual(pipeline.clear().hgetall('none').get('a').exec(), [{}, 'z']);
  });

  it('has an error in the place of what is no string', () => {
    for (const store of [db, raw]) {
      store.rpush('list', 'x');
      store.set('long', 'v'.repeat(100_000));
      const pipeline = store.pipeline().get('long').get('list').get('none').get('long');
      assert.throws(() => pipeline.exec(), { code: 'WRONGTYPE' });
      const [first, error, none, last] = pipeline.exec({ raiseOnError: false });
      assert.ok(error instanceof kevy.ReplyError);
      assert.equal(none, null);
      assert.equal(first.length, 100_000);
      assert.deepEqual(first, last);
    }
  });
});

describe('Buffers that share memory', () => {
  it('are nobody else’s: none changes while others are made', () => {
    const kept = [];
    const lengths = [0, 1, 7, 8, 9, 500, 5000, 20_000, ...around(32 * KIB), 70_000];
    const random = numbers(3);
    for (let i = 0; i < 3000; i++) {
      const value = `${i} `.repeat(1 + lengths[random.next().value % lengths.length] / 8).slice(0, 70_000);
      raw.set('key', value);
      db.set('key', value);
      const given = [
        () => raw.get('key'),
        () => db.getBuffer('key'),
        () => db.execBuffer('GET', 'key'),
        () => raw.exec('MGET', 'key', 'none')[0],
        () => raw.pipeline().get('key').exec()[0],
        () => raw.pipeline().get('key').ping().exec()[0],
        () => raw.getMany(['key'])[0],
      ];
      kept.push([value, given[i % given.length]()]);
    }
    for (const [value, buffer] of kept) assert.ok(buffer.equals(Buffer.from(value)));
  });

  it('are Buffers as any', () => {
    raw.set('key', 'value');
    for (const given of [raw.get('key'), raw.exec('GET', 'key'), raw.exec('MGET', 'key')[0]]) {
      assert.equal(Object.getPrototypeOf(given), Buffer.prototype);
      assert.deepStrictEqual(given, Buffer.from('value'));
      given[0] = 0x56;
      assert.equal(given.toString(), 'Value');
    }
    assert.equal(db.getBuffer('none'), null);
    assert.equal(raw.get('key').toString(), 'value');
  });
});
