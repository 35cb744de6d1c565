// One round of what a program sees that moves to kevy from ioredis and ioredis-mock: a JSON object of
// nanoseconds. The two sides of each comparison take turns.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { start } from '../../bindings/node/lib/index.mjs';

const require = createRequire(new URL('../../tests/node/package.json', import.meta.url));
const { Redis } = require('ioredis');
const Mock = require('ioredis-mock');

const CALLS = 20_000;
const CALLS_LONG = 200;
const TURNS = 5;
const keys = Array.from({ length: 10 }, (_, i) => `key:${i}`);
const value = 'v'.repeat(64);
const fields = Object.fromEntries(keys.map((key, i) => [`field:${i}`, `value:${i}`.padEnd(20)]));

async function costOf(call, awaited, calls) {
  const begin = process.hrtime.bigint();
  for (let i = 0; i < calls; i++) {
    if (awaited) await call();
    else call();
  }
  return Number(process.hrtime.bigint() - begin) / calls;
}

/** The best of each side, in turns: what comes back is awaited where it is a promise. */
async function compared(sides, calls = CALLS) {
  const best = {};
  for (let turn = 0; turn <= TURNS; turn++) {
    for (const [name, call] of Object.entries(sides)) {
      const cost = await costOf(call, call() instanceof Promise, calls);
      if (turn !== 0) best[name] = Math.min(best[name] ?? Infinity, cost);
    }
  }
  return best;
}

async function redisServer() {
  const directory = mkdtempSync(path.join(tmpdir(), 'kevy-bench-'));
  const socket = path.join(directory, 'redis.sock');
  const options = ['--port', '0', '--save', '', '--unixsocket', socket];
  const server = spawn('redis-server', options, { stdio: 'ignore' });
  const client = new Redis({ path: socket, retryStrategy: () => 20 });
  client.on('error', () => {}); // until it listens
  await client.ping();
  const stop = () => {
    client.disconnect();
    server.kill();
    rmSync(directory, { recursive: true, force: true });
  };
  return { client, stop };
}

const db = start();
const raw = start({ buffers: true });
const client = new Redis(db.ioredis());
const mock = new Mock();
const redis = await redisServer();
for (const key of keys) db.set(key, value);
raw.hset('hash', fields);
for (const each of [db, raw]) {
  each.set('key:0', value);
  each.rpush('list', Array.from({ length: 5000 }, (_, i) => `element:${i}`.padEnd(20)));
}
for (const each of [client, mock, redis.client]) {
  await each.hset('hash', fields);
  await each.set('key:0', value);
}

function pipelineOfTen() {
  const pipeline = db.pipeline();
  for (const key of keys) pipeline.get(key);
  return pipeline.exec();
}

function tenGets() {
  for (const key of keys) db.get(key);
}

const result = {
  ...(await compared({
    hgetall: () => db.hgetall('hash'),
    'hgetall buffers': () => raw.hgetall('hash'),
    'hgetall mock': () => mock.hgetall('hash'),
  })),
  ...(await compared({
    get: () => db.get('key:0'),
    'get buffers': () => raw.get('key:0'),
    exec: () => db.exec('GET', 'key:0'),
    'exec buffers': () => raw.exec('GET', 'key:0'),
  })),
  ...(await compared(
    { lrange: () => db.lrange('list', 0, -1), 'lrange buffers': () => raw.lrange('list', 0, -1) },
    CALLS_LONG,
  )),
  ...(await compared({ pipeline: pipelineOfTen, 'ten gets': tenGets })),
  ...(await compared({
    awaited: () => client.get('key:0'),
    'awaited server': () => redis.client.get('key:0'),
    'awaited mock': () => mock.get('key:0'),
  })),
};
client.disconnect();
redis.stop();
db.stop();
raw.stop();
console.log(JSON.stringify(result));
