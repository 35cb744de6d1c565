'use strict';

const assert = require('node:assert/strict');
const { describe, it, beforeEach, afterEach } = require('node:test');
const kevy = require('kevy');

let db;
beforeEach(() => {
  db = kevy.start();
});
afterEach(() => db.stop());

describe('get and set', () => {
  it('give back what was stored, and null for what was not', () => {
    assert.equal(db.set('key', 'value'), undefined);
    assert.equal(db.get('key'), 'value');
    assert.equal(db.get('other'), null);
  });

  it('take any text, and bytes that are no text', () => {
    const texts = ['', 'é', '漢字', '🙂', 'a\0b', '\r\n', 'x'.repeat(100_000), '🙂'.repeat(40_000)];
    for (const text of texts) {
      db.set(text, text);
      assert.equal(db.get(text), text);
    }
    const bytes = Buffer.from([0, 255, 128, 10, 13]);
    db.set(bytes, bytes);
    assert.deepEqual(db.getBuffer(bytes), bytes);
    assert.equal(db.get(bytes), bytes.toString('utf8'));
  });

  it('hold a lone surrogate as U+FFFD', () => {
    db.set('key', 'a\ud800b');
    assert.equal(db.get('key'), 'a\ufffdb');
  });

  it('take every kind of word', () => {
    const words = {
      '1.5': 1.5,
      '-7': -7,
      '12345678901234567890': 12345678901234567890n,
      abc: Buffer.from('abc'),
      bcd: new Uint8Array([98, 99, 100]),
      cd: new DataView(new TextEncoder().encode('abcd').buffer, 2),
      de: new TextEncoder().encode('de').buffer,
    };
    for (const [text, word] of Object.entries(words)) {
      db.set('key', word);
      assert.equal(db.get('key'), text);
      db.set(word, 'found');
      assert.equal(db.get(text), 'found');
    }
  });

  it('take no array whose elements are no bytes', () => {
    const kinds = [Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array,
      BigInt64Array, BigUint64Array];
    for (const kind of kinds) {
      const article = /^[IAO]/.test(kind.name) ? 'an' : 'a';
      const message = new RegExp(`not ${article} ${kind.name}$`);
      for (const length of [0, 3, 1000]) {
        assert.throws(() => db.set('key', new kind(length)), { name: 'TypeError', message });
      }
    }
    for (const kind of [Int8Array, Uint8Array, Uint8ClampedArray]) {
      db.set('key', new kind([97, 98]));
      assert.equal(db.get('key'), 'ab');
    }
    assert.throws(() => db.set('key', new SharedArrayBuffer(3)), TypeError);
  });

  it('read memory that is shared between threads', () => {
    for (const size of [3, 3000]) {
      const shared = new Uint8Array(new SharedArrayBuffer(size)).fill(97);
      db.set('key', shared);
      assert.equal(db.get('key'), 'a'.repeat(size));
      db.set('key', new DataView(shared.buffer));
      assert.equal(db.get('key'), 'a'.repeat(size));
    }
  });

  it('carry values of every size, as text and as Buffers', () => {
    for (const size of [0, 1, 255, 256, 257, 65_535, 65_536, 65_537, 5_000_000]) {
      const value = Buffer.alloc(size, 'kevy');
      db.set('key', value);
      assert.ok(db.getBuffer('key').equals(value), `${size}`);
      assert.equal(db.get('key'), value.toString(), `${size}`);
    }
  });

  it('give Buffers that later calls leave alone', () => {
    const kept = [];
    for (let i = 0; i < 5000; i++) {
      db.set('key', `value ${i}`.repeat((i % 7) + 1));
      kept.push(db.getBuffer('key'));
    }
    kept.forEach((buffer, i) => assert.equal(buffer.toString(), `value ${i}`.repeat((i % 7) + 1)));
  });

  it('set a time to live', () => {
    db.clock.freeze();
    db.set('key', 'value', 1000);
    assert.equal(db.exec('PTTL', 'key'), 1000);
    db.clock.advance(999);
    assert.equal(db.get('key'), 'value');
    db.clock.advance(1);
    assert.equal(db.get('key'), null);
  });

  it('refuse a wrong type as Redis does', { skip: !hasLists() && 'no type but strings yet' }, () => {
    db.exec('RPUSH', 'list', 'a');
    assert.throws(() => db.get('list'), { code: 'WRONGTYPE', kind: 'reply' });
  });

  it('B16 B17 store and read many keys in one step', () => {
    db.setMany({ a: 1, b: 'two' });
    db.setMany(new Map([['c', Buffer.from('three')]]));
    db.setMany([['d', 4n]]);
    assert.deepEqual(db.getMany(['a', 'b', 'c', 'd', 'e', 'a']), ['1', 'two', 'three', '4', null, '1']);
    assert.deepEqual(db.getMany(new Set(['b'])), ['two']);
    db.setMany({});
    assert.deepEqual(db.getMany([]), []);
  });
});

