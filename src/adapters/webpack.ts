import { type Adapter, commandIn } from './adapter.js';

/** webpack.js.org/configuration/dev-server */
export const webpack: Adapter = {
  programs: ['webpack', 'webpack-cli'],
  options: ['--port'],
  flags: (args, port) =>
    ['serve', 'server', 's'].includes(commandIn(args) ?? '') ? ['--port', String(port)] : undefined,
};
