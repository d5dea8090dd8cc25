import { type Adapter, commandIn } from './adapter.js';

/** vite.dev/guide/cli. Without --strictPort it takes the next port if this one is bound. */
export const vite: Adapter = {
  programs: ['vite'],
  options: ['--port'],
  lastHolds: true,
  // `vite FOLDER` serves that folder.
  flags: (args, port) =>
    ['build', 'optimize'].includes(commandIn(args) ?? '')
      ? undefined
      : ['--port', String(port), '--strictPort'],
};
