'use strict';

const assert = require('node:assert/strict');
const { describe, it, beforeEach, afterEach } = require('node:test');
const kevy = require('kevy');

let db;
beforeEach(() => {
  db = kevy.start();
});
afterEach(() => db.stop());

const NOT_WORDS = [undefined, null, true, {}, [], ['a'], () => {}, Symbol('a'), new Date(), /x/];

describe('what is no word', () => {
  it('is a TypeError everywhere, and changes nothing', () => {
    const session = db.session();
    for (const wrong of NOT_WORDS) {
      const uses = [
        () => db.get(wrong),
        () => db.getBuffer(wrong),
        () => db.set(wrong, 'value'),
        () => db.set('key', wrong),
        () => db.exec(wrong),
        () => db.exec('SET', 'key', wrong),
        () => db.execBuffer('GET', wrong),
        () => db.getMany(['key', wrong]),
        () => db.setMany([['key', 'value'], ['key2', wrong]]),
        () => db.pipeline().set('key', 'value').get(wrong).exec(),
        () => db.publish('news', wrong),
        () => db.subscribe([wrong]),
        () => session.exec('GET', wrong),
        () => session.pipeline().command('GET', wrong).exec(),
      ];
      for (const use of uses) assert.throws(use, TypeError, `${String(wrong)} in ${use}`);
    }
    assert.equal(db.exec('DBSIZE'), 0);
    session.close();
  });

  it('is named in the message', () => {
    const not = (name) => ({ message: new RegExp(`not ${name}$`) });
    assert.throws(() => db.get(undefined), not('undefined'));
    assert.throws(() => db.get(null), not('null'));
    assert.throws(() => db.get(true), not('true'));
    assert.throws(() => db.get({}), not('an object'));
    assert.throws(() => db.get(Symbol('a')), not('a symbol'));
    assert.throws(() => db.get(() => {}), not('a function'));
  });

  it('has no code of the user run to make it one', () => {
    const traps = { toString: () => assert.fail(), valueOf: () => assert.fail() };
    assert.throws(() => db.exec('GET', traps), TypeError);
    assert.throws(() => db.set('key', new Proxy({}, { get: () => assert.fail() })), TypeError);
  });
});

describe('missing and odd arguments', () => {
  it('are errors', () => {
    assert.throws(() => db.exec(), TypeError);
    assert.throws(() => db.session().exec(), TypeError);
    assert.throws(() => db.pipeline().command(), TypeError);
    assert.throws(() => db.get(), TypeError);
    assert.throws(() => db.set('key'), TypeError);
    assert.throws(() => db.getMany('key'.length), TypeError);
    assert.throws(() => db.setMany(null), TypeError);
    assert.throws(() => db.setMany('pairs'), TypeError);
    assert.throws(() => db.setMany([['key']]), TypeError);
    assert.throws(() => db.setMany(['ab']), TypeError);
    assert.throws(() => db.subscribe([]), TypeError);
    assert.throws(() => db.subscribe('news', 'listener'), TypeError);
    for (const ttl of [0, -1, 1.5, NaN, 'soon', null, 2 ** 60, Infinity]) {
      assert.throws(() => db.set('key', 'value', ttl), RangeError, `${ttl}`);
    }
    for (const address of [undefined, 6379, 'unix:/tmp/a\0b', {}]) {
      assert.throws(() => db.listen(address), TypeError);
    }
  });
});

describe('what is said of a wrong call', () => {
  it('has no words of C', async () => {
    const session = db.session();
    const subscription = db.subscribe('news');
    const calls = [
      () => db.subscribe(),
      () => db.subscribe([]),
      () => db.subscribe('news', 5),
      () => db.listen(''),
      () => db.listen('nowhere'),
      () => db.listen('unix:@name'),
      () => db.exec(),
      () => db.exec(null),
      () => db.getMany(5),
      () => db.setMany([1]),
      () => db.get(),
      () => db.set('key', 'value', -1),
      () => db.clock.freeze(-5),
      () => db.clock.advance(2 ** 53 - 1),
      () => db.pipeline().command(),
      () => db.pipeline({ atomic: 1 }),
      () => db.pipeline({ atomic: true }).command('MULTI').exec(),
      () => db.save(),
      () => db.load(5),
      () => db.load('/no/such/file'),
      () => session.feed('PING'),
      () => session.feed(5),
      () => session.next('soon'),
      () => subscription.receive('soon'),
      () => db.blpop('key', 0, { signal: 5 }),
      () => kevy.start({ shards: 5000 }),
      () => kevy.start({ directives: { maxclients: 'many' } }),
      () => new kevy.Session(),
      () => new kevy.Subscription(),
    ];
    session.exec('PING'); // so that it takes no bytes
    for (const call of calls) {
      await assert.rejects(
        async () => call(),
        (error) => {
          assert.ok(error.message.length > 10, `${call}`);
          assert.doesNotMatch(error.message, /NULL|argc|argv|kevy_|napi|std::|\b_[a-z]/, `${call}`);
          return true;
        },
        `${call}`,
      );
    }
    subscription.close();
    session.close();
  });
});

