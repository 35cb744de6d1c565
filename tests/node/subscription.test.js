'use strict';

const assert = require('node:assert/strict');
const { describe, it, beforeEach, afterEach } = require('node:test');
const kevy = require('kevy');
const { eventually } = require('./eventually');

let db;
beforeEach(() => {
  db = kevy.start();
});
afterEach(() => db.stop());

/** The messages of exceptions that nothing catches, from now on until the test is over. */
function uncaught(t) {
  const errors = [];
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => errors.push(error.message));
  t.after(() => {
    process.removeAllListeners('uncaughtException');
    for (const listener of listeners) process.on('uncaughtException', listener);
  });
  return errors;
}

const payloads = (messages) => messages.map(({ payload }) => payload);

describe('a listener', () => {
  it('B25 gets the messages of its channel, in order', async () => {
    const got = [];
    const subscription = db.subscribe('news', (message) => got.push(message));
    assert.equal(db.publish('news', 'first'), 1);
    assert.equal(db.publish('news', 'second'), 1);
    assert.equal(db.publish('other', 'none'), 0);
    await eventually(() => got.length === 2);
    assert.deepEqual(got, [
      { payload: 'first', channel: 'news', pattern: null },
      { payload: 'second', channel: 'news', pattern: null },
    ]);
    subscription.close();
    assert.equal(db.publish('news', 'third'), 0);
  });

  it('is never called within subscribe or publish', async () => {
    let calls = 0;
    const subscription = db.subscribe('news', () => calls++);
    db.publish('news', 'x');
    assert.equal(calls, 0);
    await eventually(() => calls === 1);
    subscription.close();
  });

  it('gets patterns, several channels and sharded channels', async () => {
    const got = [];
    const subscriptions = [
      db.psubscribe(['n*', 'o?d'], ({ pattern, channel }) => got.push(`${pattern} ${channel}`)),
      db.subscribe(['a', 'b'], ({ channel }) => got.push(channel)),
      db.ssubscribe('s', ({ payload }) => got.push(payload)),
    ];
    db.publish('news', '');
    db.publish('odd', '');
    db.publish('a', '');
    db.publish('b', '');
    db.exec('SPUBLISH', 's', 'sharded');
    await eventually(() => got.length === 5);
    assert.deepEqual(got.sort(), ['a', 'b', 'n* news', 'o?d odd', 'sharded']);
    for (const subscription of subscriptions) subscription.close();
  });

  it('gets many messages without losing one', async () => {
    const got = [];
    const subscription = db.subscribe('news', ({ payload }) => got.push(payload));
    const sent = Array.from({ length: 20_000 }, (_, i) => `${i}`);
    for (const payload of sent) db.publish('news', payload);
    await eventually(() => got.length === sent.length);
    assert.deepEqual(got, sent);
    subscription.close();
  });

  it('gets what was published before it was closed, and nothing later', async () => {
    const got = [];
    const subscription = db.subscribe('news', ({ payload }) => got.push(payload));
    for (let i = 0; i < 1500; i++) db.publish('news', `${i}`);
    subscription.close();
    assert.equal(db.publish('news', 'late'), 0);
    assert.equal(subscription.closed, true);
    assert.deepEqual(got, []);
    await eventually(() => got.length === 1500);
    assert.deepEqual(got, Array.from({ length: 1500 }, (_, i) => `${i}`));
  });

  it('gets what was published before it closed the subscription, or stopped the instance', async () => {
    for (const end of [(subscription) => subscription.close(), (_, owner) => owner.stop()]) {
      const owner = kevy.start();
      const got = [];
      const subscription = owner.subscribe('news', ({ payload }) => {
        got.push(payload);
        if (payload === '1') end(subscription, owner);
      });
      for (let i = 1; i <= 1000; i++) owner.publish('news', `${i}`);
      await eventually(() => got.length === 1000);
      assert.deepEqual([got[0], got[1], got[999]], ['1', '2', '1000']);
      owner.stop();
    }
  });

  it('gets nothing more when the close discards what waits', async () => {
    const got = [];
    const subscription = db.subscribe('news', ({ payload }) => {
      got.push(payload);
      subscription.close({ discard: true });
    });
    let others = 0;
    const other = db.subscribe('news', () => others++);
    db.publish('news', '1');
    db.publish('news', '2');
    await eventually(() => others === 2);
    other.close();
    assert.deepEqual(got, ['1']);
    assert.equal(subscription.closed, true);
    const late = db.subscribe('news', ({ payload }) => got.push(payload));
    db.publish('news', '3');
    late.close();
    late.close({ discard: true });
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    assert.deepEqual(got, ['1']);
    assert.throws(() => late.close({ discrd: true }), /did you mean discard/);
  });

  it('that throws is reported, and loses no other message', async (t) => {
    const errors = uncaught(t);
    const got = [];
    const subscription = db.subscribe('news', ({ payload }) => {
      got.push(payload);
      if (payload !== 'fine') throw new Error(payload);
    });
    for (const payload of ['one', 'fine', 'two']) db.publish('news', payload);
    await eventually(() => got.length === 3 && errors.length === 2);
    assert.deepEqual(errors, ['one', 'two']);
    subscription.close();
  });

  it('runs in the asynchronous context of its subscriber', async () => {
    const { AsyncLocalStorage } = require('node:async_hooks');
    const storage = new AsyncLocalStorage();
    const got = [];
    const subscriptions = ['a', 'b'].map((id) =>
      storage.run(id, () => db.subscribe('news', () => got.push(storage.getStore()))),
    );
    storage.run('publisher', () => db.publish('news', 'x'));
    await eventually(() => got.length === 2);
    db.publish('news', 'before the close');
    storage.run('closer', () => subscriptions.forEach((each) => each.close()));
    await eventually(() => got.length === 4);
    assert.deepEqual(got.sort(), ['a', 'a', 'b', 'b']);
  });

  it('may subscribe, publish and stop the instance', async () => {
    const got = [];
    db.subscribe('a', () => {
      db.subscribe('b', ({ payload }) => {
        got.push(payload);
        db.stop();
      });
      db.publish('b', 'inner');
    });
    db.publish('a', '');
    await eventually(() => db.stopped);
    assert.deepEqual(got, ['inner']);
  });

  it('gets Buffers from an instance with the option buffers', async () => {
    const raw = kevy.start({ buffers: true });
    const got = [];
    raw.psubscribe('n*', (message) => got.push(message));
    raw.publish(Buffer.from([110, 255]), Buffer.from([0, 255]));
    await eventually(() => got.length === 1);
    assert.deepEqual(got, [
      {
        payload: Buffer.from([0, 255]),
        channel: Buffer.from([110, 255]),
        pattern: Buffer.from('n*'),
      },
    ]);
    raw.stop();
  });

  it('gets keyspace events', async () => {
    db.exec('CONFIG', 'SET', 'notify-keyspace-events', 'KEA');
    const got = [];
    const subscription = db.subscribe('__keyevent@0__:set', ({ payload }) => got.push(payload));
    db.set('key', 'value');
    await eventually(() => got.length === 1);
    assert.deepEqual(got, ['key']);
    subscription.close();
  });
});

