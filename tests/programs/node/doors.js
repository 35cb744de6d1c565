// The doors that a program comes in by: kevy-server's TCP port and Unix socket, and an instance in
// this process. KEVY_PROGRAMS_SERVER names another server, to see what that one makes of a test.
'use strict';

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { mkdtempSync, rmSync } = require('node:fs');
const { createServer } = require('node:net');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { setTimeout: delay } = require('node:timers/promises');
const { after, before, describe } = require('node:test');
const { Redis } = require('ioredis');
const kevy = require('kevy');

const build = path.join(__dirname, '../../../build/release');
const program =
  process.env.KEVY_PROGRAMS_SERVER ??
  process.env.KEVY_SERVER ??
  path.join(build, 'server/kevy-server');
const WAIT_MS = 60_000; // for anything that has to happen

/** Resolves to what `condition` gives, once that is true of it. */
async function eventually(condition) {
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    const found = await condition();
    if (found) return found;
    if (performance.now() > deadline) throw new Error(`never came true: ${condition}`);
    await delay(2); // between two looks
  }
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

async function startServer() {
  const directory = mkdtempSync(path.join(tmpdir(), 'kevy-programs-'));
  const socket = path.join(directory, 'server.sock');
  const port = await freePort();
  const running = spawn(
    program,
    ['--port', port, '--unixsocket', socket, '--save', '', '--dir', directory],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  // Tries until the server listens.
  const client = new Redis({ path: socket, retryStrategy: () => 10, maxRetriesPerRequest: null });
  client.on('error', () => {});
  await client.ping();
  await client.quit();
  return {
    port,
    socket,
    async stop() {
      running.kill();
      await once(running, 'exit');
      rmSync(directory, { recursive: true });
    },
  };
}

function doorOf(way, server, db) {
  const ioredis = (options) =>
    ({
      tcp: { host: '127.0.0.1', port: server?.port, ...options },
      unix: { path: server?.socket, ...options },
      process: db?.ioredis(options),
    })[way];
  const nodeRedis = (options) =>
    ({
      tcp: { socket: { host: '127.0.0.1', port: server?.port }, ...options },
      unix: { socket: { path: server?.socket }, ...options },
      process: db?.nodeRedis(options),
    })[way];
  return { way, ioredis, nodeRedis };
}

/** Describes the program once for each door, which opens clients of a store of its own. */
function throughEachDoor(name, tests, ways = ['tcp', 'unix', 'process']) {
  for (const way of ways) {
    describe(`${name}, ${way}`, () => {
      const door = {};
      let server;
      let db;
      before(async () => {
        if (way === 'process') db = kevy.start();
        else server = await startServer();
        Object.assign(door, doorOf(way, server, db));
      });
      tests(door); // whose hooks close the clients before the store ends
      after(async () => {
        db?.stop();
        await server?.stop();
      });
    });
  }
}

module.exports = { throughEachDoor, eventually, WAIT_MS };
