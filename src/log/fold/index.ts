/** From event files to state: the grammar of paths, streams folded by hundreds of ports, and what is kept of that. */
export { Cache } from './cache.js';
