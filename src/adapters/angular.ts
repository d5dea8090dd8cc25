import { type Adapter, commandIn } from './adapter.js';

/** angular.dev/cli/serve */
export const angular: Adapter = {
  programs: ['ng'],
  options: ['--port'],
  flags: (args, port) =>
    ['serve', 's', 'dev'].includes(commandIn(args) ?? '') ? ['--port', String(port)] : undefined,
};
