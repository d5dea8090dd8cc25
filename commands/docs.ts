import { Args, Flags } from '../src/cli/oclif.js';
import { registryCommand } from '../src/cli/registry-command.js';
import { renderDocumentProblems } from '../src/render/document-problems.js';

export default registryCommand({
  summary: 'Bring service.json, README, env and compose files in line with the registry',
  description:
    'Updates the documents of all resources in and below the given folders. With --check nothing is written, and the exit code is 1 if something would change. In other files of the tree, old numbers of moved ports are replaced where they are certainly ports; mentions in prose are reported, not edited.',
  examples: ['vports docs', 'vports docs services/web --check'],
  strict: false,
  args: {
    path: Args.string({ description: 'folders; default: the current one' }),
  },
  flags: { check: Flags.boolean({ description: 'only report what would change' }) },
  async answer(registry, { argv, flags }) {
    const { documents, problems, warnings } = await registry.docs(argv, flags);
    const changed = documents.filter((it) => it.changed);
    const open = flags.check && (problems.length > 0 || changed.length > 0);
    const failed =
      problems.some(({ code }) => code === 'UNREADABLE') ||
      warnings.some(({ code }) => code === 'DOCUMENT_NOT_WRITTEN');
    return {
      text: changed.map(({ path }) => path).join('\n'),
      json: { documents, problems, warnings },
      notes: problems.length > 0 ? renderDocumentProblems(problems, 'text').split('\n') : [],
      warnings,
      exit: open || failed ? 1 : 0,
    };
  },
});
