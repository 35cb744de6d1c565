// Backups and loading: work of Node's pool of threads, as promises.
'use strict';

const { fileURLToPath } = require('node:url');
const { failure } = require('./errors');
const { checkNames, checkProgress } = require('./options');
const { result } = require('./tape');

/** A path as the system takes it. */
function pathOf(path) {
  const text = path instanceof URL ? fileURLToPath(path) : path;
  if (typeof text !== 'string' || text === '' || text.includes('\0')) {
    throw new TypeError('a path is a string, or a URL of a file');
  }
  return text;
}

function checked({ onProgress, signal }) {
  checkProgress(onProgress);
  if (signal !== undefined && typeof signal?.addEventListener !== 'function') {
    throw new TypeError('option signal is an AbortSignal');
  }
  signal?.throwIfAborted();
  return { onProgress, signal };
}

/**
 * Has `begin`, _backup or _load of the instance, do it. What onProgress throws ends it, as does the
 * signal; the promise is rejected with that.
 */
async function runFileJob(instance, begin, path, options = {}, name) {
  checkNames(options, ['onProgress', 'signal'], name);
  const { onProgress, signal } = checked(options);
  const place = pathOf(path);
  let job;
  let why; // what has ended it, as { reason }
  const end = (reason) => {
    why ??= { reason };
    if (job !== undefined) result(instance._cancel(job));
  };
  const tell = (done, total) => {
    if (why !== undefined) return;
    try {
      onProgress({ done, total });
    } catch (error) {
      end(error);
    }
  };
  const abort = () => end(signal.reason);
  signal?.addEventListener('abort', abort);
  try {
    const [status, message] = await new Promise((resolve) => {
      const onEnd = (...outcome) => resolve(outcome);
      job = result(begin.call(instance, place, onEnd, onProgress && tell));
    });
    if (status === 0) return;
    throw why === undefined ? failure(status, message) : why.reason;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

module.exports = { runFileJob };
