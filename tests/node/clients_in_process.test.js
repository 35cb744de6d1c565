// ioredis and iovalkey, unmodified, on an instance in their own process, without a socket.
'use strict';

const assert = require('node:assert/strict');
const { describe, it, beforeEach, afterEach } = require('node:test');
const { existsSync } = require('node:fs');
const { once } = require('node:events');
const { Redis: IORedis } = require('ioredis');
const { Redis: IOValkey } = require('iovalkey');
const nodeRedis = require('redis');
const kevy = require('kevy');
const { eventually } = require('./eventually');
const { runProgram } = require('./programs');

let db;
let clients;
beforeEach(() => {
  db = kevy.start();
  clients = [];
});
afterEach(() => {
  for (const client of clients) client.disconnect();
  db.stop();
});

for (const [name, Client] of Object.entries({ ioredis: IORedis, iovalkey: IOValkey })) {
  const connect = (options) => {
    const client = new Client(db.ioredis(options));
    clients.push(client);
    return client;
  };

  describe(`${name} in process`, () => {
    it('speaks to the instance, over no address', async () => {
      const client = connect();
      assert.equal(await client.set('key', 'value'), 'OK');
      assert.equal(db.get('key'), 'value');
      assert.deepEqual(db.addresses, []);
      assert.equal(await client.quit(), 'OK');
    });

    it('gives each command its own reply, many at once and big ones', async () => {
      const all = Array.from({ length: 4 }, () => connect());
      const asked = all.flatMap((client, owner) =>
        Array.from({ length: 500 }, (_, i) => {
          const text = `${owner}:${i}:${'é'.repeat(i)}`;
          return i % 2 ? client.echo(text) : client.echo(Buffer.from(text));
        }),
      );
      const replies = await Promise.all(asked);
      replies.forEach((reply, i) => {
        const [owner, number, rest] = reply.split(':');
        assert.deepEqual([Number(owner), Number(number)], [Math.floor(i / 500), i % 500]);
        assert.equal(rest.length, i % 500);
      });
      const big = 'x'.repeat(5_000_000);
      await all[0].set('big', big);
      assert.equal(await all[1].get('big'), big);
    });

    it('keeps its options, and gives them to a duplicate', async () => {
      const client = connect({ db: 3, keyPrefix: 'mine:' });
      const copy = client.duplicate();
      clients.push(copy);
      await client.set('key', 'value');
      assert.equal(await copy.get('key'), 'value');
      const session = db.session();
      session.exec('SELECT', 3);
      assert.equal(session.get('mine:key'), 'value');
      session.close();
    });

    it('pipelines by itself', async () => {
      const client = connect({ enableAutoPipelining: true });
      const replies = await Promise.all(Array.from({ length: 300 }, () => client.incr('n')));
      assert.deepEqual(replies, Array.from({ length: 300 }, (_, i) => i + 1));
    });

    it('runs transactions with WATCH', async () => {
      const client = connect();
      await client.watch('n');
      db.set('n', 'changed');
      assert.equal(await client.multi().set('n', 1).exec(), null);
      assert.deepEqual(await client.multi().set('n', 1).incr('n').exec(), [
        [null, 'OK'],
        [null, 2],
      ]);
    });

    it('subscribes, and hears others in this process', async () => {
      const subscriber = connect();
      const got = [];
      subscriber.on('message', (channel, payload) => got.push(payload));
      await subscriber.subscribe('news');
      for (let i = 0; i < 1000; i++) db.publish('news', `${i}`);
      await connect().publish('news', 'last');
      await eventually(() => got.length === 1001);
      assert.deepEqual(got.slice(0, 3).concat(got.at(-1)), ['0', '1', '2', 'last']);
    });

    it('connects again after CLIENT KILL, and its commands go on', async () => {
      const client = connect({ retryStrategy: () => 1 });
      const id = await client.client('ID');
      const again = once(client, 'ready');
      assert.equal(db.session().exec('CLIENT', 'KILL', 'ID', id), 1);
      await again;
      assert.equal(await client.ping(), 'PONG');
      assert.notEqual(await client.client('ID'), id);
    });

    it('is over when the instance stops', async () => {
      const client = connect({ retryStrategy: () => 1 });
      client.on('error', () => {});
      await client.ping();
      const ended = new Promise((resolve) => client.once('end', resolve));
      db.stop();
      await ended;
      await assert.rejects(client.ping(), { message: /Connection is closed/ });
    });

    it('lets timers and sockets have their turn while it is awaited in a loop', async () => {
      const client = connect();
      await client.ping();
      let turns = 0;
      const timer = setInterval(() => turns++, 1);
      const until = performance.now() + 100;
      while (performance.now() < until) await client.ping();
      clearInterval(timer);
      assert.ok(turns > 2, `${turns} turns`);
    });

    it('scans with a stream, reads Buffers and errors', async () => {
      const client = connect();
      db.setMany(Array.from({ length: 1000 }, (_, i) => [`key:${i}`, i]));
      let found = 0;
      for await (const batch of client.scanStream({ count: 100 })) found += batch.length;
      assert.equal(found, 1000);
      assert.deepEqual(await client.getBuffer('key:1'), Buffer.from('1'));
      await assert.rejects(client.lpush('key:1', 'x'), { message: /^WRONGTYPE/ });
    });
  });
}

