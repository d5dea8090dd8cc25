import { labelOf } from '../events/names.js';
import type { Holding } from '../events/stream.js';
import { confirm } from '../src/cli/confirm.js';
import { Args, Flags } from '../src/cli/oclif.js';
import { registryCommand } from '../src/cli/registry-command.js';
import { writeAnswer, writeFlags } from '../src/cli/write-flags.js';
import type { Registry } from '../src/registry/registry.js';
import { renderCoverage } from '../src/render/coverage.js';
import { closingOf, renderImport, summaryOf } from '../src/render/import.js';

const CHECKED = '`vports ci` checks these documents from now on';
const MOVABLE = 'the same command with --move releases the ports in the old registry';
const LISTED = '`vports list` shows the ports';

const FORMATS =
  'auto service-json shell shell-defaults compose kubernetes procfile package-json devcontainer caddyfile supabase mise dotenv csv quadlet systemd-socket umbrel-app nomad helm web-config spring launch-settings make puma traefik nginx apache haproxy ansible markdown-table';

export default registryCommand({
  summary: 'Import ports from existing files, in one commit',
  description:
    'Reads service.json, shell registries and defaults, compose and env files, quadlet and systemd sockets, Kubernetes, Helm and Nomad, CSV and Markdown tables, package.json, Procfile, Makefiles, development servers, Spring, launchSettings, Ansible, web servers and proxies, devcontainer.json, mise.toml and supabase/config.toml. If two files mention the same port, the more specific one claims it. Folders are searched, except for files excluded by .gitignore or "ignore" in .vports.json. A second run imports nothing. Exits 1 if there are problems; everything else is still imported.',
  examples: [
    'vports import . --dry-run',
    'vports import services scripts/port_registry.sh --branch adopt',
    'vports import ports.csv --owner team-platform',
    'vports import embedded --move',
  ],
  strict: false,
  args: {
    path: Args.string({
      required: true,
      description:
        'files and folders; or one registry, by path or URL, or `embedded` for the one of this machine',
    }),
  },
  flags: {
    ...writeFlags,
    format: Flags.option({
      options: FORMATS.split(' '),
      default: 'auto',
    })({ description: 'format of the files; default: detected by name' }),
    verbose: Flags.boolean({ description: 'print every entry, however many there are' }),
    allocate: Flags.boolean({
      description: 'allocate ports for entries that ask for one without naming a number',
    }),
    host: Flags.string({
      description: 'import only the rows of this machine, from tables about several',
      helpValue: 'NAME',
    }),
    owner: Flags.string({ description: 'the team or person responsible for them' }),
    move: Flags.boolean({ description: 'when importing a registry: release the imported ports there' }),
    all: Flags.boolean({
      description: 'when importing a registry: import all claims of all projects, after asking',
    }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask for confirmation' }),
    'propose-policy': Flags.boolean({
      description: 'only print a policy that fits the existing ports',
    }),
  },
  async answer(registry, { argv, options }) {
    if (options.proposePolicy) {
      const { source, ...json } = await registry.proposePolicy(argv, options);
      const notes = ['save it to FILE and apply it: vports policy edit --from FILE'];
      return { text: source.trimEnd(), json: { ...json, policy: JSON.parse(source) }, notes };
    }
    const found = await registry.import(argv, {
      ...options,
      confirm: async (claims: Holding[]) =>
        options.yes || confirm(`Import ${claims.map(claimLine).join(', ')}?`),
    });
    const { imported, toAllocate, skipped, problems, moved, coverage, ...outcome } = found;
    const answer = { imported, toAllocate, skipped, problems };
    const done = !options.dryRun;
    const text = renderImport(answer, { done, all: options.verbose });
    const json = { ...answer, ...(moved !== undefined && { moved }) };
    const answered = writeAnswer(registry, outcome, { text, json }, {});
    return {
      ...answered,
      notes: [
        ...(answered.notes ?? []),
        summaryOf(answer),
        ...(coverage ? renderCoverage(coverage) : []),
        ...(imported.length > 0 ? forkNote(registry) : []),
        ...(moved ? [`released ${moved} of these ports in ${argv[0]}`] : []),
      ],
      closing: closingOf(answer, {
        done,
        next: coverage ? CHECKED : moved === undefined ? MOVABLE : LISTED,
      }),
      exit: problems.length > 0 ? 1 : 0,
    };
  },
});

function claimLine(claim: Holding): string {
  const { project, port, protocol } = claim;
  return `${port}/${protocol} ${labelOf(claim)}${project === undefined ? '' : ` of ${project}`}`;
}

/** A fork has another remote, so only a tracked file can keep it in the project. */
function forkNote({ project }: Registry): string[] {
  if (project?.id === undefined || !project.from.startsWith('the remote ')) return [];
  return [`commit {"project": ${JSON.stringify(project.id)}} in .vports.json to let forks share these names`];
}
