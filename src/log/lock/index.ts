/** One writer at a time per machine, with a queue. */
export { WriterLock } from './writer-lock.js';
