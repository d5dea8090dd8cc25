import { type Adapter, commandIn } from './adapter.js';

/** storybook.js.org/docs/api/cli-options */
export const storybook: Adapter = {
  programs: ['storybook'],
  options: ['--port', '-p'],
  flags: (args, port) => (commandIn(args) === 'dev' ? ['--port', String(port)] : undefined),
};
