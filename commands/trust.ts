import { VportsCommand } from '../src/cli/command.js';
import { Args, Flags } from '../src/cli/oclif.js';
import { VportsError } from '../src/errors.js';
import { trustedRepositories } from '../src/files/trusted-repositories.js';
import { isRemoteUrl } from '../src/log/remote/index.js';
import { forgetRegistry } from '../src/registry/locate/other-registries.js';
import { setTrust } from '../src/registry/locate/trust.js';

export default class Trust extends VportsCommand {
  static override summary =
    'Let vports push to a repository on this machine, whose hooks then run, and complete writes in it';
  static override description =
    'Needed where a file of a project names a local repository, and where only a repository itself says where it is checked out. What you name yourself, and https and ssh remotes, need no trust.';
  static override examples = [
    '<%= config.bin %> trust /srv/git/ports.git',
    '<%= config.bin %> trust --list',
    '<%= config.bin %> trust --remove /srv/git/ports.git',
  ];
  static override args = { repository: Args.string({ description: 'its path or file: URL' }) };
  static override flags = {
    list: Flags.boolean({ description: 'show what is trusted' }),
    remove: Flags.boolean({ description: 'stop trusting it, and forget which ports it holds' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Trust);
    if ((args.repository === undefined) !== (flags.list === true)) {
      throw new VportsError('BAD_USAGE', 'name one repository, or say --list', {
        hint: '`vports trust PATH`, `vports trust --list`',
      });
    }
    const { repository } = args;
    const isForgotten = flags.remove === true && repository !== undefined && forgetRegistry(repository);
    const isKnown = repository === undefined || (isForgotten && isRemoteUrl(repository));
    const trusted = isKnown ? trustedRepositories() : setTrust(repository, !flags.remove);
    this.print({ text: trusted.join('\n'), json: { trusted } }, flags);
  }
}