function hasLists() {
  const probe = kevy.start();
  const [row] = probe.exec('COMMAND', 'INFO', 'RPUSH');
  probe.stop();
  return row !== null;
}

describe('exec', () => {
  it('returns the values that RESP2 has', () => {
    assert.equal(db.exec('SET', 'n', 41), 'OK');
    assert.equal(db.exec('INCR', 'n'), 42);
    assert.equal(db.exec('GET', 'n'), '42');
    assert.equal(db.exec('GET', 'none'), null);
    assert.deepEqual(db.exec('MGET', 'n', 'none'), ['42', null]);
    assert.deepEqual(db.exec('CONFIG', 'GET', 'databases'), ['databases', '16']);
  });

  it('returns the values that RESP3 has', () => {
    const db3 = kevy.start({ protocol: 3 });
    assert.deepEqual(db3.exec('CONFIG', 'GET', 'databases'), new Map([['databases', '16']]));
    const [name, , flags] = db3.exec('COMMAND', 'INFO', 'GET')[0];
    assert.equal(name, 'get');
    assert.ok(flags instanceof Set && flags.has('readonly'));
    assert.equal(typeof db3.exec('INFO'), 'string'); // verbatim
    db3.stop();
  });

  it('returns integers exactly, beyond 2^53 as bigints', () => {
    const cases = [
      [2n ** 53n - 2n, 2 ** 53 - 1],
      [2n ** 53n - 1n, 2n ** 53n],
      [2n ** 63n - 2n, 2n ** 63n - 1n],
    ];
    for (const [stored, next] of cases) {
      db.set('n', stored);
      assert.strictEqual(db.exec('INCR', 'n'), next);
      db.set('n', -stored);
      assert.strictEqual(db.exec('DECR', 'n'), -next);
    }
  });

  it('takes one word and thousands', () => {
    const words = Array.from({ length: 5000 }, (_, i) => `key${i}`);
    db.exec('MSET', ...words.flatMap((word) => [word, word]));
    assert.deepEqual(db.exec('MGET', ...words), words);
    assert.equal(db.exec('PING'), 'PONG');
  });

  it('returns Buffers when asked, at any depth', () => {
    db.set('key', 'value');
    assert.deepEqual(db.execBuffer('GET', 'key'), Buffer.from('value'));
    assert.deepEqual(db.execBuffer('MGET', 'key', 'none'), [Buffer.from('value'), null]);
    assert.equal(db.execBuffer('PING'), 'PONG');
  });

  it('throws what Redis answers', () => {
    assert.throws(
      () => db.exec('INCR'),
      (error) =>
        error instanceof kevy.ReplyError &&
        error instanceof kevy.KevyError &&
        error.name === 'ReplyError' &&
        error.kind === 'reply' &&
        error.code === 'ERR' &&
        error.message === "ERR wrong number of arguments for 'incr' command",
    );
    assert.throws(() => db.exec('NOSUCH', 'a'), {
      message: "ERR unknown command 'NOSUCH', with args beginning with: 'a' ",
    });
    assert.throws(() => db.exec('MULTI'), { kind: 'reply', code: 'ERR' });
  });

  it('works detached from its instance', () => {
    const { exec, get, set } = db;
    set('key', 'value');
    assert.equal(get('key'), 'value');
    assert.equal(exec('STRLEN', 'key'), 5);
  });
});

describe('the option buffers', () => {
  it('gives Buffers everywhere', () => {
    const raw = kevy.start({ buffers: true });
    raw.set('key', 'value');
    const value = Buffer.from('value');
    assert.deepEqual(raw.get('key'), value);
    assert.deepEqual(raw.exec('GET', 'key'), value);
    assert.deepEqual(raw.getMany(['key', 'none']), [value, null]);
    assert.deepEqual(raw.pipeline().get('key').exec(), [value]);
    assert.deepEqual(raw.session().exec('GET', 'key'), value);
    raw.stop();
  });
});

describe('the option bigints', () => {
  it('makes every integer a bigint, at any depth, and no other number', () => {
    for (const protocol of [2, 3]) {
      const exact = kevy.start({ bigints: true, protocol });
      assert.strictEqual(exact.incr('n'), 1n);
      assert.deepEqual(exact.pipeline().incr('n').incrby('n', 2n ** 62n).exec(), [2n, 2n ** 62n + 2n]);
      assert.strictEqual(exact.session().exec('STRLEN', 'n'), 19n);
      exact.zadd('z', 1.5, 'a', 2, 'b');
      assert.deepEqual(exact.zrange('z', 0, -1, 'WITHSCORES'), ['a', '1.5', 'b', '2']);
      assert.equal(typeof exact.exec('ZSCORE', 'z', 'a'), protocol === 3 ? 'number' : 'string');
      assert.strictEqual(exact.publish('news', 'x'), 0n);
      exact.stop();
    }
    assert.throws(() => kevy.start({ bigints: 1 }), TypeError);
  });
});

