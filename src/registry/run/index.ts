export { projectScript, scriptsHere } from './project-script.js';
export { type Run, runCommand } from './run-command.js';
export type { OnConflict, PortsForARun } from './run-leases.js';
