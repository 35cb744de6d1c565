// No way of JavaScript's reaches memory that is freed or someone else's.
'use strict';

const assert = require('node:assert/strict');
const { describe, it, beforeEach, afterEach } = require('node:test');
const kevy = require('kevy');
const { result } = require('../../bindings/node/lib/tape'); // of what the addon's own methods give
const { runProgram } = require('./programs');

let db;
let held;
beforeEach(() => {
  db = kevy.start();
  held = db.session();
});
afterEach(() => db.stop());

const POOL = 64 * 1024;

/** Takes memory away from a Buffer, by every way that this Node has; undefined when refused. */
const takings = {
  'structuredClone with transfer': ({ buffer }) => structuredClone(buffer, { transfer: [buffer] }),
  'ArrayBuffer.prototype.transfer': ({ buffer }) => buffer.transfer?.(),
  'a MessageChannel': ({ buffer }) => {
    const { port1, port2 } = new MessageChannel();
    try {
      port1.postMessage(buffer, [buffer]);
      return require('node:worker_threads').receiveMessageOnPort(port2).message;
    } finally {
      port1.close();
    }
  },
};

/** Every way to a small Buffer. */
const readings = {
  getBuffer: () => db.getBuffer('key'),
  execBuffer: () => db.execBuffer('GET', 'key'),
  'a list': () => db.execBuffer('MGET', 'none', 'key')[1],
  'a session': () => held.execBuffer('GET', 'key'),
};

for (const [name, read] of Object.entries(readings)) {
  describe(`a Buffer of ${name}`, () => {
    for (const [way, take] of Object.entries(takings)) {
      it(`transferred by ${way} is not written to again`, () => {
        db.set('key', 'mine');
        const before = read();
        let taken;
        try {
          taken = take(before);
        } catch (error) {
          assert.equal(error.name, 'DataCloneError');
        }
        const copy = taken && Buffer.from(taken.slice(0));
        db.set('key', 'later');
        for (let i = 0; i < POOL / 8 + 10; i++) assert.equal(read().toString(), 'later');
        if (taken !== undefined) assert.ok(Buffer.from(taken).equals(copy), 'foreign memory written');
      });
    }

    it('is read right after its memory was taken, whatever the size', () => {
      for (const size of [0, 5, 5000, 40_000]) {
        const value = Buffer.alloc(size, 'kevy');
        db.set('key', value);
        for (let i = 0; i < 50; i++) {
          const got = read();
          assert.ok(got.equals(value));
          for (const take of Object.values(takings)) {
            try {
              take(got);
            } catch {
              // The mark that forbids it, or it is gone.
            }
          }
        }
      }
    });

    it('is not written to by a call in a getter, nor by the call that it is read for', () => {
      db.set('key', 'value');
      const inner = [];
      const values = withGetter(['MGET', 'key', 'key'], 2, () => {
        inner.push(read(), read());
        return 'key';
      });
      const outer = result(db._execList(values, true));
      assert.deepEqual([...outer, ...inner].map(String), Array(4).fill('value'));
      const places = [...outer, ...inner].filter(({ buffer }) => buffer === outer[0].buffer);
      assert.equal(new Set(places.map(({ byteOffset }) => byteOffset)).size, places.length);
    });
  });
}

describe('the memory that small Buffers are cut from', () => {
  it('is made anew once it is gone', () => {
    const { stdout, stderr } = runProgram(
      `
      const db = kevy.start();
      db.mset('key', 'value', 'long', 'v'.repeat(5000));
      const detached = (buffer) => %ArrayBufferDetach(buffer.buffer);
      const reads = {
        getBuffer: (key) => db.getBuffer(key),
        execBuffer: (key) => db.execBuffer('GET', key),
        list: (key) => db.execBuffer('MGET', 'none', key)[1],
      };
      const seen = new Set();
      for (const read of Object.values(reads)) {
        for (const key of ['key', 'long', 'key']) {
          for (let i = 0; i < 20; i++) {
            detached(read(key));
            seen.add(key + read(key).toString().length);
            detached(db.getBuffer(db.execBuffer('ECHO', key)));
          }
        }
      }
      console.log([...seen].join(' '));`,
      { flags: ['--allow-natives-syntax'] },
    );
    assert.equal(stderr, '');
    assert.equal(stdout, 'key5 long5000\n');
  });

  it('serves as a key and as a value while it is written to', () => {
    const size = 1000; // not copied
    db.set('key', Buffer.alloc(size, 'k'));
    const { buffer, byteOffset } = db.getBuffer('key');
    const all = new Uint8Array(buffer);
    for (let at = byteOffset; at + size <= all.length; at += 777) {
      const view = all.subarray(at, at + size);
      db.set(view, 'found');
      const bytes = Buffer.from(view);
      assert.equal(db.getBuffer(view).toString(), 'found');
      assert.equal(db.execBuffer('GET', bytes).toString(), 'found');
      db.set('copy', view);
    }
    assert.equal(db.exec('STRLEN', 'copy'), size);
  });
});