describe('the verbs of a server', () => {
  it('are methods, too', () => {
    db.set('key', 'value');
    assert.equal(db.dbsize(), 1);
    assert.equal(db.ping(), 'PONG');
    assert.equal(db.ping('hello'), 'hello');
    assert.match(db.info('server'), /redis_version/);
    assert.equal(db.publish('news', 'x'), 0);
    assert.equal(db.spublish('news', 'x'), 0);
    assert.equal(db.flushdb(), 'OK');
    db.set('key', 'value');
    const session = db.session();
    assert.equal(session.dbsize(), 1);
    assert.equal(session.flushall(), 'OK');
    assert.deepEqual(db.pipeline().dbsize().ping().exec(), [0, 'PONG']);
    session.close();
  });
});

describe('options', () => {
  it('suggest the right one for one that is unknown', () => {
    const meant = {
      shard: 'shards', Shards: 'shards', databases_: 'databases', db: 'databases', resp: 'protocol',
      protcol: 'protocol', thread: 'threads', directive: 'directives', config: 'directives',
      buffer: 'buffers', returnBuffers: 'buffers', port: 'listen', host: 'listen', path: 'listen',
      listn: 'listen', bigint: 'bigints',
    };
    for (const [given, name] of Object.entries(meant)) {
      assert.throws(() => kevy.start({ [given]: 1 }), {
        name: 'TypeError',
        message: `start has no option ${given}: did you mean ${name}?`,
      });
    }
    assert.throws(() => kevy.start({ colour: 1 }), /there are shards, databases/);
    assert.throws(() => kevy.start({ shards: '2' }), /shards is a whole number, not the string '2'/);
  });

  it('let it listen from the start', () => {
    const one = kevy.start({ listen: '127.0.0.1:0' });
    assert.match(one.addresses.join(), /^127\.0\.0\.1:\d+$/);
    const two = kevy.start({ listen: ['127.0.0.1:0', '127.0.0.1:0'] });
    assert.equal(two.addresses.length, 2);
    assert.throws(() => kevy.start({ listen: one.addresses[0] }), { kind: 'system' });
    assert.throws(() => kevy.start({ listen: 6379 }), TypeError);
    assert.throws(() => kevy.start({ listen: ['127.0.0.1:0', 'nowhere'] }), { kind: 'invalid' });
    one.stop();
    two.stop();
  });

  it('reach the instance', () => {
    const given = kevy.start({
      shards: 3,
      databases: 4,
      directives: { maxclients: 7, 'notify-keyspace-events': 'KEA' },
    });
    assert.deepEqual(given.exec('CONFIG', 'GET', 'databases'), ['databases', '4']);
    assert.deepEqual(given.exec('CONFIG', 'GET', 'maxclients'), ['maxclients', '7']);
    given.stop();
  });

  it('are refused by name when they are wrong', () => {
    assert.throws(() => kevy.start({ shard: 1 }), /did you mean shards\?$/);
    assert.throws(() => kevy.start({ shards: -1 }), /option shards/);
    assert.throws(() => kevy.start({ shards: 1.5 }), /option shards/);
    assert.throws(() => kevy.start({ shards: 5000 }), { kind: 'invalid', code: 'KEVY_INVALID' });
    assert.throws(() => kevy.start({ protocol: 4 }), { kind: 'invalid', message: /protocol/ });
    assert.throws(() => kevy.start({ directives: { 'no-such': 1 } }), { message: /no-such/ });
    assert.throws(() => kevy.start({ directives: { maxclients: {} } }), TypeError);
    assert.throws(() => kevy.start({ directives: { maxclients: '1\0' } }), TypeError);
    assert.throws(() => kevy.start({ buffers: 'yes' }), TypeError);
    assert.throws(() => kevy.start(null), TypeError);
    assert.throws(() => kevy.start('unix:/x'), TypeError);
  });
});

