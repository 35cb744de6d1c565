'use strict';

const assert = require('node:assert/strict');
const { describe, it, beforeEach, afterEach } = require('node:test');
const kevy = require('kevy');

let db;
let session;
beforeEach(() => {
  db = kevy.start();
  session = db.session();
});
afterEach(() => {
  session.close();
  db.stop();
});

describe('a session', () => {
  it('has its own database, name and protocol', () => {
    const other = db.session();
    session.exec('SELECT', 1);
    session.exec('SET', 'key', 'in 1');
    assert.equal(other.exec('GET', 'key'), null);
    session.exec('CLIENT', 'SETNAME', 'first');
    assert.equal(other.exec('CLIENT', 'GETNAME'), null);
    session.exec('HELLO', 3);
    assert.ok(session.exec('CONFIG', 'GET', 'databases') instanceof Map);
    assert.ok(Array.isArray(other.exec('CONFIG', 'GET', 'databases')));
    other.close();
  });

  it('B02 B06 runs a transaction', () => {
    assert.equal(session.exec('MULTI'), 'OK');
    assert.equal(session.exec('SET', 'n', 'x'), 'QUEUED');
    assert.equal(session.exec('INCR', 'n'), 'QUEUED');
    assert.equal(session.exec('GET', 'n'), 'QUEUED');
    const [set, incr, get] = session.exec('EXEC');
    assert.deepEqual([set, get], ['OK', 'x']);
    assert.ok(incr instanceof kevy.ReplyError);
  });

  it('B02 a nested MULTI is refused, and so is what was queued', () => {
    session.exec('MULTI');
    assert.throws(() => session.exec('MULTI'), {
      message: "ERR Command 'multi' not allowed inside a transaction",
    });
    session.exec('SET', 'nested', 'x');
    assert.throws(() => session.exec('EXEC'), { message: /^EXECABORT/ });
    assert.equal(session.exec('GET', 'nested'), null);
  });

  it('B03 B04 refuses what a transaction refuses', () => {
    assert.throws(() => session.exec('EXEC'), { message: 'ERR EXEC without MULTI' });
    assert.throws(() => session.exec('DISCARD'), { message: 'ERR DISCARD without MULTI' });
    session.exec('MULTI');
    assert.throws(() => session.exec('NOSUCH'), { code: 'ERR' });
    assert.throws(() => session.exec('EXEC'), { code: 'EXECABORT' });
  });

  it('B08 is told by null that a watched key changed', () => {
    session.exec('WATCH', 'key');
    db.set('key', 'changed');
    session.exec('MULTI');
    session.exec('GET', 'key');
    assert.equal(session.exec('EXEC'), null);
  });

  it('runs a pipeline', () => {
    const replies = session
      .pipeline()
      .command('MULTI')
      .command('INCR', 'n')
      .command('INCR', 'n')
      .command('EXEC')
      .exec();
    assert.deepEqual(replies, ['OK', 'QUEUED', 'QUEUED', [1, 2]]);
  });

  it('raises ClosedError for a pipeline that is cut short, of which nothing looks like a result', () => {
    const ends = [
      (pipeline) => pipeline.command('QUIT'),
      (pipeline) => pipeline.command('CLIENT', 'KILL', 'ID', session.exec('CLIENT', 'ID'), 'SKIPME', 'no'),
    ];
    for (const end of ends) {
      for (const options of [undefined, { raiseOnError: false }, { raiseOnError: true }]) {
        session = db.session();
        const pipeline = session.pipeline().set('before', '1').command('NOSUCH');
        end(pipeline).set('after', '1').get('before').hgetall('after');
        assert.throws(
          () => pipeline.exec(options),
          (error) => {
            assert.ok(error instanceof kevy.ClosedError && error instanceof kevy.KevyError);
            assert.equal(error.kind, 'closed');
            assert.equal(error.replies, undefined);
            return true;
          },
        );
        assert.equal(db.get('before'), '1');
        assert.equal(db.get('after'), null);
        session.close();
      }
    }
  });

  it('gives the replies of a pipeline that ends with QUIT', () => {
    assert.deepEqual(session.pipeline().set('key', 1).command('QUIT').exec(), ['OK', 'OK']);
  });

  it('returns undefined for a reply that it does not want', () => {
    assert.equal(session.exec('CLIENT', 'REPLY', 'OFF'), undefined);
    assert.equal(session.exec('SET', 'key', 'value'), undefined);
    assert.equal(session.exec('CLIENT', 'REPLY', 'ON'), 'OK');
    assert.equal(session.exec('GET', 'key'), 'value');
  });

  it('is over after QUIT, and after it was closed', () => {
    assert.equal(session.exec('QUIT'), 'OK');
    assert.throws(() => session.exec('PING'), { kind: 'closed', code: 'KEVY_CLOSED' });
    session.close();
    session.close();
    assert.equal(session.closed, true);
    for (const use of ['exec', 'execBuffer', 'feed', 'take']) {
      assert.throws(() => session[use]('PING'), { kind: 'closed' });
    }
    assert.throws(() => session.pipeline().command('PING').exec(), { kind: 'closed' });
  });

  it('is over after its instance was stopped', () => {
    db.stop();
    assert.throws(() => session.exec('PING'), { kind: 'closed' });
  });
});

