/** Running a command on the ports that are its own. */

export type { PortsForARun } from './own-ports.js';
export { type Run, runCommand } from './run-command.js';
