// What the types promise, for ES modules. tsc checks this file; nothing runs it.
import kevy, { start, KevyError, type ErrorKind, type Instance } from 'kevy';

const named: Instance = start();
const fromDefault: Instance<Buffer> = kevy.start({ buffers: true });
named.stop();
fromDefault.stop();

try {
  named.get('key');
} catch (error) {
  if (error instanceof KevyError) {
    const kind: ErrorKind = error.kind;
    const code: string = error.code;
    void [kind, code];
  }
}