describe('an async iterator', () => {
  it('gives the messages, those of before it was read too', async () => {
    const subscription = db.subscribe('news').ref();
    db.publish('news', '1');
    db.publish('news', '2');
    const got = [];
    for await (const message of subscription) {
      got.push(message);
      if (got.length === 2) setImmediate(() => db.publish('news', '3'));
      if (got.length === 3) break;
    }
    assert.deepEqual(payloads(got), ['1', '2', '3']);
    assert.equal(subscription.closed, true);
  });

  it('gives what was published before it was closed', async () => {
    for (const end of [(subscription) => subscription.close(), (_, owner) => owner.stop()]) {
      const owner = kevy.start();
      const subscription = owner.subscribe('news');
      for (const payload of ['1', '2', '3']) owner.publish('news', payload);
      assert.equal((await subscription.next()).value.payload, '1');
      end(subscription, owner);
      const rest = [];
      for await (const { payload } of subscription) rest.push(payload);
      assert.deepEqual(rest, ['2', '3']);
      owner.stop();
    }
    const discarded = db.subscribe('news');
    db.publish('news', '1');
    discarded.close({ discard: true });
    assert.deepEqual(await discarded.next(), { value: undefined, done: true });
  });

  it('loses no message to a receive that gave up', async () => {
    const subscription = db.subscribe('news');
    assert.equal(await subscription.receive(0), null);
    assert.equal(await subscription.receive(2), null);
    const got = [];
    for (let i = 0; i < 300; i++) {
      const waiting = subscription.receive(i % 2);
      db.publish('news', `${i}`);
      const message = await waiting;
      if (message !== null) got.push(message.payload);
    }
    for (let message; (message = await subscription.receive(0)) !== null; ) {
      got.push(message.payload);
    }
    assert.deepEqual(got, Array.from({ length: 300 }, (_, i) => `${i}`));
    for (const wrong of [-1, 1.5, NaN, '5', null]) {
      await assert.rejects(subscription.receive(wrong), RangeError);
    }
    const last = subscription.receive(2 ** 40);
    subscription.close();
    assert.equal(await last, null);
  });

  it('serves several who wait', async () => {
    const subscription = db.subscribe('news').ref();
    const waiting = [subscription.next(), subscription.next()];
    db.publish('news', '1');
    db.publish('news', '2');
    const values = (await Promise.all(waiting)).map(({ value }) => value);
    assert.deepEqual(payloads(values), ['1', '2']);
    subscription.close();
  });

  it('ends when the subscription is closed, and when the instance stops', async () => {
    for (const end of [(subscription) => subscription.close(), () => db.stop()]) {
      const subscription = db.subscribe('news').ref();
      const waiting = subscription.next();
      end(subscription);
      assert.deepEqual(await waiting, { value: undefined, done: true });
      assert.deepEqual(await subscription.next(), { value: undefined, done: true });
      assert.equal(subscription.closed, true);
    }
  });

  it('is not for a subscription with a listener', async () => {
    const subscription = db.subscribe('news', () => {});
    await assert.rejects(subscription.next(), TypeError);
    subscription.close();
  });
});

