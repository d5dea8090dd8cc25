/** The one way from the log to what is outside of it: files, clock, chance, processes, remotes. A simulation hands in others. */
export type { FoundProcess, ProcessTable } from './process-table.js';
export type { RemoteMove, Transport } from './transport.js';
export { pause, synced } from './waiting.js';
export { type Files, handIn, type TransportPlace, type World, world } from './world.js';
