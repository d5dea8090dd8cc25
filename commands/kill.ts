import { confirm } from '../src/cli/confirm.js';
import { Args, Flags } from '../src/cli/oclif.js';
import { registryCommand } from '../src/cli/registry-command.js';
import { describeListener } from '../src/host/describe-listener.js';

export default registryCommand({
  summary: 'Terminate the orphan process on a port',
  description:
    'An orphan listens on a port that is neither allocated nor leased to it. Sends SIGTERM, and SIGKILL after five seconds. Never kills a client, a container, a supervised service, or a process of another user.',
  examples: ['vports kill 30000', 'vports kill 30000 -y'],
  args: { port: Args.string({ required: true, description: 'the port' }) },
  flags: { yes: Flags.boolean({ char: 'y', description: 'do not ask for confirmation' }) },
  async answer(registry, { args, flags }) {
    const json = await registry.kill(args.port, async (orphans) => {
      const who = orphans.map(describeListener).join('; ');
      return flags.yes || confirm(`Kill ${who}? No allocation or lease covers ${args.port}.`);
    });
    const text = [
      ...json.ended.map((it) => `killed ${describeListener(it)}`),
      ...json.letGo.map((it) => `freed the port but still runs: ${describeListener(it)}`),
    ].join('\n');
    const notes = text === '' ? ['nothing was killed'] : [];
    return { text, json, notes, exit: text === '' ? 1 : 0 };
  },
});
