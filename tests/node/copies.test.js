// Several copies of the package's JavaScript over one addon, each in a context of its own, as Jest
// makes one for every test file.
'use strict';

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const vm = require('node:vm');
const kevy = require('kevy');
const { load } = require('./contexts');
const { runProgram } = require('./programs');

function copyInContext() {
  const context = vm.createContext({ Buffer, Uint8Array, ArrayBuffer, performance });
  return { copy: load(context), inContext: (source) => vm.runInContext(source, context) };
}

describe('two copies over one addon', () => {
  it('have their own error classes, those of the realm they were loaded into', () => {
    const { copy, inContext } = copyInContext();
    for (const [mine, realm] of [
      [kevy, (name) => globalThis[name]],
      [copy, inContext],
      [kevy, (name) => globalThis[name]],
    ]) {
      const db = mine.start();
      db.rpush('list', 'x');
      const session = db.session();
      session.close();
      const uses = [
        [() => db.exec('NOSUCH'), mine.ReplyError],
        [() => db.get('list'), mine.ReplyError],
        [() => db.hgetall('list'), mine.ReplyError],
        [() => db.get(undefined), realm('TypeError')],
        [() => db.exec('GET', {}), realm('TypeError')],
        [() => db.set('key', 'value', 1.5), realm('RangeError')],
        [() => db.clock.freeze(2 ** 53 - 1), mine.KevyError],
        [() => db.clock.advance(0.5), realm('RangeError')],
        [() => db.listen('nowhere'), mine.KevyError],
        [() => db.subscribe([]), realm('TypeError')],
        [() => db.subscribe(null), realm('TypeError')],
        [() => mine.start({ shards: 5000 }), mine.KevyError],
        [() => mine.start({ shard: 1 }), realm('TypeError')],
        [() => new mine.Session({}), realm('TypeError')],
        [() => session.exec('PING'), mine.ClosedError],
        [() => db.pipeline().command('NOSUCH').exec(), mine.ReplyError],
      ];
      for (const [use, kind] of uses) {
        assert.throws(use, (error) => error.constructor === kind || error instanceof kind, `${use}`);
        assert.throws(use, (error) => error instanceof realm('Error'), `${use}`);
      }
      const [error] = db.pipeline().command('NOSUCH').exec({ raiseOnError: false });
      assert.ok(error instanceof mine.ReplyError);
      db.stop();
      assert.throws(() => db.get('key'), mine.ClosedError);
    }
  });

  it('give arrays, objects, Maps and Sets of their own realm', () => {
    const { copy, inContext } = copyInContext();
    const db = copy.start({ protocol: 3 });
    db.mset('a', 'é', 'b', 2);
    db.hset('h', { field: 'value' });
    db.sadd('s', 'member');
    const proto = Object.getPrototypeOf;
    const own = (name) => inContext(name).prototype;
    for (const array of [
      db.mget('a', 'b'),
      db.getMany(['a', 'b']),
      db.exec('MGET', 'a', 'none'),
      db.pipeline().get('a').exec(),
      db.addresses,
      db.keys('*'),
      db.smembers('s'),
    ]) {
      assert.equal(proto(array), own('Array'));
    }
    assert.equal(proto(db.exec('HGETALL', 'h')), own('Map'));
    assert.equal(proto(db.exec('SMEMBERS', 's')), own('Set'));
    assert.equal(proto(db.hgetall('h')), own('Object'));
    const equal = inContext(`(assert, db) => {
      assert.deepStrictEqual(db.mget('a', 'b'), ['é', '2']);
      assert.deepStrictEqual(db.hgetall('h'), { field: 'value' });
      assert.deepStrictEqual(db.exec('HGETALL', 'h'), new Map([['field', 'value']]));
      assert.throws(() => db.get(null), TypeError);
    }`);
    equal(assert, db);
    db.stop();
  });

  it('cut Buffers from one piece of memory, each its own', () => {
    const { copy } = copyInContext();
    const dbs = [kevy.start(), copy.start(), kevy.start()];
    const kept = dbs.map(() => []);
    for (let i = 0; i < 20_000; i++) {
      for (const [owner, db] of dbs.entries()) {
        db.set('key', `${owner} ${i}`);
        kept[owner].push(i % 2 === 0 ? db.getBuffer('key') : db.execBuffer('MGET', 'key')[0]);
      }
    }
    for (const [owner, all] of kept.entries()) {
      for (let i = 0; i < all.length; i += 1000) {
        const { buffer } = all[i];
        try {
          structuredClone(buffer, { transfer: [buffer] }); // copied, or refused
        } catch (error) {
          assert.equal(error.name, 'DataCloneError');
        }
      }
      all.forEach((buffer, i) => assert.equal(buffer.toString(), `${owner} ${i}`));
    }
    for (const db of dbs) db.stop();
  });

  it('deliver messages, each its own, and sit on each other’s instances', async () => {
    const { copy } = copyInContext();
    const db = kevy.start();
    const theirs = copy.start();
    const got = [];
    await new Promise((resolve) => {
      const listen = (owner) => (message) => {
        got.push(`${owner} ${message.payload}`);
        if (got.length === 3) resolve();
      };
      db.subscribe('news', listen('first')).ref();
      theirs.subscribe('news', listen('second')).ref();
      new copy.Subscription(db, 0, ['news'], listen('second on first')).ref();
      db.publish('news', 'a');
      theirs.publish('news', 'b');
    });
    assert.deepEqual(got.sort(), ['first a', 'second b', 'second on first a']);
    db.stop();
    theirs.stop();
  });
});

describe('a context that is dropped', () => {
  it('is collected, whatever of kevy was left open in it', () => {
    const { stdout, stderr } = runProgram(
      `
      const { load } = require('./contexts');
      const vm = require('node:vm');
      const COUNT = 12;
      let collected = 0;
      const registry = new FinalizationRegistry(() => collected++);
      function use() {
        const context = vm.createContext({ Buffer, performance, process });
        registry.register(context);
        const copy = load(context);
        const run = vm.runInContext(\`(copy) => {
          const ballast = new Array(100_000).fill(1);
          const db = copy.start({ listen: '127.0.0.1:0' });
          const open = copy.start();
          open.subscribe('news', () => ballast.length);
          open.subscribe('news').next();
          open.publish('news', 'x');
          open.session().exec('SUBSCRIBE', 'news');
          const closed = db.subscribe('news', () => ballast.length);
          closed.close();
          db.getBuffer('key');
          try { db.exec('NOSUCH'); } catch {}
          try { db.get(undefined); } catch {}
          db.exec('COMMAND');
          db.pipeline().hgetall('key').exec();
          db.clock.now();
          db.stop();
        }\`, context);
        run(copy);
      }
      (async () => {
        for (let i = 0; i < COUNT; i++) {
          use();
          await new Promise(setImmediate);
        }
        for (let i = 0; i < 20 && collected < COUNT - 1; i++) {
          gc();
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
        console.log(collected >= COUNT - 1 ? 'collected' : collected);
      })();`,
      { flags: ['--expose-gc'] },
    );
    assert.equal(stderr, '');
    assert.equal(stdout, 'collected\n');
  });
});
