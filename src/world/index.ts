/** The log's only access to files, clock, randomness, processes and remotes. A simulation replaces it. */
export type { FoundProcess, ProcessTable } from './process-table.js';
export type { RemoteMove, Transport } from './transport.js';
export { pause, synced } from './waiting.js';
export { type Files, handIn, type TransportPlace, type World, world } from './world.js';
