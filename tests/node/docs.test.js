// Runs the examples of docs/node.md: the code blocks of the page are one program each, and a
// comment `//> text` says how the value of its line's expression is shown.
'use strict';

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { readFileSync } = require('node:fs');
const path = require('node:path');
const { inspect } = require('node:util');
const kevy = require('kevy');

const page = readFileSync(path.resolve(__dirname, '../../docs/node.md'), 'utf8');
const blocks = [...page.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code], i) => ({
  title: `block ${i + 1}: ${code.split('\n')[0]}`,
  code,
}));

const AsyncFunction = (async () => {}).constructor;
const SHOWN = /^(\s*)(.*?);? {2}\/\/> (.*)$/gm;

/** The code with each `expression; //> text` made a check. */
function checked(code) {
  let checks = 0;
  const program = code.replace(SHOWN, (_line, indent, expression, text) => {
    checks++;
    return `${indent}$check(${expression}, ${JSON.stringify(text)});`;
  });
  return { checks, program };
}

describe('docs/node.md', () => {
  let total = 0;
  for (const { title, code } of blocks) {
    it(title, async () => {
      const { checks, program } = checked(code);
      const shown = [];
      const check = (value, text) => {
        shown.push(text);
        assert.equal(inspect(value, { breakLength: Infinity }), text);
      };
      const body = /^const db = /m.test(code)
        ? program
        : `const kevy = require('kevy');
           const db = kevy.start();
           try {
             ${program}
           } finally {
             db.stop();
           }`;
      await new AsyncFunction('require', '$check', body)(require, check);
      assert.equal(shown.length, checks);
      total += checks;
    });
  }

  it('was run, all of it', () => {
    assert.ok(blocks.length >= 8 && total >= 20, `${blocks.length} blocks, ${total} checks`);
    assert.ok(kevy.version);
  });
});
