import { VportsCommand } from '../src/cli/command.js';
import { COMPLETION_SCRIPTS, type Shell } from '../src/cli/completion-scripts.js';
import { Args } from '../src/cli/oclif.js';

export default class Completion extends VportsCommand {
  static override summary = 'Print the script that completes commands, names and ports in your shell';
  static override description =
    'Completes commands, flags, and the resources, port names, ranges and free ports known here; uses no network. In .zshrc, put the line below `compinit`.';
  static override examples = [
    "echo 'source <(vports completion bash)' >> ~/.bashrc",
    "echo 'source <(vports completion zsh)' >> ~/.zshrc",
    'vports completion fish > ~/.config/fish/completions/vports.fish',
  ];
  static override args = {
    shell: Args.string({
      required: true,
      options: Object.keys(COMPLETION_SCRIPTS),
      description: 'bash, zsh or fish',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Completion);
    const script = COMPLETION_SCRIPTS[args.shell as Shell];
    this.print({ text: script.trimEnd(), json: { script } }, flags);
  }
}
