// Scripts as methods.
'use strict';

const assert = require('node:assert/strict');
const { describe, it, beforeEach, afterEach } = require('node:test');
const { Redis } = require('ioredis');
const kevy = require('kevy');

const ADD = "return redis.call('INCRBY', KEYS[1], ARGV[1])";

let db;
beforeEach(() => {
  db = kevy.start();
});
afterEach(() => db.stop());

describe('a defined command', () => {
  it('runs its script, also when the store has forgotten it', () => {
    db.defineCommand('add', { lua: ADD, numberOfKeys: 1 });
    assert.equal(db.add('n', 5), 5);
    assert.equal(db.add(['n', 5]), 10);
    db.script('FLUSH');
    assert.equal(db.add('n', 1), 11);
    assert.equal(db.add.name, 'add');
  });

  it('gives what ioredis gives', async () => {
    const client = new Redis(db.ioredis());
    const definitions = {
      add: [{ lua: ADD, numberOfKeys: 1 }, ['n', 2]],
      counted: [{ lua: 'return {#KEYS, #ARGV}' }, [2, 'a', 'b', 'c']],
      shapes: [{ lua: "return {1, 2.9, 'x', true, false, {err='no'}}", numberOfKeys: 0 }, []],
      table: [{ lua: "return {{1, {'a'}}, redis.call('PING')}", numberOfKeys: 0 }, []],
      size: [{ lua: "return redis.call('STRLEN', KEYS[1])", numberOfKeys: 1, readOnly: true }, ['n']],
    };
    for (const [name, [definition, words]] of Object.entries(definitions)) {
      db.defineCommand(name, definition);
      client.defineCommand(name, definition);
      db.del('n');
      const theirs = await client[name](...words);
      db.del('n');
      const ours = db[name](...words);
      const plain = (reply) =>
        Array.isArray(reply)
          ? reply.map((each) => (each instanceof Error ? each.message : each))
          : reply;
      assert.deepEqual(plain(ours), plain(theirs), name);
    }
    client.disconnect();
  });

  it('is a method of sessions and pipelines, too', () => {
    db.defineCommand('add', { lua: ADD, numberOfKeys: 1 });
    const session = db.session();
    session.exec('SELECT', 1);
    assert.equal(session.add('n', 3), 3);
    session.exec('MULTI');
    assert.equal(session.add('n', 1), 'QUEUED');
    assert.deepEqual(session.exec('EXEC'), [4]);
    session.close();
    assert.deepEqual(db.pipeline().add('n', 1).get('n').add('n', 2).exec(), [1, '1', 3]);
    assert.deepEqual(db.pipeline({ atomic: true }).add('n', 1).exec(), [4]);
  });

  it('throws what its script throws', () => {
    db.defineCommand('fail', { lua: "return redis.error_reply('MINE not today')", numberOfKeys: 0 });
    assert.throws(() => db.fail(), { kind: 'reply', code: 'MINE', message: 'MINE not today' });
    db.defineCommand('write', { lua: "return redis.call('SET', 'a', 1)", numberOfKeys: 0, readOnly: true });
    assert.throws(() => db.write(), { kind: 'reply', message: /Write commands are not allowed/ });
    assert.equal(db.dbsize(), 0);
  });

  it('takes no name that means something, and no definition that means nothing', () => {
    for (const name of ['get', 'exec', 'stop', 'hset', 'next', 'clear', 'toString', 1, undefined]) {
      assert.throws(() => db.defineCommand(name, { lua: ADD }), TypeError);
    }
    assert.throws(() => db.defineCommand('a', {}), TypeError);
    assert.throws(() => db.defineCommand('a', { lua: ADD, keys: 1 }), TypeError);
    assert.throws(() => db.defineCommand('a', { lua: ADD, numberOfKeys: -1 }), RangeError);
    assert.throws(() => db.defineCommand('a', { lua: ADD, numberOfKeys: 1.5 }), RangeError);
    assert.throws(() => db.defineCommand('a', { lua: ADD, readOnly: 1 }), TypeError);
    assert.equal(db.a, undefined);
  });
});
