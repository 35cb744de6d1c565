// MIGRATE: keys go to another instance of the process, or to any server, while the event loop goes
// on.
'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { createServer } = require('node:net');
const { describe, it, beforeEach, afterEach } = require('node:test');
const kevy = require('kevy');

describe('migrate', () => {
  let source;
  let target;
  let at;
  beforeEach(() => {
    [source, target] = [kevy.start(), kevy.start()];
    const address = target.listen('127.0.0.1:0');
    at = [address.slice(0, address.lastIndexOf(':')), address.slice(address.lastIndexOf(':') + 1)];
  });
  afterEach(() => {
    source.stop();
    target.stop();
  });

  it('takes keys to another instance', async () => {
    source.setMany({ a: 1, b: 2 });
    const session = source.session();
    assert.equal(await session.migrate(...at, 'a', 0, 5000, 'COPY'), 'OK');
    assert.equal(source.get('a'), '1');
    await assert.rejects(source.migrate(...at, 'a', 0, 5000), { kind: 'reply', message: /BUSYKEY/ });
    assert.equal(await source.migrate(...at, '', 0, 5000, 'REPLACE', 'KEYS', ['a', 'b']), 'OK');
    assert.deepEqual(target.mget('a', 'b'), ['1', '2']);
    assert.equal(source.dbsize(), 0);
    assert.equal(await source.migrate(...at, 'a', 0, 5000), 'NOKEY');
    session.close();
  });

  it('can be called off while the other server says nothing', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    source.set('a', 'mine');
    const ended = new AbortController();
    const waits = source.migrate('127.0.0.1', silent.address().port, 'a', 0, 60_000, {
      signal: ended.signal,
    });
    const [socket] = await once(silent, 'connection');
    await once(socket, 'data');
    ended.abort(new Error('enough'));
    await assert.rejects(waits, { message: 'enough' });
    assert.equal(source.get('a'), 'mine');
    socket.destroy();
    silent.close();
  });

  it('is refused in a transaction, and in a pipeline that is none', () => {
    source.set('a', 1);
    const pipeline = source.pipeline({ atomic: true }).migrate(...at, 'a', 0, 5000);
    const [refused] = pipeline.exec({ raiseOnError: false });
    assert.match(refused.message, /transaction/);
    assert.throws(() => source.pipeline().migrate(...at, 'a', 0, 5000), TypeError);
    assert.equal(source.get('a'), '1');
  });
});
