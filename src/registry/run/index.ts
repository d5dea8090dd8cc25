/** Running a command on the ports that are its own. */

export type { OnConflict, PortsForARun } from './own-ports.js';
export { projectScript, scriptsHere } from './project-script.js';
export { type Run, runCommand } from './run-command.js';
