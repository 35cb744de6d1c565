// ioredis and node-redis, unmodified, against a listening instance.
'use strict';

const assert = require('node:assert/strict');
const { describe, it, before, after, beforeEach } = require('node:test');
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const Redis = require('ioredis');
const nodeRedis = require('redis');
const kevy = require('kevy');
const { eventually } = require('./eventually');

const { Redis: IORedis } = Redis;
const directory = mkdtempSync(path.join(tmpdir(), 'kevy-node-'));
const socket = path.join(directory, 'kevy.sock');
let db;
let port;

before(() => {
  db = kevy.start();
  const address = db.listen('127.0.0.1:0');
  port = Number(/^127\.0\.0\.1:(\d+)$/.exec(address)[1]);
  assert.equal(db.listen(`unix:${socket}`), `unix:${socket}`);
  assert.deepEqual(db.addresses, [address, `unix:${socket}`]);
});
beforeEach(() => db.exec('FLUSHALL'));
after(() => {
  db.stop();
  rmSync(directory, { recursive: true });
});

const ioredisOptions = () => ({
  'over TCP, RESP2': { host: '127.0.0.1', port, protocol: 2 },
  'over TCP, RESP3': { host: '127.0.0.1', port, protocol: 3 },
  'over a Unix socket': { path: socket },
  'in process, RESP2': db.ioredis({ protocol: 2 }),
  'in process, RESP3': db.ioredis({ protocol: 3 }),
});

const IOREDIS_WAYS = [
  'over TCP, RESP2',
  'over TCP, RESP3',
  'over a Unix socket',
  'in process, RESP2',
  'in process, RESP3',
];

for (const way of IOREDIS_WAYS) {
  describe(`ioredis ${way}`, () => {
    let client;
    before(() => {
      client = new IORedis(ioredisOptions()[way]);
    });
    after(() => client.quit());

    it('sees the same data', async () => {
      assert.equal(await client.set('key', 'value', 'PX', 60_000), 'OK');
      assert.equal(db.get('key'), 'value');
      db.set('key', Buffer.from([0, 255]));
      assert.deepEqual(await client.getBuffer('key'), Buffer.from([0, 255]));
      assert.equal(await client.get('none'), null);
      assert.deepEqual(await client.mget('key', 'none').then((all) => all.length), 2);
    });

    it('B10 pipelines', async () => {
      const pipeline = client.pipeline();
      for (let i = 0; i < 500; i++) pipeline.incr('n');
      const replies = await pipeline.exec();
      const expected = Array.from({ length: 500 }, (_, i) => [null, i + 1]);
      assert.deepEqual(replies, expected);
    });

    it('B06 runs transactions', async () => {
      const replies = await client.multi().set('n', 'x').incr('n').get('n').exec();
      assert.equal(replies[1][0].message, 'ERR value is not an integer or out of range');
      assert.deepEqual([replies[0], replies[2]], [[null, 'OK'], [null, 'x']]);
    });

    it('B25 subscribes', async () => {
      const subscriber = client.duplicate();
      const got = [];
      subscriber.on('message', (channel, payload) => got.push([channel, payload]));
      subscriber.on('pmessage', (pattern, channel, payload) => got.push([pattern, channel, payload]));
      assert.equal(await subscriber.subscribe('news'), 1);
      assert.equal(await subscriber.psubscribe('o*'), 2);
      assert.equal(db.publish('news', 'from the process'), 1);
      assert.equal(await client.publish('odd', 'from a client'), 1);
      await eventually(() => got.length === 2);
      assert.deepEqual(got, [
        ['news', 'from the process'],
        ['o*', 'odd', 'from a client'],
      ]);
      await subscriber.quit();
    });

    it('B20 scans with a stream', async () => {
      const keys = Array.from({ length: 2000 }, (_, i) => `key:${i}`);
      db.setMany(keys.map((key) => [key, 1]));
      db.set('other', 1);
      const found = new Set();
      for await (const batch of client.scanStream({ match: 'key:*', count: 100 })) {
        for (const key of batch) found.add(key);
      }
      assert.deepEqual([...found].sort(), keys.sort());
    });

    it('reports errors', async () => {
      await assert.rejects(client.call('NOSUCH'), { message: /^ERR unknown command/ });
    });
  });
}

