// Locks and limits: redlock and rate-limiter-flexible.
'use strict';

const assert = require('node:assert/strict');
const { it, before, after } = require('node:test');
const { Redis } = require('ioredis');
const nodeRedis = require('redis');
const Redlock = require('redlock');
const {
  BurstyRateLimiter,
  RateLimiterQueue,
  RateLimiterRedis,
  RateLimiterRedisNonAtomic,
} = require('rate-limiter-flexible');
const { throughEachDoor } = require('./doors');

throughEachDoor('redlock', (door) => {
  let client;
  before(() => (client = new Redis(door.ioredis())));
  after(() => client.quit());

  it('lets one in at a time', async () => {
    const redlock = new Redlock([client], { retryCount: -1, retryDelay: 5, retryJitter: 5 });
    let inside = 0;
    const came = [];
    await Promise.all(
      Array.from({ length: 10 }, async (_, i) => {
        const lock = await redlock.lock('door', 30_000);
        assert.equal(++inside, 1);
        came.push(i);
        await client.ping();
        inside--;
        await lock.unlock();
      }),
    );
    assert.equal(came.length, 10);
    assert.equal(await client.exists('door'), 0);
  });

  it('locks several at once, extends, and gives up', async () => {
    const once = new Redlock([client], { retryCount: 0 });
    const lock = await once.lock(['one', 'two'], 5_000);
    await assert.rejects(once.lock('two', 1000), { name: 'LockError' });
    const longer = await lock.extend(60_000);
    assert.ok((await client.pttl('two')) > 50_000);
    await longer.unlock();
    await assert.rejects(longer.unlock(), { name: 'LockError' });
    await (await once.lock('two', 1000)).unlock();
  });
});

throughEachDoor('rate-limiter-flexible', (door) => {
  let ioredis;
  let redis;
  before(async () => {
    ioredis = new Redis(door.ioredis());
    redis = await nodeRedis.createClient(door.nodeRedis()).connect();
  });
  after(async () => {
    await ioredis.quit();
    await redis.close();
  });

  for (const [name, Limiter] of Object.entries({ RateLimiterRedis, RateLimiterRedisNonAtomic })) {
    for (const which of ['ioredis', 'node-redis']) {
      it(`${name} through ${which} counts each key by itself`, async () => {
        const storeClient = which === 'ioredis' ? ioredis : redis;
        const options = which === 'ioredis' ? {} : { useRedisPackage: true };
        const limiter = new Limiter({
          storeClient,
          ...options,
          points: 5,
          duration: 60,
          keyPrefix: `${name}${which}`,
          blockDuration: 60,
        });
        for (const key of ['a', 'b']) {
          for (let i = 1; i <= 5; i++) {
            const { consumedPoints, remainingPoints } = await limiter.consume(key);
            assert.deepEqual([consumedPoints, remainingPoints], [i, 5 - i]);
          }
          await assert.rejects(limiter.consume(key), ({ msBeforeNext }) => msBeforeNext > 50_000);
        }
        assert.equal((await limiter.get('c')), null);
        await limiter.reward('d', 2);
        await limiter.penalty('e', 3);
        assert.equal((await limiter.get('e')).consumedPoints, 3);
        assert.equal(await limiter.delete('a'), true);
        assert.equal((await limiter.consume('a')).consumedPoints, 1);
        await limiter.block('b', 60);
        await assert.rejects(limiter.consume('b'));
      });
    }
  }

  it('counts exactly what came at once', async () => {
    const limiter = new RateLimiterRedis({ storeClient: ioredis, points: 30, duration: 60 });
    const came = await Promise.allSettled(
      Array.from({ length: 100 }, () => limiter.consume('many')),
    );
    assert.equal(came.filter(({ status }) => status === 'fulfilled').length, 30);
  });

  it('lets bursts through, and queues', async () => {
    const limiter = (keyPrefix, points, duration) =>
      new RateLimiterRedis({ storeClient: ioredis, keyPrefix, points, duration });
    const bursty = new BurstyRateLimiter(limiter('slow', 2, 60), limiter('burst', 3, 60));
    for (let i = 0; i < 5; i++) await bursty.consume('a');
    await assert.rejects(bursty.consume('a'));

    const queue = new RateLimiterQueue(limiter('queue', 2, 1));
    const left = await Promise.all([queue.removeTokens(1), queue.removeTokens(1),
      queue.removeTokens(1)]);
    assert.equal(left.length, 3);
  });
});
