import { type Adapter, commandIn } from './adapter.js';

/** gohugo.io/commands/hugo_server */
export const hugo: Adapter = {
  programs: ['hugo'],
  options: ['--port', '-p'],
  flags: (args, port) =>
    ['server', 'serve'].includes(commandIn(args) ?? '') ? ['--port', String(port)] : undefined,
};
