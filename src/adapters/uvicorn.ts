import type { Adapter } from './adapter.js';

/** uvicorn.dev/settings */
export const uvicorn: Adapter = {
  programs: ['uvicorn'],
  options: ['--port', '--fd', '--uds'],
  flags: (_, port) => ['--port', String(port)],
};
