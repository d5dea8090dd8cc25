import { type Adapter, commandIn } from './adapter.js';

/** vitepress.dev/reference/cli */
export const vitepress: Adapter = {
  programs: ['vitepress'],
  options: ['--port'],
  // `vitepress FOLDER` serves that folder.
  flags: (args, port) =>
    ['build', 'init'].includes(commandIn(args) ?? '') ? undefined : ['--port', String(port)],
};
