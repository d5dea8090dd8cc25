import { VportsCommand } from '../../src/cli/command.js';
import { Args } from '../../src/cli/oclif.js';
import { renderCheck } from '../../src/render/ports.js';

export default class PortRegistryCheck extends VportsCommand {
  static override summary = 'Print `available`, or who holds a port';
  static override description =
    'Exits 0 either way. Reads only the logs; the calling script checks whether the port is in use here.';
  static override examples = ['<%= config.bin %> port-registry check 25000'];
  static override args = { port: Args.string({ required: true, description: 'PORT, or PORT/udp' }) };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(PortRegistryCheck);
    await this.onRegistry(flags, async (registry) => {
      const json = await registry.check(args.port, { host: false });
      const text = json.claim && json.verdict === 'claimed' ? json.claim.resource : renderCheck(json);
      return { text, json, warnings: json.warnings };
    });
  }
}
