// Commands that wait: who is served, who is called off, and what that costs.
'use strict';

const assert = require('node:assert/strict');
const { describe, it, beforeEach, afterEach } = require('node:test');
const { readdirSync } = require('node:fs');
const kevy = require('kevy');
const { eventually } = require('./eventually');

let db;
beforeEach(() => {
  db = kevy.start();
});
afterEach(() => db.stop());

const threads = () => readdirSync('/proc/self/task').length;
const blocked = () => Number(/blocked_clients:(\d+)/.exec(db.info('clients'))[1]);

describe('a command that waits', () => {
  it('gives what comes, while everything else goes on', async () => {
    const popped = db.blpop('queue', 0);
    assert.equal(blocked(), 1);
    let turns = 0;
    const turn = () => ++turns < 10 && setImmediate(turn);
    turn();
    await eventually(() => turns === 10);
    db.rpush('queue', 'mine');
    assert.deepEqual(await popped, ['queue', 'mine']);
    assert.equal(blocked(), 0);
  });

  it('is served in the order of the calls', async () => {
    const all = Array.from({ length: 50 }, () => db.blpop('queue', 0));
    for (let i = 0; i < 50; i++) db.rpush('queue', i);
    const popped = await Promise.all(all);
    assert.deepEqual(popped, popped.map((_, i) => ['queue', String(i)]));
  });

  it('gives up on the clock of its instance', async () => {
    db.clock.freeze();
    const popped = db.blpop('queue', 5);
    const late = db.bzpopmin('set', 5.5);
    db.clock.advance(5_000);
    assert.equal(await popped, null);
    assert.equal(blocked(), 1);
    db.clock.advance(500);
    assert.equal(await late, null);
  });

  it('waits for every kind of value, in the shapes of ioredis', async () => {
    const raw = kevy.start({ buffers: true, protocol: 3 });
    const all = [
      raw.brpop('list', 0), raw.blmove('source', 'moved', 'LEFT', 'RIGHT', 0),
      raw.bzpopmax('set', 0), raw.bzmpop(0, 1, 'sets', 'MIN'),
      raw.xread('BLOCK', 0, 'STREAMS', 'stream', '$'),
    ];
    raw.rpush('list', 'a');
    raw.rpush('source', 'b');
    raw.zadd('set', 1.5, 'c');
    raw.zadd('sets', 2, 'd');
    raw.xadd('stream', '1-1', 'e', 'f');
    const [a, b, c, d, e, f] = [...'abcdef'].map((letter) => Buffer.from(letter));
    const text = (string) => Buffer.from(string);
    assert.deepEqual(await Promise.all(all), [
      [text('list'), a], b, [text('set'), c, text('1.5')],
      [text('sets'), [[d, text('2')]]],
      [[text('stream'), [[text('1-1'), [e, f]]]]],
    ]);
    raw.stop();
  });

  it('throws no error, but rejects', async () => {
    db.set('string', 'x');
    await assert.rejects(db.blpop('string', 0), { kind: 'reply', code: 'WRONGTYPE' });
    await assert.rejects(db.blpop('queue', -1), { kind: 'reply', message: /timeout is negative/ });
    await assert.rejects(db.blpop({}, 0), TypeError);
    await assert.rejects(db.blpop('queue', 0, { timeout: 1 }), /has no option timeout/);
    assert.equal(blocked(), 0);
  });

  it('does not wait in a transaction, and is in no other pipeline', async () => {
    const session = db.session();
    for (const owner of [db, session]) {
      const transaction = owner.pipeline({ atomic: true });
      assert.deepEqual(transaction.blpop('queue', 0).bzpopmin('set', 0).exec(), [null, null]);
      assert.throws(() => transaction.blpop('queue', 0, {}), TypeError);
      assert.throws(() => owner.pipeline().blpop('queue', 0), /BLPOP may wait/);
    }
    session.exec('MULTI');
    assert.equal(await session.blpop('queue', 0), 'QUEUED');
    assert.deepEqual(session.exec('EXEC'), [null]);
    session.close();
  });

  it('can be unblocked by others', async () => {
    const session = db.session();
    const id = session.exec('CLIENT', 'ID');
    const waiting = session.execAsync('BLPOP', 'queue', 0);
    const other = db.session();
    assert.equal(other.exec('CLIENT', 'UNBLOCK', id, 'ERROR'), 1);
    await assert.rejects(waiting, { kind: 'reply', code: 'UNBLOCKED' });
    const killed = session.execAsync('BLPOP', 'queue', 0);
    assert.equal(other.exec('CLIENT', 'KILL', 'ID', id), 1);
    await assert.rejects(killed, { kind: 'closed' });
  });

  it('is rejected when its instance stops', async () => {
    const session = db.session();
    const all = [db.blpop('queue', 0), session.execAsync('BLPOP', 'queue', 0), session.brpop('q', 0)];
    db.stop();
    for (const each of all) await assert.rejects(each, { kind: 'closed' });
    await assert.rejects(db.blpop('queue', 0), { kind: 'closed' });
    assert.throws(() => session.exec('PING'), { kind: 'closed' });
  });
});

