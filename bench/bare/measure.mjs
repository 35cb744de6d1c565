// One round of the Node side of bindings.py: a JSON object of nanoseconds an operation.
import { createRequire } from 'node:module';
import { start } from '../../bindings/node/lib/index.mjs';

const bare = createRequire(import.meta.url)(process.argv[2]);
const ROUNDS = 300;
const keys = Array.from({ length: 1000 }, (_, i) => `key:${String(i).padStart(8, '0')}`);
const value = 'v'.repeat(64);

function cost(call) {
  for (const key of keys) call(key); // compiled before it is measured
  const begin = process.hrtime.bigint();
  for (let round = 0; round < ROUNDS; ++round) {
    for (const key of keys) call(key);
  }
  return Number(process.hrtime.bigint() - begin) / (ROUNDS * keys.length);
}

const db = start();
const result = {
  'bare get': cost((key) => bare.take(key)),
  'bare set': cost((key) => bare.take(key, value)),
  set: cost((key) => db.set(key, value)),
  get: cost((key) => db.get(key)),
  exec: cost((key) => db.exec('GET', key)),
};
db.stop();
console.log(JSON.stringify(result));
