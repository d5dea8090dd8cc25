import { VportsCommand } from '../src/cli/command.js';
import { Flags } from '../src/cli/oclif.js';

export default class Mcp extends VportsCommand {
  static override summary = 'Serve the registry to agents over the Model Context Protocol (stdin and stdout)';
  static override description =
    'Configure your client to start `vports mcp` in the folder it works in; docs/guide/agents.md has the lines for common clients.';
  static override examples = ['vports mcp', 'vports mcp --read-only'];
  static override flags = {
    'read-only': Flags.boolean({ description: 'without the tools that write: allocate and release' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Mcp);
    const { serve } = await import('../src/mcp/mcp.js');
    await serve({ registry: flags.registry, readOnly: flags['read-only'] });
  }
}
