import { labelOf } from '../events/names.js';
import type { Holding } from '../events/stream.js';
import { VportsCommand } from '../src/cli/command.js';
import { confirm } from '../src/cli/confirm.js';
import { Args, Flags } from '../src/cli/oclif.js';
import { commonOptions, writeAnswer, writeFlags } from '../src/cli/write-flags.js';
import type { Registry } from '../src/registry/registry.js';
import { renderCoverage } from '../src/render/coverage.js';
import { renderImport, summaryOf } from '../src/render/import.js';

export default class Import extends VportsCommand {
  static override summary = 'Import ports from existing files, in one commit';
  static override description =
    'service.json, shell registries and defaults, compose and env files, quadlet and systemd sockets, Kubernetes, Helm and Nomad, CSV and tables of Markdown, package.json, Procfile, Makefiles, development servers, Spring, launchSettings, Ansible, web servers and proxies, devcontainer.json, mise.toml and supabase/config.toml. Of two that speak of one port the more telling one claims it. Folders are searched, except what .gitignore and "ignore" in .vports.json name. A second run imports nothing. Exit 1 where there are problems; the rest is imported all the same.';
  static override examples = [
    '<%= config.bin %> import . --dry-run',
    '<%= config.bin %> import services scripts/port_registry.sh --branch adopt',
    '<%= config.bin %> import ports.csv --owner team-platform',
    '<%= config.bin %> import embedded --move',
  ];
  static override strict = false;
  static override args = {
    path: Args.string({
      required: true,
      description:
        'files and folders; or one registry, by path or URL, or `embedded` for that of this machine',
    }),
  };
  static override flags = {
    ...writeFlags,
    format: Flags.option({
      options: [
        'auto',
        'service-json',
        'shell',
        'shell-defaults',
        'compose',
        'kubernetes',
        'procfile',
        'package-json',
        'devcontainer',
        'caddyfile',
        'supabase',
        'mise',
        'dotenv',
        'csv',
        'quadlet',
        'systemd-socket',
        'umbrel-app',
        'nomad',
        'helm',
        'web-config',
        'spring',
        'launch-settings',
        'make',
        'puma',
        'traefik',
        'nginx',
        'apache',
        'haproxy',
        'ansible',
        'markdown-table',
      ] as const,
      default: 'auto',
    })({ description: 'of the files; default: by their names' }),
    verbose: Flags.boolean({ description: 'a line for every entry, however many there are' }),
    allocate: Flags.boolean({ description: 'give ports to what asks for one without a number' }),
    host: Flags.string({
      description: 'of tables that are about several machines: take what is of this one',
      helpValue: 'NAME',
    }),
    owner: Flags.string({ description: 'the team or person who answers for them' }),
    move: Flags.boolean({ description: 'of a registry: release there what is on record here then' }),
    all: Flags.boolean({ description: 'of a registry: the claims of everybody, after showing them' }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask' }),
    'propose-policy': Flags.boolean({
      description: 'import nothing: print a policy that fits the existing ports',
    }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Import);
    const paths = argv;
    await this.onRegistry(flags, async (registry) => {
      if (flags['propose-policy']) {
        const { source, ...json } = await registry.proposePolicy(paths, flags);
        const story = ['`vports policy edit --from FILE` takes it, in a commit'];
        return { text: source.trimEnd(), json: { ...json, policy: JSON.parse(source) }, story };
      }
      const options = {
        ...commonOptions(flags),
        format: flags.format,
        host: flags.host,
        allocate: flags.allocate,
        owner: flags.owner,
        all: flags.all,
        move: flags.move,
        confirm: async (claims: Holding[]) =>
          flags.yes || confirm(`Import ${claims.map(claimLine).join(', ')}?`),
      };
      const found = await registry.import(paths, options);
      const { imported, toAllocate, skipped, problems, moved, coverage, ...outcome } = found;
      const answer = { imported, toAllocate, skipped, problems };
      const released = moved === undefined ? {} : { moved };
      const text = renderImport(answer, { done: !flags['dry-run'], all: flags.verbose });
      const told = writeAnswer(
        registry,
        outcome,
        { text, json: { ...answer, ...released } },
        { 'dry-run': false },
      );
      return {
        ...told,
        story: [
          ...(told.story ?? []),
          summaryOf(answer),
          ...(coverage ? renderCoverage(coverage) : []),
          ...(imported.length > 0 ? forkNote(registry) : []),
          ...(moved ? [`released ${moved} of them in ${paths[0]}`] : []),
        ],
        exit: problems.length > 0 ? 1 : 0,
      };
    });
  }
}

function claimLine(claim: Holding): string {
  const { project, port, protocol } = claim;
  return `${port}/${protocol} ${labelOf(claim)}${project === undefined ? '' : ` of ${project}`}`;
}

/** A fork has another remote: a tracked file keeps it in the project. */
function forkNote({ project }: Registry): string[] {
  if (project?.id === undefined || !project.from.startsWith('the remote ')) return [];
  return [
    `{"project": ${JSON.stringify(project.id)}} in .vports.json, committed, has forks share these names`,
  ];
}
