'use strict';

const assert = require('node:assert/strict');
const { afterEach, beforeEach, describe, it } = require('node:test');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const kevy = require('kevy');

let folder;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kevy-start-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

/** Some hundred kilobytes in the folder. */
function keep(appendonly) {
  const directives = { rdbcompression: 'no' };
  const db = kevy.start({ dir: folder, appendonly, directives });
  for (let first = 0; first < 5000; first += 100) {
    db.setMany(Array.from({ length: 100 }, (_, i) => [`key:${first + i}`, 'v'.repeat(100)]));
  }
  if (!appendonly) db.save();
  db.stop();
}

for (const appendonly of [false, true]) {
  describe(`a start with ${appendonly ? 'an append-only file' : 'a snapshot'}`, () => {
    it('is told of', () => {
      keep(appendonly);
      const seen = [];
      const db = kevy.start({ dir: folder, appendonly, onProgress: (now) => seen.push(now) });
      assert.equal(db.exec('DBSIZE'), 5000);
      db.stop();
      assert.ok(seen.length > 2);
      assert.equal(seen[0].done, 0);
      assert.ok(seen.every(({ done }, i) => i === 0 || done >= seen[i - 1].done));
      assert.equal(seen.at(-1).done, seen.at(-1).total);
      assert.ok(seen.at(-1).total > 500_000);
    });

    it('is ended by what onProgress throws', () => {
      keep(appendonly);
      const enough = new Error('enough');
      let calls = 0;
      const onProgress = () => {
        if (++calls === 2) throw enough;
      };
      assert.throws(
        () => kevy.start({ dir: folder, appendonly, listen: '127.0.0.1:0', onProgress }),
        (error) => error === enough,
      );
      assert.equal(calls, 2);
      const db = kevy.start({ dir: folder, appendonly });
      assert.equal(db.exec('DBSIZE'), 5000);
      db.stop();
    });
  });
}

describe('a start', () => {
  it('says by its kind what is wrong with files', () => {
    const dir = path.join(folder, 'nosuch');
    assert.throws(() => kevy.start({ dir }), { kind: 'system', code: 'KEVY_SYSTEM', message: /nosuch/ });
    const db = kevy.start({ dir: folder, appendonly: true });
    assert.throws(() => kevy.start({ dir: folder, appendonly: true }), {
      code: 'KEVY_SYSTEM',
      message: /in use by another instance/,
    });
    db.stop();
    fs.writeFileSync(path.join(folder, 'dump.rdb'), 'REDIS0011 and no more of that');
    assert.throws(() => kevy.start({ dir: folder }), {
      kind: 'invalid',
      code: 'KEVY_INVALID',
      message: /dump\.rdb: at byte \d+/,
    });
  });

  it('is told of nothing where there are no files, and takes functions alone', () => {
    let calls = 0;
    kevy.start({ dir: folder, onProgress: () => calls++ }).stop();
    assert.equal(calls, 0);
    assert.throws(() => kevy.start({ onProgress: 5 }), { name: 'TypeError', message: /onProgress/ });
  });

  it('listens on addresses, or fails', () => {
    const address = `unix:${path.join(folder, 'kevy.sock')}`;
    const db = kevy.start({ listen: ['127.0.0.1:0', address] });
    assert.equal(db.addresses.length, 2);
    assert.equal(db.addresses[1], address);
    assert.throws(() => kevy.start({ listen: address }), { code: 'KEVY_SYSTEM' });
    assert.throws(() => kevy.start({ listen: 5 }), { name: 'TypeError', message: /address/ });
    assert.throws(() => kevy.start({ listen: 'nothing' }), { code: 'KEVY_INVALID' });
    db.stop();
  });
});
