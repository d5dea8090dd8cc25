import { VportsCommand } from '../src/cli/command.js';
import { Args, Flags } from '../src/cli/oclif.js';
import { formatFlag, readFlags } from '../src/cli/read-flags.js';
import { renderCoverage } from '../src/render/coverage.js';
import { renderDocumentProblems } from '../src/render/document-problems.js';

export default class Ci extends VportsCommand {
  static override summary = "Check a service's repository against the registry";
  static override description =
    'service.json, README, env files, compose files, Dockerfiles and Kubernetes manifests: numbers that the registry has otherwise, and those that it does not know. Exit 1 on errors. A line that says `vports: ignore` is passed over. For a pull request, --base REV is what it is to be merged into: there such lines and the name of the registry count, and new ones are told.';
  static override examples = ['<%= config.bin %> ci', '<%= config.bin %> ci services/web --format github'];
  static override args = {
    path: Args.string({ description: 'the folder to look through; default: the current one' }),
  };
  static override flags = {
    ...readFlags,
    base: Flags.string({
      description: 'a revision: what the branch itself excuses does not count',
      helpValue: 'REV',
    }),
    format: formatFlag('for people, or as annotations; those where GITHUB_ACTIONS is set', ['github']),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Ci);
    const format = flags.format ?? (process.env.GITHUB_ACTIONS === 'true' ? 'github' : 'text');
    await this.onRegistry(flags, async (registry) => {
      const { coverage, ...json } = await registry.checkDocuments(args.path, flags);
      const found = renderDocumentProblems(json.problems, format);
      const isCompared = coverage.read.size > 0;
      const text = found || (isCompared ? 'documents match the registry' : 'nothing to compare');
      const story = found ? [] : renderCoverage(coverage);
      const warnings = await registry.damages();
      return { text, json, story, warnings, exit: json.ok ? 0 : 1, verdict: json.ok };
    });
  }
}