describe('an instance of protocol 3', () => {
  it('speaks RESP2 to a client until that asks for more', async () => {
    const three = kevy.start({ protocol: 3 });
    const client = new IORedis(three.ioredis());
    await client.hset('hash', 'field', 'value');
    assert.deepEqual(await client.hgetall('hash'), { field: 'value' });
    client.disconnect();
    three.stop();
  });
});

describe('a client in process', () => {
  it('keeps the process alive while it is connected, and no longer', () => {
    const { status, stdout } = runProgram(`
      const { Redis } = require('ioredis');
      const db = kevy.start();
      const client = new Redis(db.ioredis());
      client.subscribe('news');
      client.on('message', (_, payload) => {
        console.log(payload);
        client.disconnect();
      });
      setTimeout(() => db.publish('news', 'heard'), 30).unref();`);
    assert.equal(stdout, 'heard\n');
    assert.equal(status, 0);
  });

  it('that throws while it hears an answer is an uncaught error, and goes on', () => {
    const { stdout, stderr } = runProgram(`
      const { Redis } = require('ioredis');
      const db = kevy.start();
      const client = new Redis(db.ioredis());
      const caught = [];
      process.on('uncaughtException', (error) => caught.push(error.message));
      process.on('unhandledRejection', () => caught.push('a rejection'));
      client.once('ready', async () => {
        client.stream.once('data', () => { throw new Error('mine'); });
        await client.set('key', 'value');
        const got = await client.get('key');
        await new Promise(setImmediate);
        console.log(got, caught.join());
        client.disconnect();
        db.stop();
      });`);
    assert.equal(stderr, '');
    assert.equal(stdout, 'value mine\n');
  });

  it('that throws while it hears a message hears the next', () => {
    const { stdout, stderr } = runProgram(`
      const { Redis } = require('ioredis');
      const db = kevy.start();
      const client = new Redis(db.ioredis());
      process.on('uncaughtException', (error) => console.log(error.message));
      client.on('message', (_, payload) => {
        console.log(payload);
        if (payload === '3') client.disconnect();
        else setImmediate(() => db.publish('news', String(Number(payload) + 1)));
      });
      client.subscribe('news').then(() => {
        client.stream.on('data', () => { throw new Error('mine'); });
        db.publish('news', '1');
      });
      setTimeout(() => process.exit(1), 10_000).unref();`);
    assert.equal(stderr, '');
    assert.equal(stdout, '1\nmine\n2\nmine\n3\nmine\n');
  });

  it('leaves nothing behind', async () => {
    for (let i = 0; i < 50; i++) {
      const client = new IORedis(db.ioredis());
      await client.ping();
      await (i % 2 ? client.quit() : client.disconnect());
    }
    await eventually(() => db._connections.size === 0);
    assert.match(db.info('clients'), /connected_clients:[01]\r/);
  });
});

describe('node-redis', () => {
  it('has a private socket, which is gone when the instance stops', async () => {
    const options = db.nodeRedis({ database: 2 });
    assert.equal(db.nodeRedis().socket.path, options.socket.path);
    const client = nodeRedis.createClient(options);
    client.on('error', () => {});
    await client.connect();
    await client.set('key', 'value');
    const session = db.session();
    session.exec('SELECT', 2);
    assert.equal(session.get('key'), 'value');
    session.close();
    await client.close();
    db.stop();
    assert.equal(existsSync(options.socket.path), false);
  });
});
