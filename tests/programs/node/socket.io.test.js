// Two socket.io servers that hear of each other through the store: with redis-adapter (PUBLISH, and
// SPUBLISH), and with redis-streams-adapter.
'use strict';

const assert = require('node:assert/strict');
const { it, describe, before, after } = require('node:test');
const { createServer } = require('node:http');
const { once } = require('node:events');
const { Redis } = require('ioredis');
const nodeRedis = require('redis');
const { Server } = require('socket.io');
const { io: connect } = require('socket.io-client');
const { createAdapter, createShardedAdapter } = require('@socket.io/redis-adapter');
const { createAdapter: createStreamsAdapter } = require('@socket.io/redis-streams-adapter');
const { throughEachDoor, eventually } = require('./doors');

// A reader that has read nothing asks for what is new when its wait is over, and misses what came
// in between: its waits are longer than the test.
const LONG = { blockTimeInMs: 60_000 };

throughEachDoor('socket.io', (door) => {
  const clients = [];
  const open = {
    ioredis() {
      const client = new Redis(door.ioredis());
      clients.push(() => client.disconnect());
      return client;
    },
    async nodeRedis() {
      const client = await nodeRedis.createClient(door.nodeRedis()).connect();
      clients.push(() => client.destroy());
      return client;
    },
  };
  after(() => clients.forEach((close) => close()));

  const adapters = {
    'redis-adapter, ioredis': async () => createAdapter(open.ioredis(), open.ioredis()),
    'redis-adapter, node-redis': async () =>
      createAdapter(await open.nodeRedis(), await open.nodeRedis()),
    'sharded redis-adapter, node-redis': async () =>
      createShardedAdapter(await open.nodeRedis(), await open.nodeRedis()),
    'redis-streams-adapter, ioredis': async () =>
      createStreamsAdapter(open.ioredis(), { streamName: 'of ioredis', ...LONG }),
    'redis-streams-adapter, node-redis': async () =>
      createStreamsAdapter(await open.nodeRedis(), {
        streamName: 'of node-redis',
        ...LONG,
      }),
  };

  for (const [adapterName, adapterOf] of Object.entries(adapters)) {
    describe(adapterName, () => {
      const servers = [];
      const browsers = [];
      before(async () => {
        for (const owner of ['a', 'b']) {
          const http = createServer();
          const server = new Server(http, { adapter: await adapterOf() });
          servers.push(server);
          server.on('connection', (socket) => {
            socket.join(`room of ${socket.handshake.query.name}`);
            socket.on('who', (answer) => answer(owner));
          });
          server.on('news', (text, answer) => answer?.(`${owner}:${text}`));
          http.listen(0, '127.0.0.1');
          await once(http, 'listening');
          for (const number of [1, 2]) {
            const browser = connect(`http://127.0.0.1:${http.address().port}`, {
              query: { name: owner + number },
              transports: ['websocket'],
            });
            browser.got = [];
            browser.on('say', (text) => browser.got.push(text));
            browser.on('ask', (text, answer) => answer(`${owner}${number}:${text}`));
            browsers.push(browser);
            await once(browser, 'connect');
          }
        }
        if (adapterName.includes('streams')) {
          const client = open.ioredis();
          await eventually(async () => (await client.client('LIST')).split('cmd=xread').length === 3);
        }
        // Until each server sees the sockets of both.
        for (const server of servers) {
          await eventually(async () => (await server.fetchSockets()).length === 4);
        }
      });
      after(async () => {
        for (const browser of browsers) browser.disconnect();
        for (const server of servers) await server.close();
        const client = open.ioredis();
        // Nobody's message, which ends the waits of the readers.
        for (const stream of ['of ioredis', 'of node-redis']) await client.xadd(stream, '*', 'to', '');
      });

      it('reaches those who are meant, on both servers', async () => {
        const [a, b] = servers;
        for (let i = 0; i < 20; i++) a.emit('say', `all:${i}`);
        for (const name of ['a1', 'a2', 'b1', 'b2']) b.to(`room of ${name}`).emit('say', name);
        a.to('room of b2').except('room of b1').emit('say', 'last');
        const all = Array.from({ length: 20 }, (_, i) => `all:${i}`);
        await eventually(() => browsers[3].got.length === 22);
        for (const [index, name] of ['a1', 'a2', 'b1', 'b2'].entries()) {
          const browser = browsers[index];
          await eventually(() => browser.got.length >= 21);
          assert.deepEqual(
            browser.got.filter((text) => text.startsWith('all')),
            all,
          );
          const other = browser.got.filter((text) => !text.startsWith('all'));
          assert.deepEqual(other.sort(), name === 'b2' ? ['b2', 'last'] : [name]);
        }
      });

      it('gathers answers from both', async () => {
        const answers = await servers[0].timeout(5_000).emitWithAck('ask', 'name');
        assert.deepEqual(answers.sort(), ['a1:name', 'a2:name', 'b1:name', 'b2:name']);
        assert.deepEqual(await servers[0].serverSideEmitWithAck('news', 'hello'), ['b:hello']);
      });

      it('moves and ends sockets of the other server', async () => {
        const [a, b] = servers;
        a.in('room of b1').socketsJoin('moved');
        await eventually(async () => (await b.in('moved').fetchSockets()).length === 1);
        assert.equal((await a.in('moved').fetchSockets())[0].handshake.query.name, 'b1');
        const gone = once(browsers[2], 'disconnect');
        a.in('moved').disconnectSockets(true);
        await gone;
        await eventually(async () => (await a.fetchSockets()).length === 3);
      });
    });
  }
});
