'use strict';

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { mkdirSync, mkdtempSync, readdirSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const kevy = require('kevy');
const { eventually } = require('./eventually');
const { runProgram } = require('./programs');

const threads = () => readdirSync('/proc/self/task').length;
const descriptors = () => readdirSync('/proc/self/fd').length;

function endsWell(source, options) {
  const ended = runProgram(source, options);
  assert.deepEqual({ status: ended.status, signal: ended.signal, stderr: ended.stderr }, {
    status: 0,
    signal: null,
    stderr: '',
  });
  return ended.stdout;
}

describe('an instance', () => {
  it('saves by its rules when it is stopped, and tells when it could not', () => {
    const dir = mkdtempSync(join(tmpdir(), 'kevy-'));
    const directives = { dir, save: '900 1' };
    const first = kevy.start({ directives });
    first.set('of alice', '1');
    first.stop();
    const second = kevy.start({ directives });
    assert.equal(second.get('of alice'), '1');
    second.set('of alice', '2');
    rmSync(join(dir, 'dump.rdb'));
    mkdirSync(join(dir, 'dump.rdb'));
    assert.throws(() => second.stop(), /dump\.rdb/);
    second.stop();
    rmSync(dir, { recursive: true });
  });

  it('is apart from every other', () => {
    const [a, b] = [kevy.start(), kevy.start()];
    a.set('key', 'a');
    assert.equal(b.get('key'), null);
    a.stop();
    b.set('key', 'b');
    assert.equal(b.get('key'), 'b');
    b.stop();
  });

  it('leaves nothing behind: a thousand in a row, two hundred at once', async () => {
    const before = { threads: threads(), descriptors: descriptors() };
    for (let i = 0; i < 1000; i++) {
      const db = kevy.start();
      db.set('key', 'value', 1000);
      const subscription = db.subscribe('news', () => {});
      db.publish('news', 'x');
      const session = db.session();
      session.exec('SUBSCRIBE', 'news');
      session.next(0);
      session.close();
      subscription.close();
      db.stop();
    }
    const alive = Array.from({ length: 200 }, () => kevy.start());
    alive.forEach((db, i) => db.set('key', i));
    alive.forEach((db, i) => assert.equal(db.get('key'), `${i}`));
    for (const db of alive) db.stop();
    await eventually(() => threads() <= before.threads && descriptors() <= before.descriptors);
  });

  it('is stopped by stop, by dispose, and twice without harm', () => {
    const db = kevy.start();
    assert.equal(db.stopped, false);
    db[Symbol.dispose]();
    assert.equal(db.stopped, true);
    db.stop();
    assert.throws(() => db.get('key'), { kind: 'closed', message: 'the instance was stopped' });
  });

  it('that nobody knows any more is collected, its listeners excepted', () => {
    const out = endsWell(
      `
      const { readdirSync } = require('node:fs');
      const descriptors = () => readdirSync('/proc/self/fd').length;
      async function fill(count) {
        for (let i = 0; i < count; i++) {
          const db = kevy.start();
          db.set('key', 'x'.repeat(1 << 20));
          const session = db.session();
          session.exec('SUBSCRIBE', 'news');
          session.next(0);
        }
        for (let i = 0; i < 5; i++) {
          gc();
          await new Promise(setImmediate);
        }
      }
      const heard = [];
      let db = kevy.start();
      db.subscribe('news', ({ payload }) => heard.push(payload));
      const weak = new WeakRef(db);
      db = undefined;
      (async () => {
        await fill(200);
        const before = descriptors();
        const rss = process.memoryUsage.rss();
        await fill(200);
        console.log(descriptors() <= before, process.memoryUsage.rss() - rss < 100 << 20);
        weak.deref().publish('news', 'still here');
        await new Promise((resolve) => setTimeout(resolve, 20));
        console.log(heard.join());
      })();`,
      { flags: ['--expose-gc'] },
    );
    assert.equal(out, 'true true\nstill here\n');
  });

  it('is kept alive by its sessions and by its own functions', () => {
    const out = endsWell(
      `
      const session = kevy.start().session();
      const { get, set } = kevy.start();
      (async () => {
        for (let i = 0; i < 5; i++) {
          gc();
          await new Promise(setImmediate);
        }
        set('key', 'kept');
        console.log(session.exec('PING'), get('key'));
      })();`,
      { flags: ['--expose-gc'] },
    );
    assert.equal(out, 'PONG kept\n');
  });
});

describe('V8', () => {
  it('is told of the memory of instances, and collects those that were dropped in time', () => {
    const out = endsWell(`
      const COUNT = 600;
      let peak = 0;
      (async () => {
        for (let i = 0; i < COUNT; i++) {
          const db = kevy.start();
          db.set('key', Buffer.alloc(1 << 20, i));
          const session = db.session();
          session.exec('SET', 'other', 'x');
          await new Promise(setImmediate);
          peak = Math.max(peak, process.memoryUsage.rss());
        }
        console.log(peak < 400 << 20 ? 'bounded' : peak >> 20);
      })();`);
    assert.equal(out, 'bounded\n');
  });
});

describe('a process', () => {
  it('ends by itself with live instances, sessions and subscriptions', () => {
    endsWell(`
      const db = kevy.start();
      db.subscribe('news', () => {});
      db.subscribe('other').next();
      const session = db.session();
      session.exec('SUBSCRIBE', 'news');
      session.next();`);
  });

  it('delivers first what was published before its end', () => {
    const out = endsWell(`
      const db = kevy.start();
      db.subscribe('news', ({ payload }) => console.log(payload));
      (async () => {
        for await (const { payload } of db.subscribe('news')) console.log('iterated', payload);
      })();
      db.publish('news', 'hello');`);
    assert.equal(out.split('\n').sort().join(), ',hello,iterated hello');
  });

  it('ends by process.exit while messages are in flight', () => {
    for (let i = 0; i < 5; i++) {
      endsWell(`
        const db = kevy.start();
        let got = 0;
        db.subscribe('news', () => {
          db.publish('news', 'again');
          if (++got === 100) process.exit(0);
        }).ref();
        for (let i = 0; i < 100; i++) db.publish('news', 'x');`);
    }
  });

  it('ends by process.exit while a command waits', () => {
    endsWell(`
      kevy.start().session().execAsync('BLPOP', 'queue', 30);
      setTimeout(() => process.exit(0), 20);`);
  });

  it('stays while something is held, and no longer', () => {
    const out = endsWell(`
      const db = kevy.start().ref();
      const subscription = db.subscribe('news', ({ payload }) => {
        console.log(payload);
        subscription.unref();
      });
      subscription.ref().ref();
      db.unref().unref();
      process.once('beforeExit', () => console.log('end'));
      setTimeout(() => db.publish('news', 'last'), 20).unref();`);
    assert.equal(out, 'last\nend\n');
  });

  it('stays while a command waits', () => {
    const out = endsWell(`
      const db = kevy.start();
      db.session().execAsync('BLPOP', 'queue', 0.05).then(console.log);
      db.blpop('other', 0.02).then(console.log);`);
    assert.equal(out, 'null\nnull\n');
  });

  it('is not kept by what was held when the instance stopped', () => {
    endsWell(`
      const db = kevy.start().ref();
      db.subscribe('news', () => {}).ref();
      const reader = db.subscribe('news').ref();
      reader.next().then(() => db.ref());
      setTimeout(() => db.stop(), 10);`);
  });
});
