import { Args, Flags } from '../src/cli/oclif.js';
import { formatFlag, readFlags } from '../src/cli/read-flags.js';
import { registryCommand } from '../src/cli/registry-command.js';
import { renderCoverage } from '../src/render/coverage.js';
import { renderDocumentProblems } from '../src/render/document-problems.js';

export default registryCommand({
  summary: "Check a service's repository against the registry",
  description:
    'Reads service.json, README, env files, compose files, Dockerfiles and Kubernetes manifests, and reports ports that differ from the registry or are not in it. Exits 1 on errors. Lines with `vports: ignore` are skipped. For a pull request, pass its target branch as --base REV: then only the ignore marks and the registry named there count, and new ones are reported.',
  examples: ['vports ci', 'vports ci services/web --format github'],
  args: {
    path: Args.string({ description: 'the folder to check; default: the current one' }),
  },
  flags: {
    ...readFlags,
    base: Flags.string({
      description: 'target revision of the pull request: ignore marks that the branch adds have no effect',
      helpValue: 'REV',
    }),
    format: formatFlag('text, or annotations (the default if GITHUB_ACTIONS is set)', ['github']),
  },
  async answer(registry, { args, flags }) {
    const format = flags.format ?? (process.env.GITHUB_ACTIONS === 'true' ? 'github' : 'text');
    const { coverage, ...json } = await registry.checkDocuments(args.path, flags);
    const found = renderDocumentProblems(json.problems, format);
    const isCompared = coverage.read.size > 0;
    const text = found || (isCompared ? 'documents match the registry' : 'nothing to compare');
    const notes = found ? [] : renderCoverage(coverage);
    const warnings = await registry.damages();
    return { text, json, notes, warnings, exit: json.ok ? 0 : 1, verdict: json.ok };
  },
});
