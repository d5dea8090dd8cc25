import { VportsCommand } from '../src/cli/command.js';
import { Args } from '../src/cli/oclif.js';
import { formatFlag } from '../src/cli/read-flags.js';
import { renderReview } from '../src/render/review.js';

export default class Review extends VportsCommand {
  static override summary = 'Summarize the port changes of a branch, for a pull request';
  static override description =
    'Shows allocated, released and moved ports, how full each range gets, and broken rules. Exits 1 on problems.';
  static override examples = [
    '<%= config.bin %> review origin/main',
    '<%= config.bin %> review main topic --format markdown',
  ];
  static override args = {
    base: Args.string({ required: true, description: 'the branch to merge into' }),
    head: Args.string({ description: 'the branch to review; default: HEAD' }),
  };
  static override flags = {
    format: formatFlag('text, Markdown for a comment, or GitHub annotations', ['markdown', 'github']),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Review);
    await this.onRegistry(flags, async (registry) => {
      const json = await registry.review(args.base, args.head);
      return { text: renderReview(json, flags.format ?? 'text'), json, exit: json.ok ? 0 : 1 };
    });
  }
}