describe('a subscription whose messages are not read', () => {
  const LIMIT = 32 << 20;
  const flood = () => {
    const payload = Buffer.alloc(1 << 20);
    for (let sent = 0; sent <= LIMIT; sent += payload.length) db.publish('news', payload);
  };

  it('is ended, which its iterator throws', async () => {
    const subscription = db.subscribe('news').ref();
    flood();
    await assert.rejects(subscription.next(), { kind: 'closed', message: /not read in time/ });
    assert.deepEqual(await subscription.next(), { value: undefined, done: true });
  });

  it('is ended, which its onError is told', async () => {
    const errors = [];
    const onError = (error) => errors.push(error);
    const subscription = db.subscribe('news', () => {}, { onError });
    flood();
    await eventually(() => errors.length === 1);
    assert.equal(errors[0].kind, 'closed');
    assert.equal(subscription.closed, true);
  });

  it('has an onError that throws reported, and all others go on', async (t) => {
    const errors = uncaught(t);
    const onError = () => {
      throw new Error('from onError');
    };
    const got = [];
    const broken = [1, 2].map(() => db.subscribe('news', () => {}, { onError }));
    const unhandled = db.subscribe('news', () => {});
    db.subscribe('fine', ({ payload }) => got.push(payload));
    flood();
    for (const payload of ['1', '2', '3']) db.publish('fine', payload);
    await eventually(() => errors.length === 3 && got.length === 3);
    assert.equal(errors.filter((message) => message === 'from onError').length, 2);
    assert.equal(errors.filter((message) => /ended the subscription/.test(message)).length, 1);
    for (const each of [...broken, unhandled]) assert.equal(each.closed, true);
    db.publish('fine', '4');
    await eventually(() => got.length === 4);
  });

  it('refuses options that it does not know', () => {
    assert.throws(() => db.subscribe('news', () => {}, { onerror: () => {} }), /did you mean onError/);
    assert.throws(() => db.subscribe('news', () => {}, { onError: 1 }), TypeError);
  });
});
