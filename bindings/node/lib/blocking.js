// Which commands may wait for something, as the command table says.
'use strict';

const native = require('./native');
const { result } = require('./tape');

const FLAGS = 2; // of a row of COMMAND

let verbs;

function blockingVerbs() {
  const instance = new native.Instance();
  result(instance._start(1, 0, 2, 0, false, []));
  const rows = result(instance._exec('COMMAND'));
  instance._stop();
  const blocking = rows.filter((row) => row[FLAGS].includes('blocking')).map(([name]) => name);
  return new Set([...blocking, 'debug']); // DEBUG SLEEP
}

function mayWait(verb) {
  verbs ??= blockingVerbs();
  return verbs.has(String(verb).toLowerCase());
}

module.exports = { mayWait };
