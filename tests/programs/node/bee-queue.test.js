'use strict';

const assert = require('node:assert/strict');
const { it, afterEach } = require('node:test');
const { once } = require('node:events');
const BeeQueue = require('bee-queue');
const { throughEachDoor, eventually, WAIT_MS } = require('./doors');

// Its client is node-redis of version 3, which knows no instance in its own process.
throughEachDoor(
  'bee-queue',
  (door) => {
    const open = [];
    let queues = 0;

    function queueOf(settings) {
      const { host, port, path } = door.ioredis();
      const redis = path ? { path } : { host, port };
      const queue = new BeeQueue(settings.name ?? `queue${queues++}`, { redis, ...settings });
      queue.on('error', () => {});
      open.push(queue);
      return queue;
    }
    afterEach(async () => {
      for (const queue of open.splice(0)) await queue.close(WAIT_MS).catch(() => {});
    });

    const ended = (job) =>
      new Promise((resolve, reject) => {
        job.on('succeeded', resolve);
        job.on('failed', reject);
      });

    it('gives each job its own result', async () => {
      const queue = queueOf({ activateDelayedJobs: true });
      queue.process(10, async (job) => `done:${job.data.name}`);
      await queue.ready();
      const jobs = Array.from({ length: 100 }, (_, i) => queue.createJob({ name: `${i}` }));
      const results = jobs.map(ended);
      assert.equal((await queue.saveAll(jobs)).size, 0);
      assert.deepEqual(
        await Promise.all(results),
        jobs.map((_, i) => `done:${i}`),
      );
    });

    it('tries again, reports progress, and fails at last', async () => {
      const queue = queueOf({});
      const progress = [];
      queue.process(async (job) => {
        job.reportProgress({ name: job.data.name });
        if (job.options.retries > job.data.left) throw new Error(`again:${job.data.name}`);
        return `done:${job.data.name}`;
      });
      const good = queue.createJob({ name: 'good', left: 1 }).retries(3);
      const bad = queue.createJob({ name: 'bad', left: -1 }).retries(2);
      good.on('progress', (report) => progress.push(report.name));
      const results = Promise.allSettled([ended(good), ended(bad)]);
      await good.save();
      await bad.save();
      const [of_good, of_bad] = await results;
      assert.equal(of_good.value, 'done:good');
      assert.match(of_bad.reason.message, /again:bad/);
      assert.deepEqual([...new Set(progress)], ['good']);
      assert.equal((await queue.checkHealth()).failed, 1);
    });

    it('runs the delayed after their time', async () => {
      const queue = queueOf({ activateDelayedJobs: true });
      queue.process(async (job) => `${job.data.name}:${Date.now() >= job.data.due}`);
      const due = Date.now() + 200;
      const job = queue.createJob({ name: 'later', due }).delayUntil(due);
      const result = ended(job);
      await job.save();
      assert.equal(await result, 'later:true');
    });

    it('gives to another worker what a worker that stalled had', async () => {
      const name = `stalling${queues++}`;
      const dead = queueOf({ name, stallInterval: 100 });
      const taken = once(dead, 'taken');
      dead.process((job) => {
        dead.emit('taken', job.id);
        return new Promise(() => {}); // which never ends
      });
      const job = await dead.createJob({ name: 'stalled' }).save();
      assert.equal((await taken)[0], job.id);
      await dead.close(1).catch(() => {}); // without waiting for what it has

      const alive = queueOf({ name, stallInterval: 100 });
      const given = [];
      alive.process(async (each) => given.push(each.data.name));
      await eventually(async () => {
        await alive.checkStalledJobs();
        return given.length > 0;
      });
      assert.deepEqual(given, ['stalled']);
    });
  },
  ['tcp', 'unix'],
);
