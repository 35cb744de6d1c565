'use strict';

const assert = require('node:assert/strict');
const { afterEach, beforeEach, describe, it } = require('node:test');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const kevy = require('kevy');

let folder;
let db;
const at = (name) => path.join(folder, name);
const digest = (of) => of.exec('DEBUG', 'DIGEST');

function fill(keys) {
  db.setMany(Array.from({ length: keys }, (_, i) => [`key:${i}`, `value ${i}`.repeat(20)]));
  db.exec('RPUSH', 'list', 'a', 'b');
  return digest(db);
}

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kevy-files-'));
  db = kevy.start();
});
afterEach(() => {
  db.stop();
  fs.rmSync(folder, { recursive: true });
});

describe('a backup', () => {
  it('is loaded by another instance', async () => {
    const before = fill(5000);
    const seen = [];
    const backup = db.backup(at('b.rdb'), { onProgress: (now) => seen.push(now) });
    await backup;
    assert.ok(seen.length > 0 && seen.every(({ done, total }) => done <= total && total === 5001));
    const other = kevy.start();
    other.set('gone', 'x');
    await other.load(pathToFileURL(at('b.rdb')));
    assert.equal(digest(other), before);
    other.stop();
    assert.deepEqual(fs.readdirSync(folder), ['b.rdb']);
  });

  it('is ended by a signal, before or while it is made', async () => {
    fill(5000);
    await assert.rejects(db.backup(at('b.rdb'), { signal: AbortSignal.abort() }), {
      name: 'AbortError',
    });
    const controller = new AbortController();
    const reason = new Error('enough');
    const backup = db.backup(at('b.rdb'), { signal: controller.signal });
    controller.abort(reason);
    // It may have come to its end before.
    await backup.catch((error) => assert.equal(error, reason));
    assert.ok(fs.readdirSync(folder).every((name) => name === 'b.rdb'));
  });

  it('is ended by what onProgress throws', async () => {
    fill(100_000);
    const reason = new Error('no more');
    const onProgress = () => {
      throw reason;
    };
    await db.backup(at('b.rdb'), { onProgress }).then(
      () => assert.fail('it was not ended'),
      (error) => assert.equal(error, reason),
    );
    assert.deepEqual(fs.readdirSync(folder), []);
  });

  it('ends when the instance is stopped', async () => {
    fill(100_000);
    const jobs = Promise.allSettled([db.backup(at('b.rdb')), db.load(at('nosuch.rdb'))]);
    db.stop();
    const [backup, load] = await jobs;
    // The first may have come to its end before, the other one to what is wrong.
    assert.ok(backup.status === 'fulfilled' || backup.reason.code === 'KEVY_CANCELLED');
    assert.ok(['KEVY_CANCELLED', 'KEVY_SYSTEM'].includes(load.reason.code));
    await assert.rejects(db.backup(at('c.rdb')), kevy.ClosedError);
  });
});

describe('loading', () => {
  it('refuses what is damaged, and the data stay', async () => {
    fill(100);
    await db.backup(at('b.rdb'));
    const whole = fs.readFileSync(at('b.rdb'));
    db.set('mine', 'kept');
    const before = digest(db);
    for (const damaged of [whole.subarray(0, -1), whole.subarray(0, 40), Buffer.from('nonsense')]) {
      fs.writeFileSync(at('d.rdb'), damaged);
      await assert.rejects(db.load(at('d.rdb')), { code: 'KEVY_INVALID', message: /d\.rdb: at byte \d+/ });
      assert.equal(digest(db), before);
    }
  });

  it('says what is wrong with its arguments', async () => {
    await assert.rejects(db.load(at('nosuch.rdb')), { code: 'KEVY_SYSTEM', message: /no such file/ });
    for (const wrong of [undefined, 1, '', 'a\0b']) await assert.rejects(db.load(wrong), TypeError);
    await assert.rejects(db.load(at('b.rdb'), { onprogress: () => {} }), /onProgress/);
    await assert.rejects(db.load(at('b.rdb'), { onProgress: 1 }), TypeError);
    await assert.rejects(db.backup(at('b.rdb'), { signal: 1 }), TypeError);
  });
});

describe('a directory', () => {
  it('is what save needs', () => {
    assert.throws(() => db.save(), { code: 'KEVY_INVALID', message: /dir/ });
    const kept = kevy.start({ dir: folder });
    kept.set('greeting', 'hello');
    kept.save();
    kept.stop();
    const again = kevy.start({ dir: folder });
    assert.equal(again.get('greeting'), 'hello');
    again.stop();
  });

  it('keeps what is loaded in the append-only file', async () => {
    const before = fill(100);
    await db.backup(at('b.rdb'));
    const options = { dir: at('.'), appendonly: true, appendfsync: 'always' };
    const kept = kevy.start(options);
    kept.set('gone', 'x');
    await kept.load(at('b.rdb'));
    kept.stop();
    const again = kevy.start(options);
    assert.equal(digest(again), before);
    again.stop();
  });

  it('is a string, and the others are what they are', () => {
    assert.throws(() => kevy.start({ dir: 1 }), TypeError);
    assert.throws(() => kevy.start({ appendonly: 'yes' }), TypeError);
    assert.throws(() => kevy.start({ appendfsync: 'sometimes' }), TypeError);
  });
});
