import { VportsCommand } from '../src/cli/command.js';
import { Args, Flags } from '../src/cli/oclif.js';
import { readFlags } from '../src/cli/read-flags.js';
import { EXIT_CODES } from '../src/errors.js';
import { renderWho } from '../src/render/who.js';

export default class Who extends VportsCommand {
  static override summary = 'Show who holds a port, since when, who allocated it and why';
  static override examples = ['<%= config.bin %> who 25000', '<%= config.bin %> who 51820/udp'];
  static override args = { port: Args.string({ required: true, description: 'the port' }) };
  static override flags = {
    ...readFlags,
    verbose: Flags.boolean({
      char: 'v',
      description: 'also show hazards that apply on every machine (IANA, NodePort)',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Who);
    await this.onRegistry(flags, async (registry) => {
      const json = await registry.who(args.port, flags);
      const isDamaged = json.warnings.some(({ code }) => code === 'STREAM_DAMAGED');
      const exit = isDamaged ? EXIT_CODES.STREAM_DAMAGED : 0;
      return { text: renderWho(json), json, warnings: json.warnings, exit };
    });
  }
}