describe('Buffers that share memory', () => {
  const lists = {
    'of a short reply': [3, 10],
    'of a reply of 48,000 bytes': [3, 16_000],
    'of a reply in several parts': [300, 1000],
  };
  for (const [name, [count, size]] of Object.entries(lists)) {
    it(`${name} are not taken away with one of them`, () => {
      const values = Array.from({ length: count }, (_, i) => `${i}:`.padEnd(size, '.'));
      db.rpush('list', ...values);
      const all = db.execBuffer('LRANGE', 'list', 0, -1);
      for (const way of ['structuredClone with transfer', 'a MessageChannel']) {
        for (const each of all) {
          try {
            takings[way](each); // copied, or refused
          } catch (error) {
            assert.equal(error.name, 'DataCloneError');
          }
        }
      }
      assert.deepEqual(all.map(String), values);
    });
  }
});

describe('small Buffers that are kept', () => {
  it('hold no memory that big ones between them did not fit', () => {
    const { stdout, stderr } = runProgram(
      `
      const db = kevy.start();
      db.mset('small', 'value', 'big', 'v'.repeat(40_000), 'huge', 'v'.repeat(100_000));
      const kept = [];
      for (const key of ['big', 'huge']) {
        for (let i = 0; i < 500; i++) kept.push((db.getBuffer(key), db.getBuffer('small')));
      }
      gc();
      const pieces = new Set(kept.map(({ buffer }) => buffer)).size;
      console.log(pieces < 5 ? kept.every((each) => each.equals(kept[0])) : pieces);`,
      { flags: ['--expose-gc'] },
    );
    assert.equal(stderr, '');
    assert.equal(stdout, 'true\n');
  });
});

/** An array whose element at `index` is read by a function. */
function withGetter(values, index, read) {
  const array = [...values];
  Object.defineProperty(array, index, { get: read, enumerable: true, configurable: true });
  return array;
}

describe('an argument that takes another one away while it is read', () => {
  const big = () => Buffer.from(new ArrayBuffer(100_000)).fill('b');
  const detach = (buffer) => structuredClone(buffer.buffer, { transfer: [buffer.buffer] });

  /** Uses that read an array: [what is given, as an array, what it becomes]. */
  const uses = {
    setMany: (array) => result(db._setMany(array)),
    getMany: (array) => result(db._getMany(array, false)),
    exec: (array) => result(db._execList(array, false)),
    'exec of a session': (array) => result(db.session()._execList(array, false)),
    subscribe: (array) => new kevy.Subscription(db, 0, array),
  };

  for (const [name, use] of Object.entries(uses)) {
    it(`in a getter of ${name}`, () => {
      const verb = name.startsWith('exec') ? ['DEL'] : [];
      for (let i = 0; i < 20; i++) {
        const first = big();
        const second = () => {
          detach(first);
          Buffer.alloc(100_000, 'x'); // may get the memory that was freed
          return 'second';
        };
        use(withGetter([...verb, first, 'key'], verb.length + 1, second));
      }
      const keys = db.keys('*');
      assert.deepEqual(keys, name === 'setMany' ? [''] : []);
    });

    it(`in a Proxy for the array of ${name}`, () => {
      const first = big();
      const proxy = new Proxy([first, 'key'], {
        get(target, property) {
          if (property === '1') detach(first);
          return Reflect.get(target, property);
        },
      });
      assert.throws(() => use(proxy), TypeError);
    });
  }

  it('by a call of kevy in a getter', () => {
    const nested = withGetter(['a', 'x', 'b'], 3, () => {
      db.setMany({ inner: 'value', other: 'z'.repeat(70_000) });
      return 'y';
    });
    result(db._setMany(nested));
    assert.deepEqual(db.getMany(['a', 'b', 'inner']), ['x', 'y', 'value']);
  });

  it('by stopping the instance in a getter', () => {
    for (const [name, use] of Object.entries(uses)) {
      if (name.endsWith('session')) continue; // it holds a session that is open
      const owner = db;
      assert.throws(() => use(withGetter(['DEL', 'b'], 1, () => (owner.stop(), 'b'))), {
        kind: 'closed',
      });
      db = kevy.start();
    }
  });
});

