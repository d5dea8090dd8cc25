import { VportsCommand } from '../src/cli/command.js';
import { Args, Flags } from '../src/cli/oclif.js';
import { releaseAnswer } from '../src/cli/port-answers.js';
import { CHOOSES_PORT, commonOptions, writeFlags } from '../src/cli/write-flags.js';

export default class Release extends VportsCommand {
  static override summary = 'Release ports';
  static override examples = [
    '<%= config.bin %> release web',
    '<%= config.bin %> release web --port api --port 35000',
    `<%= config.bin %> release 'old-*' shop`,
  ];
  static override strict = false;
  static override args = {
    resource: Args.string({
      required: true,
      description: 'the resource(s): names and globs, in one commit',
    }),
  };
  static override flags = {
    ...writeFlags,
    port: Flags.string({ multiple: true, description: `${CHOOSES_PORT}; default: all its ports` }),
    strict: Flags.boolean({ description: 'fail if there is nothing to release' }),
    dir: Flags.string({ description: "the resource's folder, with its service.json and README" }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Release);
    const options = { ...commonOptions(flags), ports: flags.port, strict: flags.strict };
    await this.onRegistry(flags, (registry) => releaseAnswer(registry, argv, options));
  }
}