describe('the clock', () => {
  it('runs with the machine until it is frozen, and again when it is resumed', () => {
    const before = Date.now();
    assert.ok(db.clock.now() >= before);
    db.clock.freeze(new Date(5000));
    assert.equal(db.clock.now(), 5000);
    assert.deepEqual(db.exec('TIME'), ['5', '0']);
    db.clock.advance(1500);
    assert.equal(db.clock.now(), 6500);
    db.clock.resume();
    assert.ok(db.clock.now() >= before);
  });

  it('goes back, but not before 1970, nor beyond what a Date can say', () => {
    db.clock.freeze(5000);
    db.clock.advance(-1);
    assert.equal(db.clock.now(), 4999);
    for (const beyond of [-5000, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]) {
      assert.throws(() => db.clock.advance(beyond), { kind: 'invalid', message: /1970/ });
    }
    assert.throws(() => db.clock.freeze(Number.MAX_SAFE_INTEGER), { kind: 'invalid' });
    assert.equal(db.clock.now(), 4999);
  });

  it('refuses what is no time', () => {
    for (const wrong of [1.5, NaN, 'soon', 2 ** 60, Infinity, -Infinity, 1n, null]) {
      assert.throws(() => db.clock.freeze(wrong), RangeError);
      assert.throws(() => db.clock.advance(wrong), RangeError);
    }
    assert.throws(() => db.clock.advance(), RangeError);
  });
});

describe('a pipeline', () => {
  it('B10 answers one reply a command, in their order, errors in their places', () => {
    const replies = db
      .pipeline()
      .set('a', 1)
      .command('INCR', 'a')
      .command('INCR')
      .get('a')
      .get('none')
      .set('b', 'x', 1000)
      .command('MGET', 'a', 'b')
      .exec({ raiseOnError: false });
    assert.ok(replies[2] instanceof kevy.ReplyError);
    replies[2] = 'error';
    assert.deepEqual(replies, ['OK', 2, 'error', '2', null, 'OK', ['2', 'x']]);
    assert.ok(db.exec('PTTL', 'b') > 0);
  });

  it('runs as often as it is told', () => {
    const pipeline = db.pipeline().command('INCR', 'n').command('INCR', 'n');
    assert.equal(pipeline.length, 2);
    assert.deepEqual(pipeline.exec(), [1, 2]);
    assert.deepEqual(pipeline.exec(), [3, 4]);
    assert.deepEqual(pipeline.clear().exec(), []);
  });

  it('raises the first error, with all replies, unless it is told not to', () => {
    const pipeline = db.pipeline().set('a', 'x').command('INCR', 'a').command('NOSUCH').get('a');
    for (const options of [undefined, {}, { raiseOnError: true }]) {
      assert.throws(() => pipeline.exec(options), (error) => {
        assert.ok(error instanceof kevy.ReplyError);
        assert.equal(error.message, 'ERR value is not an integer or out of range');
        assert.equal(error.replies.length, 4);
        assert.equal(error.replies[3], 'x');
        return true;
      });
    }
    const replies = pipeline.exec({ raiseOnError: false });
    assert.deepEqual(replies.map((each) => each instanceof Error), [false, true, true, false]);
    assert.throws(() => pipeline.exec({ raiseOnEror: false }), /did you mean raiseOnError/);
    assert.throws(() => pipeline.exec({ raiseOnError: 1 }), TypeError);
    assert.throws(() => pipeline.exec(null), TypeError);
  });

  it('is one transaction with the option atomic', () => {
    const pipeline = db.pipeline({ atomic: true }).set('n', 1).incr('n').hgetall('none').get('n');
    assert.deepEqual(pipeline.exec(), ['OK', 2, {}, '2']);
    assert.deepEqual(db.pipeline({ atomic: true }).exec(), []);
    const wrong = db.pipeline({ atomic: true }).set('n', 'changed').command('NOSUCH');
    for (const options of [{}, { raiseOnError: false }]) {
      assert.throws(() => wrong.exec(options), { message: /^ERR unknown command/ });
    }
    assert.equal(db.get('n'), '2');
    const session = db.session();
    session.exec('WATCH', 'n');
    db.incr('n');
    assert.equal(session.pipeline({ atomic: true }).incr('n').exec(), null);
    assert.deepEqual(session.pipeline({ atomic: true }).get('n').get('n').exec(), ['3', '3']);
    session.close();
    assert.deepEqual(db.pipeline({ atomic: true }).get('n').get('none').exec(), ['3', null]);
    assert.throws(() => db.pipeline({ atomic: true }).command('MULTI').exec(), { kind: 'invalid' });
    const failing = db.pipeline({ atomic: true }).incr('n').lpush('n', 'x').incr('n');
    assert.throws(() => failing.exec(), (error) => error.code === 'WRONGTYPE' && error.replies[2] === 5);
    assert.equal(db.get('n'), '5');
    assert.throws(() => db.pipeline({ transaction: true }), /did you mean atomic/);
    assert.throws(() => db.pipeline({ atomc: true }), /did you mean atomic/);
    assert.throws(() => db.pipeline({ atomic: 1 }), TypeError);
    assert.throws(() => db.pipeline(true), TypeError);
  });

  it('carries many commands', () => {
    const pipeline = db.pipeline();
    for (let i = 0; i < 20_000; i++) pipeline.command('INCR', 'n');
    assert.equal(pipeline.exec().at(-1), 20_000);
  });
});
