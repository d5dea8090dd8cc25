import { VportsCommand } from '../src/cli/command.js';
import { confirm } from '../src/cli/confirm.js';
import { Args, Flags } from '../src/cli/oclif.js';
import { describeListener } from '../src/host/describe-listener.js';

export default class Kill extends VportsCommand {
  static override summary = 'Terminate the orphan process on a port';
  static override description =
    'An orphan listens on a port that is neither allocated nor leased to it. Sends SIGTERM, and SIGKILL after five seconds. Never kills a client, a container, a supervised service, or a process of another user.';
  static override examples = ['<%= config.bin %> kill 30000', '<%= config.bin %> kill 30000 -y'];
  static override args = { port: Args.string({ required: true, description: 'the port' }) };
  static override flags = { yes: Flags.boolean({ char: 'y', description: 'do not ask for confirmation' }) };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Kill);
    await this.onRegistry(flags, async (registry) => {
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
    });
  }
}
