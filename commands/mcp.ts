import { VportsCommand } from '../src/cli/command.js';
import { Flags } from '../src/cli/oclif.js';

export default class Mcp extends VportsCommand {
  static override summary = 'Serve the registry to agents, by the Model Context Protocol on stdin and stdout';
  static override description =
    'For the configuration of a client: it starts `vports mcp` in the folder that it works in. docs/guide/agents.md has the lines for the usual ones.';
  static override examples = ['<%= config.bin %> mcp', '<%= config.bin %> mcp --read-only'];
  static override flags = {
    'read-only': Flags.boolean({ description: 'leave out what writes: allocate and release' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Mcp);
    const { serve } = await import('../src/mcp/mcp.js');
    await serve({ registry: flags.registry, readOnly: flags['read-only'] });
  }
}
