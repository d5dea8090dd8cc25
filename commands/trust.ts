import { VportsCommand } from '../src/cli/command.js';
import { Args, Flags } from '../src/cli/oclif.js';
import { badUsage } from '../src/errors.js';
import { trustedRepositories } from '../src/files/trusted-repositories.js';
import { isRemoteUrl } from '../src/log/remote/index.js';
import { forgetRegistry } from '../src/registry/locate/other-registries.js';
import { setTrust } from '../src/registry/locate/trust.js';

export default class Trust extends VportsCommand {
  static override summary = 'Allow vports to write to a local repository, which runs its hooks';
  static override description =
    'Needed if a file of a project names a local repository, or if only a repository itself says where its work tree is. Registries that you name yourself, and https and ssh remotes, need no trust.';
  static override examples = [
    'vports trust /srv/git/ports.git',
    'vports trust --list',
    'vports trust --remove /srv/git/ports.git',
  ];
  static override args = { repository: Args.string({ description: 'its path or file: URL' }) };
  static override flags = {
    list: Flags.boolean({ description: 'list trusted repositories' }),
    remove: Flags.boolean({ description: 'stop trusting it, and forget which ports it holds' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Trust);
    if ((args.repository === undefined) !== (flags.list === true)) {
      throw badUsage('name one repository, or pass --list', '`vports trust PATH`, `vports trust --list`');
    }
    const { repository } = args;
    const isForgotten = flags.remove === true && repository !== undefined && forgetRegistry(repository);
    const isKnown = repository === undefined || (isForgotten && isRemoteUrl(repository));
    const trusted = isKnown ? trustedRepositories() : setTrust(repository, !flags.remove);
    this.print({ text: trusted.join('\n'), json: { trusted } }, flags);
  }
}
