import { type Adapter, commandIn } from './adapter.js';

/** developers.cloudflare.com/workers/wrangler/commands */
export const wrangler: Adapter = {
  programs: ['wrangler'],
  options: ['--port'],
  flags: (args, port) =>
    ['dev', 'pages'].includes(commandIn(args) ?? '') ? ['--port', String(port)] : undefined,
};