describe('memory that changes its size', () => {
  it('is read at the size it has', { skip: !ArrayBuffer.prototype.resize }, () => {
    const resizable = new ArrayBuffer(1000, { maxByteLength: 100_000 });
    const tracking = new Uint8Array(resizable);
    const fixed = new Uint8Array(resizable, 500, 500);
    for (const size of [1000, 100_000, 300, 0, 1000]) {
      resizable.resize(size);
      new Uint8Array(resizable).fill(97);
      db.set('key', tracking);
      assert.equal(db.exec('STRLEN', 'key'), size);
      db.set('key', fixed);
      assert.equal(db.exec('STRLEN', 'key'), size < 1000 ? 0 : 500);
      db.set('key', resizable);
      assert.equal(db.get('key'), 'a'.repeat(size));
    }
  });

  it('is read at the size it has, shared', { skip: !SharedArrayBuffer.prototype.grow }, () => {
    const growable = new SharedArrayBuffer(10, { maxByteLength: 100_000 });
    for (const size of [10, 300, 100_000]) {
      growable.grow(size);
      for (const view of [new Uint8Array(growable), new DataView(growable)]) {
        db.set('key', view);
        assert.equal(db.exec('STRLEN', 'key'), size);
      }
    }
  });

  it('is empty once it was transferred', () => {
    const bytes = new Uint8Array(5000).fill(97);
    const view = new DataView(bytes.buffer);
    const { buffer } = bytes;
    structuredClone(buffer, { transfer: [buffer] });
    for (const gone of [bytes, buffer]) {
      db.set('key', gone);
      assert.equal(db.get('key'), '');
    }
    try {
      db.set('key', view);
    } catch (error) {
      assert.ok(error instanceof TypeError); // as all of a DataView's own methods
    }
    assert.equal(db.get('key'), '');
  });
});

describe('the classes of the addon', () => {
  const natives = () =>
    [kevy.Instance, kevy.Session, kevy.Subscription].map((kind) => Object.getPrototypeOf(kind));

  it('take no object of another class, by no method and no accessor', () => {
    let tried = 0;
    const objects = [db, db.session(), db.subscribe('news')];
    for (const { prototype } of natives()) {
      for (const name of Object.getOwnPropertyNames(prototype)) {
        const { get, set, value } = Object.getOwnPropertyDescriptor(prototype, name);
        assert.equal(get ?? set, undefined, `${name} is an accessor, which V8 does not check`);
        if (name === 'constructor') continue;
        for (const self of [...objects, new Proxy(db, {}), Object.create(db), {}, undefined]) {
          if (self instanceof prototype.constructor && objects.includes(self)) continue;
          assert.throws(() => value.call(self), TypeError, name);
          tried++;
        }
      }
    }
    assert.ok(tried > 100, `${tried} calls`);
  });

  it('are safe when they are made without what lib gives them', () => {
    const made = natives().map((kind) => new kind());
    for (const object of made) {
      for (let proto = object; proto !== Object.prototype; proto = Object.getPrototypeOf(proto)) {
        for (const name of Object.getOwnPropertyNames(proto)) {
          if (name === 'constructor' || typeof object[name] !== 'function') continue;
          for (const words of [[], ['a'], ['a', 'b', 'c'], [db], [[]], [{}, {}, {}]]) {
            try {
              result(object[name](...words));
            } catch (error) {
              assert.ok(error instanceof Error);
            }
          }
        }
      }
    }
    assert.equal(db.exec('PING'), 'PONG');
  });

  it('take no other class as what is to be made', () => {
    const [instance, session, subscription] = natives();
    for (const [kind, other] of [
      [instance, session],
      [session, subscription],
      [subscription, instance],
    ]) {
      const mixed = Reflect.construct(kind, [], other);
      for (const name of Object.getOwnPropertyNames(other.prototype)) {
        if (name !== 'constructor') assert.throws(() => mixed[name](), TypeError);
      }
    }
    assert.throws(() => new kevy.Session(new Proxy(db, {})), TypeError);
    assert.throws(() => new kevy.Subscription(new Proxy(db, {}), 0, ['a']), TypeError);
  });
});

describe('getters on the prototypes of all objects', () => {
  it('change no reply', () => {
    const { stdout, stderr } = runProgram(`
      const db = kevy.start();
      const session = db.session();
      db.rpush('list', 'a', 'b');
      db.hset('hash', { key: 'value' });
      for (const proto of [Array.prototype, Object.prototype]) {
        for (const name of ['0', '1', 'key', 'last']) {
          Object.defineProperty(proto, name, {
            get: () => db.exec('PING'),
            set: () => { db.stop(); session.close(); },
            configurable: true,
          });
        }
      }
      let shown;
      try {
        const subscription = db.subscribe('news');
        db.publish('news', 'x');
        subscription.next().catch(() => {});
        session.exec('LRANGE', 'list', 0, -1);
        shown = db.exec('MGET', 'é', 'b').length;
      } catch (error) {
        shown = error.kind;
      }
      for (const proto of [Array.prototype, Object.prototype]) {
        for (const name of ['0', '1', 'key', 'last']) delete proto[name];
      }
      console.log(shown === 2 || shown === 'closed');`);
    assert.equal(stderr, '');
    assert.equal(stdout, 'true\n');
  });
});
