// The package as it is built, packed and installed.
'use strict';

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { spawnSync, execFileSync } = require('node:child_process');
const { mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const kevy = require('kevy');

const root = path.resolve(__dirname, '../..');
const source = path.join(root, 'bindings/node');
const addon = path.join(source, 'prebuilds', `${process.platform}-${process.arch}`, 'kevy.node');

describe('the package', () => {
  it('has the version of kevy', () => {
    const version = readFileSync(path.join(root, 'VERSION'), 'utf8').trim();
    assert.equal(require('kevy/package.json').version, version);
    assert.equal(kevy.version, version);
    const lock = JSON.parse(readFileSync(path.join(source, 'package-lock.json'), 'utf8'));
    assert.equal(lock.version, version);
  });

  it('runs nothing when it is installed, and needs no other package', () => {
    const { scripts, dependencies } = require('kevy/package.json');
    for (const name of ['preinstall', 'install', 'postinstall', 'prepare']) {
      assert.equal(scripts[name], undefined);
    }
    assert.equal(dependencies, undefined);
  });

  it('has lock files that name no place to download from', () => {
    for (const folder of [source, __dirname]) {
      const lock = JSON.parse(readFileSync(path.join(folder, 'package-lock.json'), 'utf8'));
      const places = Object.values(lock.packages).map(({ resolved }) => resolved);
      assert.ok(places.length > 2);
      assert.deepEqual(
        places.filter((place) => place !== undefined && place.includes('://')),
        [],
      );
    }
  });

  it('exports from the addon what Node asks for, and nothing else', () => {
    const symbols = execFileSync('nm', ['-D', '--defined-only', addon], { encoding: 'utf8' });
    const names = symbols.trim().split('\n').map((line) => line.split(' ').at(-1));
    assert.deepEqual(names.sort(), [
      'napi_register_module_v1',
      'node_api_module_get_api_version_v1',
    ]);
  });

  it('has no symbols that only a debugger reads', () => {
    const sections = execFileSync('readelf', ['-SW', addon], { encoding: 'utf8' });
    assert.ok(sections.includes('.dynsym'));
    assert.ok(!/\.symtab|\.debug/.test(sections));
  });

  it('needs nothing of glibc that 2.28 does not have', () => {
    const symbols = execFileSync('objdump', ['-T', addon], { encoding: 'utf8' });
    const versions = [...symbols.matchAll(/\(?GLIBC_2\.(\d+)[.\d]*\)?\s+(\S+)$/gm)];
    assert.ok(versions.length > 50, `${versions.length} symbols`);
    const newer = versions.filter(([, minor]) => Number(minor) > 28);
    assert.deepEqual(newer.map(([, , name]) => name), []);
    const needed = execFileSync('objdump', ['-p', addon], { encoding: 'utf8' });
    const libraries = [...needed.matchAll(/NEEDED\s+(\S+)/g)].map(([, name]) => name);
    const system = /^(?:libc|libm|libpthread|libdl|librt|ld-linux-\S+)\.so/;
    assert.deepEqual(libraries.filter((name) => !system.test(name)), []);
  });

  it('says where it runs, and brings a README and types that need no other package', () => {
    const described = require('kevy/package.json');
    assert.deepEqual(described.os, ['linux']);
    assert.deepEqual(described.cpu, [process.arch]);
    assert.deepEqual(described.libc, ['glibc']);
    assert.ok(readFileSync(path.join(source, 'README.md'), 'utf8').startsWith('# kevy'));
  });

  it('has the same names for require, for import and for TypeScript', async () => {
    const imported = await import('kevy');
    assert.equal(imported.default, kevy);
    const names = Object.keys(kevy).sort();
    assert.deepEqual(Object.keys(imported).filter((name) => name !== 'default').sort(), names);
    const types = readFileSync(path.join(source, 'lib/index.d.ts'), 'utf8');
    const declared = types.matchAll(/^export (?:function|const|class) (\w+)/gm);
    assert.deepEqual([...new Set([...declared].map(([, name]) => name))].sort(), names);
  });

  it('loads where it was installed from what npm packs', () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'kevy-pack-'));
    const npm = (args, cwd) => {
      const { status, stdout, stderr } = spawnSync('npm', args, { cwd, encoding: 'utf8' });
      assert.equal(status, 0, stderr);
      return stdout;
    };
    try {
      const packing = ['pack', '--json', '--ignore-scripts', '--pack-destination', directory];
      const packed = Object.values(JSON.parse(npm(packing, source)))[0];
      writeFileSync(path.join(directory, 'package.json'), '{ "private": true }');
      const files = packed.files.map((file) => file.path);
      for (const file of ['LICENSE', 'NOTICE', 'README.md', 'lib/disposable.d.ts']) {
        assert.ok(files.includes(file), file);
      }
      npm(['install', '--offline', '--no-audit', '--no-fund', packed.filename], directory);
      const commonjs = `
        const kevy = require('kevy');
        const db = kevy.start();
        db.set('key', 'value');
        console.log(db.get('key'), require.resolve('kevy').startsWith(process.cwd()));`;
      const module = `
        import { start } from 'kevy';
        console.log(start().exec('PING'));`;
      const run = (args) => execFileSync(process.execPath, args, { cwd: directory, encoding: 'utf8' });
      assert.equal(run(['-e', commonjs]), 'value true\n');
      const typed = `
        import { start, type Instance } from 'kevy';
        const db: Instance = start();
        const bytes: Uint8Array | null = db.getBuffer('key');
        using other = start({ buffers: true });
        export const all = [db.hgetall('key'), bytes, other.get('key')];`;
      writeFileSync(path.join(directory, 'typed.mts'), typed);
      const tsc = path.join(path.dirname(require.resolve('typescript/package.json')), 'bin/tsc');
      for (const lib of ['es2022', 'es2022,esnext.disposable']) {
        const flags = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2022'];
        run([tsc, ...flags, '--lib', lib, 'typed.mts']);
      }
      assert.equal(run(['--input-type=module', '-e', module]), 'PONG\n');
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('says what to do where there is no addon', () => {
    const program = `
      Object.defineProperty(process, 'platform', { value: 'plan9' });
      try { require('kevy'); } catch (error) { console.log(error.message); }`;
    const out = execFileSync(process.execPath, ['-e', program], { cwd: __dirname, encoding: 'utf8' });
    assert.match(out, /^kevy has no addon for plan9-\w+: in a checkout, run `npm ci/);
  });
});

describe('the example', () => {
  it('counts words', () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'kevy-words-'));
    try {
      const file = path.join(directory, 'text');
      writeFileSync(file, 'The cat and the dog; the CAT.\n');
      const example = path.join(root, 'examples/node/word_count.mjs');
      const out = execFileSync(process.execPath, [example, file, file], { encoding: 'utf8' });
      const lines = out.split('\n');
      assert.deepEqual(lines.slice(0, 4), ['       6  the', '       4  cat', '       2  and', '       2  dog']);
      assert.match(lines[4], /^14 words, 4 different, /);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
