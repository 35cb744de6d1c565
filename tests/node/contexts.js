'use strict';

const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const vm = require('node:vm');

const root = path.dirname(require.resolve('kevy'));

/** Loads lib/index.js into a context, with every file of lib/ anew, and the one addon. */
function load(context) {
  const modules = new Map();
  const requireFrom = (file) => {
    const real = createRequire(file);
    return (name) => {
      if (!name.startsWith('.')) return real(name);
      const found = real.resolve(name);
      if (modules.has(found)) return modules.get(found).exports;
      const module = { exports: {} };
      modules.set(found, module);
      const source = `(function (require, module, exports, __dirname, process) {${readFileSync(found, 'utf8')}\n})`;
      const run = vm.runInContext(source, context, { filename: found });
      run(requireFrom(found), module, module.exports, path.dirname(found), process);
      return module.exports;
    };
  };
  return requireFrom(path.join(root, 'index.js'))('./index.js');
}

module.exports = { load };
