export * from './index.js';
import * as kevy from './index.js';
export default kevy;