describe('execAsync', () => {
  it('resolves with the reply, rejects with the error', async () => {
    assert.equal(await session.execAsync('SET', 'key', 'value'), 'OK');
    assert.equal(await session.execAsync('GET', 'key'), 'value');
    await assert.rejects(session.execAsync('INCR', 'key'), { kind: 'reply', code: 'ERR' });
    await assert.rejects(session.execAsync('INCR', {}), TypeError);
  });

  it('runs a command that does not wait at once', () => {
    session.execAsync('SET', 'key', 'value');
    assert.equal(db.get('key'), 'value');
  });

  it('takes an array of words, with options', async () => {
    assert.equal(await session.execAsync(['SET', 'key', 'value']), 'OK');
    assert.equal(await session.execAsync(['GET', 'key'], {}), 'value');
    await assert.rejects(session.execAsync([]), TypeError);
    await assert.rejects(session.execAsync(['GET', 'key'], { signals: 1 }), /did you mean signal/);
    await assert.rejects(session.execAsync(['GET', 'key'], { signal: 1 }), TypeError);
  });

  it('B10 keeps the order of the calls', async () => {
    const order = [];
    const calls = [
      session.execAsync('BLPOP', 'first', 0),
      session.execAsync('SET', 'key', 1),
      session.execAsync('BLPOP', 'second', 0),
      session.execAsync('INCR', 'key'),
      session.execAsync('INCR', 'none', 'too many'),
      session.execAsync('GET', 'key'),
    ];
    const settled = calls.map((call, i) => call.catch((error) => error.code).then((reply) => {
      order.push(i);
      return reply;
    }));
    db.rpush('second', 2);
    assert.equal(db.get('key'), null);
    db.rpush('first', 1);
    const replies = [['first', '1'], 'OK', ['second', '2'], 2, 'ERR', '2'];
    assert.deepEqual(await Promise.all(settled), replies);
    assert.deepEqual(order, [0, 1, 2, 3, 4, 5]);
  });

  it('refuses other uses of the session meanwhile', async () => {
    const waiting = session.execAsync('BLPOP', 'queue', 0);
    assert.throws(() => session.exec('PING'), { kind: 'invalid', message: /still waits/ });
    assert.throws(() => session.pipeline().command('PING').exec(), { kind: 'invalid' });
    db.rpush('queue', 'x');
    assert.deepEqual(await waiting, ['queue', 'x']);
    assert.equal(session.exec('PING'), 'PONG');
  });

  it('is rejected when the session is closed meanwhile', async () => {
    const waiting = session.execAsync('BLPOP', 'queue', 0);
    const queued = session.execAsync('PING');
    session.close();
    await assert.rejects(waiting, { kind: 'closed' });
    await assert.rejects(queued, { kind: 'closed' });
    db.rpush('queue', 'x');
    assert.equal(db.llen('queue'), 1);
  });
});

