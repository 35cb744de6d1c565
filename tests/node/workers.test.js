'use strict';

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { once } = require('node:events');
const { Worker } = require('node:worker_threads');
const path = require('node:path');
const { runProgram } = require('./programs');

/** Starts a Worker that runs a program. */
function work(source) {
  const preamble = `
    const kevy = require(${JSON.stringify(path.dirname(require.resolve('kevy/package.json')))});
    const { parentPort } = require('node:worker_threads');`;
  return new Worker(preamble + source, { eval: true });
}

describe('a Worker', () => {
  it('has instances of its own, beside those of others', async () => {
    const workers = [1, 2, 3, 4].map((id) =>
      work(`
        const db = kevy.start();
        for (let i = 0; i < 20_000; i++) db.exec('INCRBY', 'n', ${id});
        const subscription = db.subscribe('done', ({ payload }) => {
          parentPort.postMessage(payload);
          db.stop();
        });
        subscription.ref();
        db.publish('done', db.get('n'));`),
    );
    const exits = Promise.all(workers.map((worker) => once(worker, 'exit')));
    const messages = await Promise.all(workers.map((worker) => once(worker, 'message')));
    assert.deepEqual(messages.flat(), ['20000', '40000', '60000', '80000']);
    assert.deepEqual((await exits).flat(), [0, 0, 0, 0]);
  });

  it('ends by itself with live subscriptions, time after time', async () => {
    for (let i = 0; i < 10; i++) {
      const worker = work(`
        const db = kevy.start();
        db.subscribe('news', () => {});
        db.subscribe('news').next();
        db.publish('news', 'x');`);
      assert.deepEqual(await once(worker, 'exit'), [0]);
    }
  });

  it('can be terminated with messages in flight', async () => {
    for (let i = 0; i < 20; i++) {
      const worker = work(`
        const db = kevy.start();
        let told = false;
        for (let j = 0; j < 5; j++) {
          db.subscribe('news', () => {
            db.publish('news', 'again');
            if (!told) parentPort.postMessage('running');
            told = true;
          }).ref();
        }
        db.publish('news', 'x');`);
      await once(worker, 'message');
      await worker.terminate();
    }
  });

  it('can be terminated while a command waits, and while a loop runs', async () => {
    const programs = [
      `const db = kevy.start();
       for (let i = 0; i < 100; i++) db.blpop('queue:' + i, 60);
       parentPort.postMessage('running');`,
      `const db = kevy.start();
       db.subscribe('news', () => {}).ref();
       parentPort.postMessage('running');
       for (;;) db.publish('news', db.exec('INCR', 'n'));`,
    ];
    for (const program of programs) {
      const worker = work(program);
      await once(worker, 'message');
      const begin = performance.now();
      await worker.terminate();
      assert.ok(performance.now() - begin < 900);
    }
  });

  it('ends at once when it is terminated in a loop of direct calls, whatever they give', async () => {
    const loops = {
      get: `db.get('key')`,
      'an error that is caught': `try { db.exec('NOSUCH'); } catch {}`,
      'a wrong word that is caught': `try { db.get(null); } catch {}`,
      'a closed instance': `try { stopped.get('key'); } catch {}`,
      Map: `db.exec('HGETALL', 'hash')`,
      Set: `db.exec('SMEMBERS', 'set')`,
      hgetall: `db.hgetall('hash')`,
      getBuffer: `db.getBuffer('key')`,
      'a pipeline': `db.pipeline().get('key').command('NOSUCH').exec({ raiseOnError: false })`,
      'a session': `session.exec('MGET', 'key', 'é')`,
      'the raw form': `raw.feed('PING\\r\\n'); raw.take()`,
      getMany: `db.getMany(['key', 'é'])`,
      subscribe: `db.subscribe('news', () => {}).close()`,
      start: `kevy.start().stop()`,
      clock: `db.clock.advance(1)`,
    };
    for (const [name, loop] of Object.entries(loops)) {
      const worker = work(`
        const db = kevy.start({ protocol: 3 });
        const stopped = kevy.start();
        stopped.stop();
        db.mset('key', 'value', 'é', 'é');
        db.hset('hash', 'a', 1, 'b', 2);
        db.sadd('set', 'a', 'b');
        const session = db.session();
        const raw = db.session();
        parentPort.postMessage('running');
        for (;;) { ${loop}; }`);
      await once(worker, 'message');
      await new Promise((resolve) => setTimeout(resolve, 20)); // somewhere in its loop
      const ended = await Promise.race([
        worker.terminate().then(() => true),
        new Promise((resolve) => setTimeout(resolve, 5000, false)),
      ]);
      assert.ok(ended, `${name}: goes on after terminate`);
    }
  });

  it('reports what a listener throws', async () => {
    const worker = work(`
      const db = kevy.start();
      db.subscribe('news', () => { throw new Error('from a listener'); }).ref();
      db.publish('news', 'x');`);
    const [error] = await once(worker, 'error');
    assert.equal(error.message, 'from a listener');
  });

  it('cannot be handed an instance', async () => {
    const out = runProgram(`
      const { Worker } = require('node:worker_threads');
      const db = kevy.start();
      const worker = new Worker('require("node:worker_threads").parentPort.on("message", () => {})', { eval: true });
      let error;
      try {
        worker.postMessage(db);
      } catch (thrown) {
        error = thrown;
      }
      console.log(error?.name);
      worker.terminate();`);
    assert.equal(out.stdout, 'DataCloneError\n');
    assert.equal(out.status, 0);
  });
});

describe('a process', () => {
  it('ends by process.exit while Workers publish', () => {
    for (let i = 0; i < 5; i++) {
      const { status, signal } = runProgram(`
        const { Worker } = require('node:worker_threads');
        const program = \`
          const kevy = require('kevy');
          const db = kevy.start();
          let told = false;
          db.subscribe('news', () => {
            db.publish('news', 'again');
            if (!told) require('node:worker_threads').parentPort.postMessage('running');
            told = true;
          }).ref();
          db.publish('news', 'x');\`;
        let running = 0;
        for (let i = 0; i < 3; i++) {
          new Worker(program, { eval: true }).on('message', () => {
            if (++running === 3) process.exit(0);
          });
        }`);
      assert.deepEqual({ status, signal }, { status: 0, signal: null });
    }
  });
});
