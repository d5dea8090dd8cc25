import { openInBrowser } from '../src/cli/browser.js';
import { VportsCommand } from '../src/cli/command.js';
import { hereFlags } from '../src/cli/here-flags.js';
import { Args, Flags } from '../src/cli/oclif.js';

export default class Url extends VportsCommand {
  static override summary = 'Print the URL of a port, or open it';
  static override description =
    "Of this folder's resource where none is named; in a linked git worktree of the worktree's own instance.";
  static override examples = [
    '<%= config.bin %> url',
    '<%= config.bin %> url web/api',
    '<%= config.bin %> url web --open',
  ];
  static override args = {
    resource: Args.string({ description: "RESOURCE or RESOURCE/NAME; default: this folder's own" }),
  };
  static override flags = {
    ...hereFlags,
    open: Flags.boolean({ description: 'show it in the browser' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Url);
    await this.onRegistry(flags, async (registry) => {
      const reached = await registry.url(args.resource, flags);
      if (flags.open) await openInBrowser(reached.url);
      const idle = flags.open && !reached.listening ? [`note: nothing listens on ${reached.port} yet`] : [];
      return { text: reached.url, json: reached, story: idle };
    });
  }
}
