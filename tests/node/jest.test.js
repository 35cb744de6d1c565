// Real Jest over the package: each test file has a context of its own, and modules of its own.
'use strict';

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { spawnSync } = require('node:child_process');
const { mkdtempSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');

const package_ = path.dirname(require.resolve('kevy/package.json'));

/** Runs test files with Jest; returns what it reports as JSON. */
function runJest(files, flags = []) {
  const directory = mkdtempSync(path.join(tmpdir(), 'kevy-jest-'));
  try {
    for (const [name, source] of Object.entries(files)) {
      writeFileSync(path.join(directory, `${name}.test.js`), source);
    }
    writeFileSync(path.join(directory, 'package.json'), '{ "private": true }');
    const jest = path.join(path.dirname(require.resolve('jest/package.json')), 'bin/jest.js');
    const config = JSON.stringify({ rootDir: directory, moduleNameMapper: { '^kevy$': package_ } });
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--expose-gc', jest, '--json', '--runInBand', '--no-cache', '--config', config, ...flags],
      { encoding: 'utf8', cwd: directory, timeout: 120_000, maxBuffer: 1 << 26 },
    );
    assert.ok(stdout.startsWith('{'), stderr);
    return { ...JSON.parse(stdout), stderr };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function failures({ testResults }) {
  return testResults.map(({ message }) => message).filter((message) => message !== '');
}

const subscribes = (after) => `
  const kevy = require('kevy');
  const db = kevy.start();
  ${after}
  test('messages come', async () => {
    const ballast = new Array(100_000).fill(db);
    const payload = await new Promise((resolve) => {
      db.subscribe('news', (message) => resolve([ballast.length, message.payload]));
      db.publish('news', 'hello');
    });
    expect(payload).toStrictEqual([100_000, 'hello']);
  });`;

describe('Jest', () => {
  it('finds no leak where the instance is stopped', () => {
    const stops = 'afterAll(() => db.stop());';
    const report = runJest(
      { one: subscribes(stops), two: subscribes(stops) },
      ['--detectLeaks'],
    );
    assert.deepEqual(failures(report), []);
    assert.equal(report.numPassedTests, 2);
  });

  it('finds no leak where all was left open', () => {
    const report = runJest({ one: subscribes(''), two: subscribes('') }, ['--detectLeaks']);
    assert.deepEqual(failures(report), []);
    assert.equal(report.numPassedTests, 2);
  });

  it('has a flat heap over fifty files that subscribe', () => {
    const files = Array.from({ length: 50 }, (_, i) => [`file${i}`, subscribes('')]);
    const { stderr, ...report } = runJest(Object.fromEntries(files), ['--logHeapUsage']);
    assert.deepEqual(failures(report), []);
    assert.equal(report.numPassedTests, 50);
    const used = [...stderr.matchAll(/\((\d+) MB heap size\)/g)].map(([, size]) => Number(size));
    assert.equal(used.length, 50);
    const early = Math.max(...used.slice(5, 15));
    const late = Math.min(...used.slice(-10));
    assert.ok(late <= early + 10, `${used} MB`);
  });

  it('has values and errors of its own realm, also after resetModules and with fake timers', () => {
    const report = runJest({
      realm: `
        let kevy = require('kevy');
        const check = () => {
          const db = kevy.start();
          db.rpush('list', 'a', 'b');
          db.hset('hash', { field: 'value' });
          expect(db.lrange('list', 0, -1)).toStrictEqual(['a', 'b']);
          expect(db.hgetall('hash')).toStrictEqual({ field: 'value' });
          expect(() => db.get(undefined)).toThrow(TypeError);
          expect(() => db.set('key', 'value', 1.5)).toThrow(RangeError);
          expect(() => db.get('list')).toThrow(kevy.ReplyError);
          db.set('key', 'value');
          expect(db.getBuffer('key')).toStrictEqual(Buffer.from('value'));
          db.stop();
          expect(() => db.get('key')).toThrow(kevy.ClosedError);
        };
        test('first', check);
        test('again', () => {
          const before = kevy;
          jest.resetModules();
          kevy = require('kevy');
          expect(kevy).not.toBe(before);
          check();
          kevy = before;
          check();
        });
        test('fake timers', async () => {
          jest.useFakeTimers();
          const db = kevy.start().ref();
          const session = db.session();
          session.exec('SUBSCRIBE', 'news');
          expect(await session.next(5)).toBe(null);
          db.stop();
        });`,
    });
    assert.deepEqual(failures(report), []);
    assert.equal(report.numPassedTests, 3);
  });
});
