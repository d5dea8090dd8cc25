import type { Adapter } from './adapter.js';

/** 11ty.dev/docs/usage */
export const eleventy: Adapter = {
  programs: ['eleventy'],
  options: ['--port'],
  flags: (args, port) => (args.includes('--serve') ? [`--port=${port}`] : undefined),
};