describe('huge arguments', () => {
  it('are taken', () => {
    const value = 'v'.repeat(64 << 20);
    db.set('key', value);
    assert.equal(db.exec('STRLEN', 'key'), value.length);
    assert.equal(db.get('key').length, value.length);
    const words = Array.from({ length: 100_000 }, (_, i) => i);
    assert.equal(db.session().exec('EXISTS', ...words), 0);
    assert.equal(db.exec('EXISTS', ...words), 0);
  });

  it('that no string can hold come back as Buffers', () => {
    const last = 2 ** 29 - 1;
    db.exec('SETRANGE', 'key', last, 'x');
    assert.throws(() => db.get('key'), RangeError);
    assert.throws(() => db.exec('GET', 'key'), RangeError);
    assert.equal(db.getBuffer('key').length, last + 1);
  });
});

describe('a stopped instance', () => {
  it('refuses every call with an error', () => {
    const session = db.session();
    const pipeline = db.pipeline().get('key');
    const inSession = session.pipeline().command('GET', 'key');
    const { clock } = db;
    db.stop();
    const uses = [
      () => db.exec('PING'),
      () => db.execBuffer('PING'),
      () => db.get('key'),
      () => db.getBuffer('key'),
      () => db.set('key', 'value'),
      () => db.getMany(['key']),
      () => db.setMany({ key: 'value' }),
      () => pipeline.exec(),
      () => inSession.exec(),
      () => db.session(),
      () => session.exec('PING'),
      () => db.subscribe('news'),
      () => db.publish('news', 'x'),
      () => db.listen('127.0.0.1:0'),
      () => db.addresses,
      () => clock.now(),
      () => clock.freeze(),
      () => clock.advance(1),
      () => clock.resume(),
    ];
    for (const use of uses) assert.throws(use, { kind: 'closed', code: 'KEVY_CLOSED' }, `${use}`);
    assert.equal(db.ref(), db);
    session.close();
  });

  it('may be stopped in the middle of a call', () => {
    const entries = (function* () {
      yield ['a', 1];
      db.stop();
      yield ['b', 2];
    })();
    assert.throws(() => db.setMany(entries), { kind: 'closed' });
  });
});

describe('code of the user that throws', () => {
  it('in an iterator: nothing is stored', () => {
    const entries = (function* () {
      yield ['a', 1];
      throw new Error('no more');
    })();
    assert.throws(() => db.setMany(entries), { message: 'no more' });
    assert.equal(db.get('a'), null);
  });
});

describe('the classes', () => {
  it('cannot be made from something else', () => {
    for (const wrong of [undefined, null, {}, [], 1, Object.create(db), db.session()]) {
      assert.throws(() => new kevy.Session(wrong), TypeError);
      assert.throws(() => new kevy.Subscription(wrong, 0, ['news']), TypeError);
    }
    assert.throws(() => kevy.Instance(), TypeError);
    assert.throws(() => new kevy.Subscription(db, 7, ['news']), { kind: 'invalid' });
    assert.throws(() => new kevy.Subscription(db, 0, 'news'), TypeError);
  });

  it('refuse to have their methods called on something else', () => {
    const session = db.session();
    const subscription = db.subscribe('news');
    for (const object of [session, subscription, db]) {
      for (let proto = object; proto !== Object.prototype; proto = Object.getPrototypeOf(proto)) {
        for (const name of Object.getOwnPropertyNames(proto)) {
          const { value } = Object.getOwnPropertyDescriptor(proto, name);
          if (typeof value !== 'function' || name === 'constructor' || object[name] !== value) continue;
          if (object === db && Object.hasOwn(db, name)) continue; // works anywhere
          for (const self of [undefined, {}, Object.create(object), session, db]) {
            if (self === object) continue;
            try {
              Promise.resolve(value.call(self)).catch(() => {});
            } catch (error) {
              assert.ok(error instanceof Error);
            }
          }
        }
      }
    }
    assert.equal(db.session().exec('PING'), 'PONG');
  });
});
