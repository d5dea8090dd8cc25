import { openInBrowser } from '../src/cli/browser.js';
import { VportsCommand } from '../src/cli/command.js';
import { Flags } from '../src/cli/oclif.js';
import { readFlags } from '../src/cli/read-flags.js';

export default class PortMap extends VportsCommand {
  static override summary = 'Draw all ports and their whole history as one HTML file';
  static override description =
    'The file needs no network and opens from disk. Leases of this machine are in it only where it is the embedded registry.';
  static override examples = [
    '<%= config.bin %> map --open',
    '<%= config.bin %> map --out /tmp/ports.html --at 2026-11-01',
  ];
  static override flags = {
    ...readFlags,
    out: Flags.string({ description: 'where to write it', helpValue: 'FILE', default: 'ports.html' }),
    open: Flags.boolean({ description: 'show it in the browser' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(PortMap);
    await this.onRegistry(flags, async (registry) => {
      const mapped = await registry.map({ out: flags.out, at: flags.at });
      if (flags.open) await openInBrowser(mapped.path);
      const story = [`events: ${mapped.events}, ports held: ${mapped.ports}`];
      const warnings = await registry.damages(undefined, flags);
      return { text: mapped.path, json: mapped, story, warnings };
    });
  }
}
