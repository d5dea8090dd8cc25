/** One writer at a time on this machine, and those who wait for their turn. */
export { WriterLock } from './writer-lock.js';
