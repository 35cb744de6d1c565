'use strict';

const native = require('./native');
const { ClosedError, KevyError, ReplyError } = require('./errors');
const { Instance } = require('./instance');
const { Pipeline } = require('./pipeline');
const { Session } = require('./session');
const { Subscription } = require('./subscription');

/** Starts an instance with its own, empty data. */
function start(options) {
  return new Instance(options);
}

module.exports = {
  start,
  version: native.version,
  ClosedError,
  Instance,
  KevyError,
  Pipeline,
  ReplyError,
  Session,
  Subscription,
};