describe('messages pushed to a session', () => {
  it('B12 B23 come after the acknowledgement of their subscription', async () => {
    assert.deepEqual(session.exec('SUBSCRIBE', 'a', 'b'), ['subscribe', 'a', 1]);
    db.publish('a', '1');
    db.publish('b', '2');
    assert.deepEqual(await session.next(), ['subscribe', 'b', 2]);
    assert.deepEqual(await session.next(), ['message', 'a', '1']);
    assert.deepEqual(await session.next(), ['message', 'b', '2']);
  });

  it('are waited for', async () => {
    session.exec('SUBSCRIBE', 'a');
    const next = session.next(10_000);
    setImmediate(() => db.publish('a', 'later'));
    assert.deepEqual(await next, ['message', 'a', 'later']);
    assert.equal(await session.next(5), null);
    assert.equal(await session.next(0), null);
  });

  it('are waited for as long as is said', async () => {
    session.exec('SUBSCRIBE', 'a');
    for (const wrong of [-1, 1.5, NaN, -Infinity, '5', null, 10n]) {
      await assert.rejects(session.next(wrong), RangeError, `${String(wrong)}`);
      await assert.rejects(session.readable(wrong), RangeError, `${String(wrong)}`);
    }
    db.ref(); // waiting for ever keeps no process alive
    for (const long of [Infinity, 2 ** 31, Number.MAX_SAFE_INTEGER, undefined]) {
      let settled = false;
      const next = session.next(long).finally(() => (settled = true));
      await new Promise((resolve) => setTimeout(resolve, 10));
      assert.equal(settled, false, `${long}`);
      db.publish('a', `${long}`);
      assert.deepEqual(await next, ['message', 'a', `${long}`]);
    }
  });

  it('are not lost to a wait that gave up', async () => {
    session.exec('SUBSCRIBE', 'a');
    const got = [];
    for (let i = 0; i < 300; i++) {
      const next = session.next(i % 2);
      db.publish('a', `${i}`);
      const push = await next;
      if (push !== null) got.push(push[2]);
    }
    for (let push; (push = await session.next(0)) !== null; ) got.push(push[2]);
    assert.deepEqual(got, Array.from({ length: 300 }, (_, i) => `${i}`));
  });

  it('go to all who wait, one each', async () => {
    session.exec('SUBSCRIBE', 'a');
    const three = [session.next(10_000), session.next(10_000), session.next(10_000)];
    for (const payload of ['1', '2', '3']) db.publish('a', payload);
    const payloads = (await Promise.all(three)).map(([, , payload]) => payload);
    assert.deepEqual(payloads, ['1', '2', '3']);
  });

  it('end when the session is closed', async () => {
    session.exec('SUBSCRIBE', 'a');
    const next = session.next(10_000);
    session.close();
    await assert.rejects(next, { kind: 'closed' });
  });
});

describe('the raw form of a session', () => {
  it('answers bytes with bytes', () => {
    assert.equal(session.feed('*1\r\n$4\r\nPING\r\n*2\r\n$4\r\nECHO\r\n$2\r\nh'), true);
    assert.equal(session.take().toString(), '+PONG\r\n');
    assert.equal(session.take().length, 0);
    session.feed(Buffer.from('i\r\n'));
    assert.equal(session.take().toString(), '$2\r\nhi\r\n');
  });

  it('gives out long replies whole', () => {
    const value = 'x'.repeat(300_000);
    db.set('key', value);
    session.feed('GET key\r\n');
    assert.equal(session.take().toString(), `$300000\r\n${value}\r\n`);
  });

  it('B34 B35 ends with QUIT and with a protocol error', () => {
    assert.equal(session.feed('QUIT\r\nSET key value\r\n'), false);
    assert.equal(session.take().toString(), '+OK\r\n');
    assert.equal(db.get('key'), null);
    const other = db.session();
    assert.equal(other.feed('PING\r\n*x\r\n'), false);
    assert.match(other.take().toString(), /^\+PONG\r\n-ERR Protocol error/);
    other.close();
  });

  it('says when something was pushed', async () => {
    session.feed('SUBSCRIBE a\r\n');
    assert.match(session.take().toString(), /subscribe/);
    assert.equal(await session.readable(5), false);
    const readable = session.readable(10_000);
    db.publish('a', 'hello');
    assert.equal(await readable, true);
    assert.match(session.take().toString(), /hello/);
  });

  it('does not mix with commands', () => {
    session.feed('PING\r\n');
    assert.throws(() => session.exec('PING'), { kind: 'invalid', message: /not both/ });
  });
});
