import kevy from './index.js';

export const {
  start,
  version,
  ClosedError,
  Instance,
  KevyError,
  Pipeline,
  ReplyError,
  Session,
  Subscription,
} = kevy;
export default kevy;
