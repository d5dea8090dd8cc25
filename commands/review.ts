import { VportsCommand } from '../src/cli/command.js';
import { Args } from '../src/cli/oclif.js';
import { formatFlag } from '../src/cli/read-flags.js';
import { renderReview } from '../src/render/review.js';

export default class Review extends VportsCommand {
  static override summary = 'Show what a branch changes for the ports: for a pull request';
  static override description =
    'Who wants which port for what, from which range, how full that gets, what is released or moved, what breaks a rule. Exit 1 on problems.';
  static override examples = [
    '<%= config.bin %> review origin/main',
    '<%= config.bin %> review main topic --format markdown',
  ];
  static override args = {
    base: Args.string({ required: true, description: 'what the branch is to be merged into' }),
    head: Args.string({ description: 'the branch; default: HEAD' }),
  };
  static override flags = {
    format: formatFlag('for people, for a comment, or as annotations of GitHub', ['markdown', 'github']),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Review);
    await this.onRegistry(flags, async (registry) => {
      const json = await registry.review(args.base, args.head);
      return { text: renderReview(json, flags.format ?? 'text'), json, exit: json.ok ? 0 : 1 };
    });
  }
}
