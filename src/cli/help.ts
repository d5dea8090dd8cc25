import { Config } from '@oclif/core/config';
import { CommandHelp, Help } from '@oclif/core/help';
import { packageRoot } from '../files/package-root.js';

/** In the order in which people need them. Commands missing here are listed last, under OTHER. */
const GROUPS: Record<string, string> = {
  'Every day': 'run ps status url mcp allocate get check list who exec env release reassign describe renew',
  Team: 'init sync review resolve import docs ci register policy ranges trust',
  Audit: 'log show diff map replay stats verify',
  Repair: 'doctor reconcile cleanup kill undo',
  Scripts: 'port port-registry schema completion',
};

/** Shown by the help without `--all`. */
const WEEK =
  'run ps status url allocate get check list who exec env release reassign init sync import review log map doctor kill undo completion';

/**
 * Prints the help of a command or topic; without words that of the program, with all commands if `all`. Uses oclif and its manifest.
 */
export async function showHelp(words: string[], all: boolean): Promise<void> {
  // Without SHELL, oclif looks the user up in the system, and throws for an unknown uid.
  process.env.SHELL ??= 'sh';
  const config = new Config({ root: packageRoot(), userPlugins: false, devPlugins: false });
  await config.load();
  const help = new GroupedHelp(config);
  help.all = all;
  await help.showHelp(words);
}

class ShortUsage extends CommandHelp {
  protected override defaultUsage(): string {
    const { args, strict } = this.command;
    const names = Object.values(args).map(({ name }) => name.toUpperCase());
    if (strict === false && names.length > 0) names.push(`${names.pop()}…`);
    const needed = Object.values(args).map(({ required }, at) => (required ? names[at] : `[${names[at]}]`));
    return [this.command.id, ...needed, '[OPTION…]'].join(' ');
  }
}

class GroupedHelp extends Help {
  all = false;

  protected override CommandHelpClass = ShortUsage;

  protected override async showRootHelp(): Promise<void> {
    const summaries = this.#summaries();
    this.log(this.formatRoot());
    this.log('');
    const other = [...summaries.keys()].join(' ');
    for (const [title, names] of Object.entries({ ...GROUPS, Other: other })) {
      const rows = names.split(' ').flatMap((name) => {
        const summary = summaries.get(name);
        summaries.delete(name);
        const isShown = summary !== undefined && (this.all || WEEK.split(' ').includes(name));
        return isShown ? [[name, summary] as [string, string]] : [];
      });
      if (rows.length === 0) continue;
      const body = this.renderList(rows, {
        indentation: 2,
        spacer: '\n',
        stripAnsi: this.opts.stripAnsi ?? false,
      });
      this.log(this.section(title.toUpperCase(), body));
      this.log('');
    }
    this.log('`vports help COMMAND` explains a command.');
    if (!this.all) this.log('`vports help --all` shows every command.');
  }

  #summaries(): Map<string, string> {
    const commands = this.sortedCommands
      .filter(({ id }) => !id.includes(':'))
      .map((it) => [it.id, this.summary(it) ?? ''] as const);
    const topics = this.sortedTopics.map((it) => [it.name, it.description ?? ''] as const);
    return new Map([...commands, ...topics]);
  }
}
