import type { Adapter } from './adapter.js';

/** flask.palletsprojects.com/en/stable/cli: `flask --app hello run`. */
export const flask: Adapter = {
  programs: ['flask'],
  options: ['--port', '-p'],
  flags: (args, port) => (args.includes('run') ? ['--port', String(port)] : undefined),
};
