/** Folds event files into state, by blocks of a hundred ports, with a cache. */
export { Cache } from './cache.js';
