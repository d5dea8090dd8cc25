import { Config } from '@oclif/core/config';
import { Help } from '@oclif/core/help';
import { packageRoot } from '../files/package-root.js';

/** Commands and topics as people come upon them. Whatever stands nowhere here comes last, under OTHER. */
const GROUPS: Record<string, string[]> = {
  'Every day': [
    'run',
    'status',
    'url',
    'mcp',
    'allocate',
    'get',
    'check',
    'list',
    'who',
    'exec',
    'env',
    'release',
    'reassign',
    'describe',
    'renew',
  ],
  Team: [
    'init',
    'sync',
    'review',
    'resolve',
    'import',
    'docs',
    'ci',
    'register',
    'policy',
    'ranges',
    'trust',
  ],
  Audit: ['log', 'show', 'diff', 'map', 'replay', 'stats', 'verify'],
  Repair: ['doctor', 'reconcile', 'cleanup', 'kill', 'undo'],
  Scripts: ['port', 'port-registry', 'schema', 'completion'],
};

/** Prints the help of the command or topic that the words name; of the program where there are none. By oclif, from its manifest. */
export async function showHelp(words: string[]): Promise<void> {
  // oclif asks the system where it is not set, and throws where the user is not on record.
  process.env.SHELL ??= 'sh';
  const config = new Config({ root: packageRoot(), userPlugins: false, devPlugins: false });
  await config.load();
  await new GroupedHelp(config).showHelp(words);
}

class GroupedHelp extends Help {
  protected override async showRootHelp(): Promise<void> {
    const summaries = this.#summaries();
    this.log(this.formatRoot());
    this.log('');
    for (const [title, names] of Object.entries({ ...GROUPS, Other: [...summaries.keys()] })) {
      const rows = names.flatMap((name) => {
        const summary = summaries.get(name);
        summaries.delete(name);
        return summary === undefined ? [] : [[name, summary] as [string, string]];
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
    this.log('`vports help COMMAND` tells more of each.');
  }

  /** Of each command that is in no topic, and of each topic. */
  #summaries(): Map<string, string> {
    const commands = this.sortedCommands
      .filter(({ id }) => !id.includes(':'))
      .map((it) => [it.id, this.summary(it) ?? ''] as const);
    const topics = this.sortedTopics.map((it) => [it.name, it.description ?? ''] as const);
    return new Map([...commands, ...topics]);
  }
}
