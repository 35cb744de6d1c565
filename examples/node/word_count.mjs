// Counts the words of the files given, in a kevy instance inside this process, and shows the ten
// most frequent ones.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { start } from '../../bindings/node/lib/index.mjs'; // installed: from 'kevy'

const TOP = 10;
const BATCH = 1000;

/** Counts the words of a text, many commands a call; returns how many there were. */
function countWords(db, text) {
  const words = text.toLowerCase().match(/[a-z]+/g) ?? [];
  for (let first = 0; first < words.length; first += BATCH) {
    const pipeline = db.pipeline();
    for (const word of words.slice(first, first + BATCH)) pipeline.incr(word);
    pipeline.exec();
  }
  return words.length;
}

function* keysOf(db) {
  let cursor = '0';
  do {
    const [next, keys] = db.scan(cursor, 'COUNT', 1000);
    yield* keys;
    cursor = next;
  } while (cursor !== '0');
}

function mostFrequent(db) {
  const words = [...new Set(keysOf(db))];
  const counts = db.getMany(words);
  return words
    .map((word, i) => ({ word, count: Number(counts[i]) }))
    .sort((a, b) => b.count - a.count || (a.word < b.word ? -1 : 1));
}

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error('usage: node word_count.mjs FILE...');
  process.exit(2);
}
const db = start();
const begin = performance.now();
let total = 0;
for (const file of files) total += countWords(db, readFileSync(file, 'utf8'));
const elapsedMs = performance.now() - begin;

const words = mostFrequent(db);
for (const { word, count } of words.slice(0, TOP)) {
  console.log(`${String(count).padStart(8)}  ${word}`);
}
const eachNs = ((elapsedMs * 1e6) / Math.max(total, 1)).toFixed(0);
console.log(`${total} words, ${words.length} different, ${eachNs} ns each, reading included`);
db.stop();
