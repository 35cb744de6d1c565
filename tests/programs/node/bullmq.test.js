'use strict';

const assert = require('node:assert/strict');
const { it, afterEach } = require('node:test');
const { FlowProducer, Queue, QueueEvents, UnrecoverableError, Worker } = require('bullmq');
const { Redis } = require('ioredis');
const { eventually, throughEachDoor, WAIT_MS } = require('./doors');

throughEachDoor('BullMQ', (door) => {
  const open = [];
  let queues = 0;

  /** A queue of its own for each test, with what else the test needs of it. */
  async function work(process, options = {}) {
    const connection = door.ioredis({ maxRetriesPerRequest: null });
    const name = `queue${queues++}`;
    const queue = new Queue(name, { connection });
    const events = new QueueEvents(name, { connection });
    const worker = new Worker(name, process, { connection, ...options });
    for (const each of [worker, events, queue]) {
      each.on('error', () => {});
      open.push(each);
    }
    await Promise.all([queue.waitUntilReady(), events.waitUntilReady(), worker.waitUntilReady()]);
    const result = (job) => job.waitUntilFinished(events, WAIT_MS);
    return { queue, worker, events, name, connection, result };
  }
  afterEach(async () => {
    for (const each of open.splice(0)) await each.close();
  });

  const named = async (job) => `done:${job.data.name}`;

  it('gives each job its own result', async () => {
    const { queue, result } = await work(named, { concurrency: 10 });
    const names = Array.from({ length: 200 }, (_, i) => `${i}`);
    const jobs = await queue.addBulk(names.map((name) => ({ name: 'job', data: { name } })));
    assert.deepEqual(
      await Promise.all(jobs.map(result)),
      names.map((name) => `done:${name}`),
    );
    assert.deepEqual(await queue.getJobCounts('completed', 'failed', 'active', 'waiting'), {
      completed: 200,
      failed: 0,
      active: 0,
      waiting: 0,
    });
  });

  it('tries again, and fails at last', async () => {
    const tries = {};
    const { queue, result } = await work(async ({ data: { name, good } }) => {
      tries[name] = (tries[name] ?? 0) + 1;
      if (name === 'never') throw new UnrecoverableError('wrong:never');
      if (tries[name] < good) throw new Error(`again:${name}`);
      return `${name}:${tries[name]}`;
    });
    const add = (name, good, backoff) =>
      queue.add('job', { name, good }, { attempts: 3, backoff });
    const third = await add('third', 3, { type: 'exponential', delay: 5 });
    const fourth = await add('fourth', 4, { type: 'fixed', delay: 1 });
    const never = await add('never', 3);
    assert.equal(await result(third), 'third:3');
    await assert.rejects(result(fourth), /again:fourth/);
    await assert.rejects(result(never), /wrong:never/);
    assert.deepEqual(tries, { third: 3, fourth: 3, never: 1 });
  });

  it('takes the urgent first, and the delayed after their time', async () => {
    const order = [];
    const { queue, worker, result } = await work(async ({ data, processedOn, timestamp }) => {
      order.push(data.name);
      return processedOn - timestamp;
    });
    await worker.pause();
    const add = (name, options) => queue.add('job', { name }, options);
    const later = await add('later', { delay: 400 });
    const jobs = [
      await add('low', { priority: 9 }),
      await add('high', { priority: 1 }),
      await add('first', {}),
      await add('front', { lifo: true }),
    ];
    worker.resume();
    await Promise.all(jobs.map(result));
    assert.ok((await result(later)) >= 400);
    const soon = order.filter((name) => name !== 'later');
    assert.deepEqual(soon, ['front', 'first', 'high', 'low']);
  });

  it('runs flows: a parent after its children, with what they gave', async () => {
    const { name, connection, result } = await work(
      async (job) => {
        const values = Object.values(await job.getChildrenValues()).sort();
        return `${job.data.name}(${values.join()})`;
      },
      { concurrency: 4 },
    );
    const flows = new FlowProducer({ connection });
    open.push(flows);
    const node = (label, children = []) => ({
      name: 'job',
      queueName: name,
      data: { name: label },
      children,
    });
    const trees = await flows.addBulk(
      ['a', 'b', 'c'].map((root) =>
        node(root, [node(`${root}1`, [node(`${root}11`), node(`${root}12`)]), node(`${root}2`)]),
      ),
    );
    assert.deepEqual(
      await Promise.all(trees.map((tree) => result(tree.job))),
      ['a', 'b', 'c'].map((r) => `${r}(${r}1(${r}11(),${r}12()),${r}2())`),
    );
  });

  it('repeats, as often as was said', async () => {
    const { queue, worker } = await work(named);
    const given = [];
    worker.on('completed', (job, value) => given.push(value));
    await queue.upsertJobScheduler(
      'tick',
      { every: 30, limit: 3 },
      { name: 'job', data: { name: 'tick' } },
    );
    await eventually(() => given.length === 3);
    assert.deepEqual(given, ['done:tick', 'done:tick', 'done:tick']);
    await eventually(async () => (await queue.getDelayedCount()) === 0);
  });

  it('keeps to its limit of jobs in a time', async () => {
    const { queue, result } = await work(async () => Date.now(), {
      concurrency: 10,
      limiter: { max: 2, duration: 150 },
    });
    const jobs = await queue.addBulk(
      Array.from({ length: 6 }, (_, i) => ({ name: 'job', data: { name: `${i}` } })),
    );
    const times = (await Promise.all(jobs.map(result))).sort((a, b) => a - b);
    assert.ok(times[5] - times[0] >= 2 * 150 - 50, `${times.map((time) => time - times[0])}`);
  });

  it('gives to another worker what a worker that stalled had', async () => {
    const { queue, name, connection, result } = await work(named, { autorun: false });
    // Takes the job and never renews its hold of it.
    const dead = new Worker(name, null, { connection, lockDuration: 50, skipLockRenewal: true });
    dead.on('error', () => {});
    open.push(dead);
    const job = await queue.add('job', { name: 'stalled' });
    const taken = await dead.getNextJob('token of the dead');
    assert.equal(taken.id, job.id);
    const alive = new Worker(name, async (each) => `alive:${each.data.name}`, {
      connection,
      stalledInterval: 60,
    });
    alive.on('error', () => {});
    open.push(alive);
    const stalled = [];
    alive.on('stalled', (id) => stalled.push(id));
    assert.equal(await result(job), 'alive:stalled');
    assert.deepEqual(stalled, [job.id]);
  });

  it('adds a job once under one id, tells progress, and takes all away', async () => {
    const { queue, events, result } = await work(async (job) => {
      await job.updateProgress({ name: job.data.name });
      await job.log(`log:${job.data.name}`);
      return job.data.name;
    });
    const progress = [];
    events.on('progress', ({ jobId, data }) => progress.push([jobId, data.name]));
    await queue.pause();
    const first = await queue.add('job', { name: 'one' }, { jobId: 'same' });
    await queue.add('job', { name: 'two' }, { jobId: 'same' });
    assert.equal(await queue.count(), 1);
    await queue.resume();
    assert.equal(await result(first), 'one');
    assert.deepEqual(progress, [['same', 'one']]);
    assert.deepEqual((await queue.getJobLogs('same')).logs, ['log:one']);
    await queue.obliterate({ force: true });
    const client = new Redis(door.ioredis());
    assert.deepEqual(await client.keys(`bull:${queue.name}:*`), []);
    client.disconnect();
  });
});
