// What the client libraries take to connect to an instance in this process.
'use strict';

const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { Connection } = require('./connection');

/** A Connector of ioredis and iovalkey: what gives them the streams that they speak over. */
function connectorOf(instance) {
  return class KevyConnector {
    connecting = false;
    #stream;

    check() {
      return true;
    }

    async connect() {
      this.#stream = new Connection(instance);
      return this.#stream;
    }

    disconnect() {
      this.#stream?.end();
    }
  };
}

/** A Unix socket in a directory that this user alone may enter; gone when the instance stops. */
class PrivateSocket {
  #directory = mkdtempSync(path.join(tmpdir(), 'kevy-'));
  path = path.join(this.#directory, 'socket');

  constructor(instance) {
    try {
      instance.listen(`unix:${this.path}`);
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  remove() {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

module.exports = { PrivateSocket, connectorOf };
