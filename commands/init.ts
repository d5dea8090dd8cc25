import { dirname, join } from 'node:path';
import { VportsCommand } from '../src/cli/command.js';
import { Args, Flags } from '../src/cli/oclif.js';
import { shellWord } from '../src/files/shell-word.js';
import { workTreeOf } from '../src/files/work-tree.js';
import { withoutSecrets } from '../src/log/remote/index.js';
import { Registry } from '../src/registry/registry.js';
import { createdRegistry } from '../src/registry/verbs/init.js';

export default class Init extends VportsCommand {
  static override summary = 'Create a registry: a git repository with a policy and an empty log';
  static override examples = [
    'vports init ports',
    'vports init --bare /srv/ports.git',
    'vports init ports --remote git@github.com:acme/ports.git',
    'vports init --in-repo',
  ];
  static override args = {
    dir: Args.string({ description: 'a new or empty folder; default: the current one', default: '.' }),
  };
  static override flags = {
    bare: Flags.boolean({ description: 'create a bare repository, without a work tree' }),
    'in-repo': Flags.string({
      description: 'create it in this folder of the current repository; default: `ports`',
    }),
    remote: Flags.string({ description: 'URL of an empty repository to publish it to' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Init, withFolder(this.argv));
    const json = await createdRegistry(args.dir, { ...flags, inRepo: flags['in-repo'] });
    const remote = flags.remote && withoutSecrets(flags.remote);
    const notes = notesOf(json, { remote, inRepo: flags['in-repo'] });
    const gate = flags.bare && json.created ? [gateFor(json.path)] : [];
    this.print({ text: json.path, json, notes: [...notes, ...gate] }, flags);
  }
}

function notesOf(
  { path, created, published }: Awaited<ReturnType<typeof createdRegistry>>,
  { remote, inRepo }: { remote: string | undefined; inRepo: string | undefined },
): string[] {
  if (!created)
    return [`this is already a registry; ${published ? `published it to ${remote}` : 'nothing was changed'}`];
  const named = `{"registry": ${JSON.stringify(remote ?? path)}}`;
  const made = inRepo
    ? 'created a registry, as one commit on the current branch; .vports.json at the root points to it'
    : `created a registry; to use it, put ${named} into a project's .vports.json`;
  const { project } = Registry.open({ path });
  const isHosted = project?.from.startsWith('the remote ');
  const fork = `commit "project": ${JSON.stringify(project?.id)} in that file to let forks share its names`;
  const isAlone = inRepo === undefined && remote === undefined && workTreeOf(dirname(path)) !== undefined;
  const inside =
    'note: this folder is inside a git repository; for a registry of that project alone use `vports init --in-repo`';
  return [made, ...(isHosted ? [fork] : []), ...(isAlone ? [inside] : [])];
}

/** A host that runs no hooks has workflows. */
function gateFor(path: string): string {
  const folder = join(path, 'hooks');
  const hook = shellWord(join(folder, 'pre-receive'));
  const line = 'exec vports verify --hook pre-receive --registry .';
  return `to have every push to it checked: mkdir -p ${shellWord(folder)} && printf '#!/bin/sh\\n${line}\\n' > ${hook} && chmod +x ${hook}`;
}

/** `--in-repo` alone means `ports`; oclif has no flags with an optional value. */
function withFolder(argv: string[]): string[] {
  const at = argv.indexOf('--in-repo');
  const next = argv[at + 1];
  return at >= 0 && (next === undefined || next.startsWith('-'))
    ? [...argv.slice(0, at + 1), 'ports', ...argv.slice(at + 1)]
    : argv;
}
