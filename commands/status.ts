import { VportsCommand } from '../src/cli/command.js';
import { hereFlags } from '../src/cli/here-flags.js';
import { renderStatus } from '../src/render/status.js';

export default class Status extends VportsCommand {
  static override summary = 'Show which registry, resource and ports apply here, and any problems';
  static override examples = ['<%= config.bin %> status', '<%= config.bin %> status --json'];
  static override flags = hereFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(Status);
    await this.onRegistry(flags, async (registry) => {
      const status = await registry.status(flags);
      const { guess, ...json } = status;
      return {
        text: renderStatus(status),
        json,
        notes: guess === null ? [] : [`note: ${guess}`],
        exit: status.findings.some(({ level }) => level === 'problem') ? 1 : 0,
      };
    });
  }
}
