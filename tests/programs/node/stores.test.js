// Sessions and caches: connect-redis under express-session, and Keyv.
'use strict';

const assert = require('node:assert/strict');
const { it, before, after } = require('node:test');
const { once } = require('node:events');
const express = require('express');
const session = require('express-session');
const { RedisStore } = require('connect-redis');
const { Keyv } = require('keyv');
const { default: KeyvRedis } = require('@keyv/redis');
const nodeRedis = require('redis');
const { throughEachDoor, eventually } = require('./doors');

throughEachDoor('connect-redis', (door) => {
  let client;
  let store;
  let server;
  let address;
  before(async () => {
    client = await nodeRedis.createClient(door.nodeRedis()).connect();
    store = new RedisStore({ client, prefix: 'session:', ttl: 100 });
    const app = express();
    app.use(session({ store, secret: 'a secret', resave: false, saveUninitialized: false }));
    app.get('/name/:name', (request, response) => {
      request.session.name = request.params.name;
      response.send('kept');
    });
    app.get('/visit', (request, response) => {
      request.session.visits = (request.session.visits ?? 0) + 1;
      response.send(`${request.session.name}:${request.session.visits}`);
    });
    app.get('/leave', (request, response) => request.session.destroy(() => response.send('left')));
    server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    address = `http://127.0.0.1:${server.address().port}`;
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await client.close();
  });

  it('keeps the session of each visitor', async () => {
    const visit = async (path, cookie) => {
      const response = await fetch(address + path, { headers: cookie ? { cookie } : {} });
      return { text: await response.text(), cookie: response.headers.get('set-cookie') };
    };
    const names = Array.from({ length: 10 }, (_, i) => `visitor ${i}`);
    const cookies = await Promise.all(
      names.map(async (name) => (await visit(`/name/${name}`)).cookie.split(';')[0]),
    );
    for (const visits of [1, 2, 3]) {
      const texts = await Promise.all(cookies.map((cookie) => visit('/visit', cookie)));
      assert.deepEqual(
        texts.map(({ text }) => text),
        names.map((name) => `${name}:${visits}`),
      );
    }
    assert.equal(await store.length(), 10);
    assert.deepEqual((await store.all()).map(({ name }) => name).sort(), names);
    const ids = await store.ids();
    assert.ok((await client.ttl(`session:${ids[0]}`)) > 90);
    await visit('/leave', cookies[0]);
    assert.equal((await visit('/visit', cookies[0])).text, 'undefined:1');
    await store.clear();
    assert.equal(await store.length(), 0);
  });
});

throughEachDoor('Keyv', (door) => {
  let client;
  before(async () => (client = await nodeRedis.createClient(door.nodeRedis()).connect()));
  after(() => client.close());

  it('keeps values by namespace, with times to live', async () => {
    const [one, two] = ['one', 'two'].map(
      (namespace) => new Keyv(new KeyvRedis(client, { throwOnErrors: true }), { namespace }),
    );
    const many = Array.from({ length: 50 }, (_, i) => ({
      key: `${i}`,
      value: { name: `one:${i}` },
    }));
    await one.setMany(many);
    await two.set('1', { name: 'two:1' }, 60_000);
    assert.deepEqual(
      await one.getMany(many.map(({ key }) => key)),
      many.map(({ value }) => value),
    );
    assert.deepEqual([await two.get('1'), await two.get('2')], [{ name: 'two:1' }, undefined]);
    assert.equal(await one.has('49'), true);
    assert.equal(await one.delete('49'), true);
    assert.deepEqual(await one.hasMany(['48', '49']), [true, false]);
    const keys = [];
    for await (const [key] of one.iterator()) keys.push(key);
    assert.equal(keys.length, 49);
    await one.clear();
    assert.deepEqual([await one.get('1'), await two.get('1')], [undefined, { name: 'two:1' }]);
    await two.set('short', 'x', 1);
    await eventually(async () => (await two.get('short')) === undefined);
  });
});
