import { VportsCommand } from '../src/cli/command.js';
import { Args, Flags } from '../src/cli/oclif.js';
import { formatFlag } from '../src/cli/read-flags.js';
import { badUsage } from '../src/errors.js';
import { renderDifferences } from '../src/render/difference.js';

export default class Diff extends VportsCommand {
  static override summary = 'Show what changed between two moments or branches';
  static override description =
    'A moment is a commit, a tag, a branch, 2026-11-01 or "3 days ago", as for --at. The second one defaults to now.';
  static override examples = [
    '<%= config.bin %> diff "7 days ago"',
    '<%= config.bin %> diff v1 main --format markdown',
  ];
  static override args = {
    from: Args.string({ required: true, description: 'the state before' }),
    to: Args.string({ description: 'the state after; default: now' }),
  };
  static override flags = {
    at: Flags.string({ description: 'same as the second argument' }),
    format: formatFlag('how to print it', ['markdown']),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Diff);
    if (args.to !== undefined && flags.at !== undefined) {
      throw badUsage('two end states given', 'drop --at or the second argument');
    }
    await this.onRegistry(flags, async (registry) => {
      const json = await registry.diff(args.from, args.to ?? flags.at);
      const { warnings } = json;
      return { text: renderDifferences(json, flags.format ?? 'text'), json, warnings };
    });
  }
}