describe('an AbortSignal', () => {
  it('ends the wait, and takes nothing', async () => {
    const controller = new AbortController();
    const waiting = db.blpop('queue', 0, { signal: controller.signal });
    const reason = new Error('enough');
    controller.abort(reason);
    await assert.rejects(waiting, (error) => error === reason);
    db.rpush('queue', 'x');
    assert.equal(db.llen('queue'), 1);
    assert.equal(blocked(), 0);
  });

  it('leaves its session as it was', async () => {
    const session = db.session();
    session.exec('SELECT', 3);
    const controller = new AbortController();
    const waiting = session.execAsync(['BLPOP', 'queue', 0], { signal: controller.signal });
    const next = session.execAsync('SET', 'key', 'x');
    controller.abort();
    await assert.rejects(waiting, { name: 'AbortError' });
    assert.equal(await next, 'OK');
    assert.equal(session.get('key'), 'x');
    session.close();
  });

  it('comes too late for what was served', async () => {
    for (let i = 0; i < 200; i++) {
      const controller = new AbortController();
      const waiting = db.blpop('queue', 0, { signal: controller.signal });
      db.rpush('queue', i);
      controller.abort();
      assert.deepEqual(await waiting, ['queue', String(i)]);
    }
    assert.equal(db.llen('queue'), 0);
  });

  it('that was aborted before runs nothing', async () => {
    db.rpush('queue', 'x');
    const signal = AbortSignal.abort();
    await assert.rejects(db.blpop('queue', 0, { signal }), { name: 'AbortError' });
    const session = db.session();
    await assert.rejects(session.execAsync(['LPOP', 'queue'], { signal }), { name: 'AbortError' });
    assert.equal(db.llen('queue'), 1);
  });

  it('calls off what waits for its turn, at once', async () => {
    const session = db.session();
    const first = session.execAsync('BLPOP', 'first', 0);
    const controller = new AbortController();
    const second = session.execAsync(['INCR', 'n'], { signal: controller.signal });
    const third = session.execAsync('GET', 'n');
    controller.abort();
    await assert.rejects(second, { name: 'AbortError' });
    db.rpush('first', 'x');
    assert.deepEqual(await first, ['first', 'x']);
    assert.equal(await third, null);
    session.close();
  });
});

describe('10,000 commands that wait', () => {
  const COUNT = 10_000;

  it('cost no thread, and each gets its own', async () => {
    await db.blpop('none', 0.001); // what the first one starts
    const before = threads();
    const all = Array.from({ length: COUNT }, (_, i) => db.blpop(`queue:${i}`, 0));
    assert.equal(blocked(), COUNT);
    assert.ok(threads() <= before + 1, `${threads() - before} more threads`);
    for (let i = COUNT - 1; i >= 0; i--) db.rpush(`queue:${i}`, `value of ${i}`);
    const popped = await Promise.all(all);
    for (let i = 0; i < COUNT; i++) assert.deepEqual(popped[i], [`queue:${i}`, `value of ${i}`]);
    assert.equal(blocked(), 0);
    assert.equal(db.dbsize(), 0);
    const session = db.session();
    const kept = session.exec('CLIENT', 'LIST').trim().split('\n').length;
    assert.ok(kept < 100, `${kept} sessions`);
  });

  it('lose nothing when half of them are called off meanwhile', async () => {
    const controllers = Array.from({ length: COUNT }, () => new AbortController());
    const all = controllers.map(({ signal }) => db.blpop('queue', 0, { signal }).catch(() => null));
    for (let i = 0; i < COUNT; i++) {
      if (i % 2 === 0) controllers[i].abort();
      else db.rpush('queue', i);
    }
    const popped = await Promise.all(all);
    const got = popped.filter((each) => each !== null).map(([, element]) => Number(element));
    const left = db.lrange('queue', 0, -1).map(Number);
    const sorted = [...got, ...left].sort((a, b) => a - b);
    assert.deepEqual(sorted, Array.from({ length: COUNT / 2 }, (_, i) => 2 * i + 1));
  });
});
