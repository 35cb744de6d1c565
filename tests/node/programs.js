'use strict';

const { spawnSync } = require('node:child_process');

/** Runs a program in a process of its own; returns how it ended and what it printed. */
function runProgram(source, { flags = [], timeoutMs = 60_000 } = {}) {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [...flags, '-e', `const kevy = require('kevy');\n${source}`],
    { cwd: __dirname, encoding: 'utf8', timeout: timeoutMs },
  );
  return { status, signal, stdout, stderr };
}

module.exports = { runProgram };
