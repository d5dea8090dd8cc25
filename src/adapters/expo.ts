import { type Adapter, commandIn } from './adapter.js';

/** docs.expo.dev/more/expo-cli */
export const expo: Adapter = {
  programs: ['expo'],
  options: ['--port', '-p'],
  flags: (args, port) => (commandIn(args) === 'start' ? ['--port', String(port)] : undefined),
};