const nodeRedisOptions = () => ({
  'over TCP, RESP2': { socket: { host: '127.0.0.1', port }, RESP: 2 },
  'over TCP, RESP3': { socket: { host: '127.0.0.1', port }, RESP: 3 },
  'over a Unix socket, RESP3': { socket: { path: socket }, RESP: 3 },
  'over its own socket': db.nodeRedis(),
});
const NODE_REDIS_WAYS = [
  'over TCP, RESP2',
  'over TCP, RESP3',
  'over a Unix socket, RESP3',
  'over its own socket',
];

for (const way of NODE_REDIS_WAYS) {
  describe(`node-redis ${way}`, () => {
    let client;
    before(async () => {
      client = nodeRedis.createClient(nodeRedisOptions()[way]);
      await client.connect();
    });
    after(() => client.close());

    it('sees the same data', async () => {
      assert.equal(await client.set('key', 'value', { PX: 60_000 }), 'OK');
      assert.equal(db.get('key'), 'value');
      assert.equal(await client.get('none'), null);
      const settings = await client.configGet('databases');
      assert.equal(settings.databases, '16');
    });

    it('B10 pipelines', async () => {
      const replies = await Promise.all(Array.from({ length: 500 }, () => client.incr('n')));
      assert.deepEqual(replies, Array.from({ length: 500 }, (_, i) => i + 1));
    });

    it('B06 B08 runs transactions', async () => {
      assert.deepEqual(await client.multi().set('n', 1).incr('n').exec(), ['OK', 2]);
      await client.watch('n');
      db.set('n', 'changed');
      await assert.rejects(client.multi().incr('n').exec(), { message: /watched keys/ });
    });

    it('B25 subscribes', async () => {
      const subscriber = client.duplicate();
      await subscriber.connect();
      const got = [];
      await subscriber.subscribe('news', (payload, channel) => got.push([channel, payload]));
      await subscriber.pSubscribe('o*', (payload, channel) => got.push([channel, payload]));
      assert.equal(db.publish('news', 'from the process'), 1);
      assert.equal(await client.publish('odd', 'from a client'), 1);
      await eventually(() => got.length === 2);
      assert.deepEqual(got, [
        ['news', 'from the process'],
        ['odd', 'from a client'],
      ]);
      await subscriber.close();
    });

    it('B20 scans with an iterator', async () => {
      const keys = Array.from({ length: 2000 }, (_, i) => `key:${i}`);
      db.setMany(keys.map((key) => [key, 1]));
      const found = new Set();
      for await (const batch of client.scanIterator({ MATCH: 'key:*', COUNT: 100 })) {
        for (const key of batch) found.add(key);
      }
      assert.deepEqual([...found].sort(), keys.sort());
    });
  });
}

describe('listen', () => {
  it('refuses an address in use, and one that is none', () => {
    assert.throws(() => db.listen(`127.0.0.1:${port}`), { kind: 'system', code: 'KEVY_SYSTEM' });
    assert.throws(() => db.listen('nowhere'), { kind: 'invalid' });
    assert.equal(db.addresses.length, 3); // nodeRedis's, too
  });

  it('hears messages of clients in this process', async () => {
    const client = new IORedis({ host: '127.0.0.1', port });
    const subscription = db.subscribe('news').ref();
    await client.publish('news', 'hello');
    const { value } = await subscription.next();
    assert.equal(value.payload, 'hello');
    subscription.close();
    await client.quit();
  });

  it('is over when the instance stops', async () => {
    const other = kevy.start();
    const [, otherPort] = other.listen('127.0.0.1:0').split(':');
    const client = new IORedis({ host: '127.0.0.1', port: otherPort, retryStrategy: () => null });
    assert.equal(await client.ping(), 'PONG');
    const closed = new Promise((resolve) => client.once('end', resolve));
    other.stop();
    await closed;
  });
});
