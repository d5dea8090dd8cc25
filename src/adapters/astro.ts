import { type Adapter, commandIn } from './adapter.js';

/** docs.astro.build/en/reference/cli-reference */
export const astro: Adapter = {
  programs: ['astro'],
  options: ['--port'],
  flags: (args, port) =>
    ['dev', 'preview'].includes(commandIn(args) ?? '') ? ['--port', String(port)] : undefined,
};
