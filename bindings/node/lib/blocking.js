// Which commands may wait for something, as the command table says.
'use strict';

const native = require('./native');

const FLAGS = 2; // of a row of COMMAND

let verbs;

function blockingVerbs() {
  const instance = new native.Instance(1, 0, 2, 0, []);
  const rows = instance.exec('COMMAND');
  instance._stop();
  const blocking = rows.filter((row) => row[FLAGS].includes('blocking')).map(([name]) => name);
  return new Set([...blocking, 'debug']); // DEBUG SLEEP
}

function mayWait(verb) {
  verbs ??= blockingVerbs();
  return verbs.has(String(verb).toLowerCase());
}

module.exports = { mayWait };
