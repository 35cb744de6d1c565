// Builds kevy.node with CMake into prebuilds/<platform>-<architecture>/, where lib/native.js and
// the packed package look for it, and brings the licenses along. Quick when nothing changed.
// Arguments are CMake's: tools/node.sh names a build directory that has the engine.
'use strict';

const { spawnSync } = require('node:child_process');
const { copyFileSync, existsSync } = require('node:fs');
const { availableParallelism } = require('node:os');
const path = require('node:path');

const root = path.resolve(__dirname, '..');
const checkout = path.resolve(root, '../..');
const build = path.join(root, 'build');
const output = path.join(root, 'prebuilds', `${process.platform}-${process.arch}`);

function run(command, args) {
  const { error, status } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (error) console.error(`kevy: ${command}: ${error.message}`);
  if (status !== 0) process.exit(1);
}

function configure() {
  const generator = spawnSync('ninja', ['--version']).status === 0 ? ['-G', 'Ninja'] : [];
  run('cmake', [
    ...['-S', root, '-B', build, '-DCMAKE_BUILD_TYPE=Release', '--log-level=WARNING'],
    ...(existsSync(path.join(build, 'CMakeCache.txt')) ? [] : generator),
    `-DKEVY_NODE_OUTPUT=${output}`,
    `-DNODE_API_HEADERS=${require('node-api-headers').include_dir}`,
    `-DNODE_ADDON_API=${path.dirname(require.resolve('node-addon-api'))}`,
    '-DKEVY_PREBUILT=',
    ...process.argv.slice(2),
  ]);
}

configure();
run('cmake', ['--build', build, '--parallel', String(availableParallelism())]);
for (const text of ['LICENSE', 'NOTICE']) {
  copyFileSync(path.join(checkout, text), path.join(root, text));
}
