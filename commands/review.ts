import { Args } from '../src/cli/oclif.js';
import { formatFlag } from '../src/cli/read-flags.js';
import { registryCommand } from '../src/cli/registry-command.js';
import { renderReview } from '../src/render/review.js';

export default registryCommand({
  summary: 'Summarize the port changes of a branch, for a pull request',
  description:
    'Shows allocated, released and moved ports, how full each range gets, and broken rules. Exits 1 on problems.',
  examples: ['vports review origin/main', 'vports review main topic --format markdown'],
  args: {
    base: Args.string({ required: true, description: 'the branch to merge into' }),
    head: Args.string({ description: 'the branch to review; default: HEAD' }),
  },
  flags: {
    format: formatFlag('text, Markdown for a comment, or GitHub annotations', ['markdown', 'github']),
  },
  async answer(registry, { args, flags }) {
    const json = await registry.review(args.base, args.head);
    return { text: renderReview(json, flags.format ?? 'text'), json, exit: json.ok ? 0 : 1 };
  },
});
