import { type Adapter, commandIn } from './adapter.js';

/** reactrouter.com/api/other-api/dev */
export const reactRouter: Adapter = {
  programs: ['react-router'],
  options: ['--port'],
  flags: (args, port) => (commandIn(args) === 'dev' ? ['--port', String(port)] : undefined),
};
