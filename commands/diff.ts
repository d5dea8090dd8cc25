import { Args, Flags } from '../src/cli/oclif.js';
import { formatFlag } from '../src/cli/read-flags.js';
import { registryCommand } from '../src/cli/registry-command.js';
import { badUsage } from '../src/errors.js';
import { renderDifferences } from '../src/render/difference.js';

export default registryCommand({
  summary: 'Show what changed between two moments or branches',
  description:
    'A moment is a commit, a tag, a branch, 2026-11-01 or "3 days ago", as for --at. The second one defaults to now.',
  examples: ['vports diff "7 days ago"', 'vports diff v1 main --format markdown'],
  args: {
    from: Args.string({ required: true, description: 'the state before' }),
    to: Args.string({ description: 'the state after; default: now' }),
  },
  flags: {
    at: Flags.string({ description: 'same as the second argument' }),
    format: formatFlag('how to print it', ['markdown']),
  },
  before({ args, flags }) {
    if (args.to !== undefined && flags.at !== undefined)
      throw badUsage('two end states given', 'drop --at or the second argument');
  },
  async answer(registry, { args, flags }) {
    const json = await registry.diff(args.from, args.to ?? flags.at);
    const { warnings } = json;
    return { text: renderDifferences(json, flags.format ?? 'text'), json, warnings };
  },
});
