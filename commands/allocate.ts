import { VportsCommand } from '../src/cli/command.js';
import { Args, Flags } from '../src/cli/oclif.js';
import { grantsAnswer } from '../src/cli/port-answers.js';
import { CHOOSES_PORT, commonOptions, ttlOf, writeFlags } from '../src/cli/write-flags.js';

export default class Allocate extends VportsCommand {
  static override summary = 'Give a resource its ports';
  static override examples = [
    '<%= config.bin %> allocate',
    '<%= config.bin %> allocate my-resource',
    '<%= config.bin %> allocate web --port api --port ui=35000 --owner team-web',
    '<%= config.bin %> allocate e2e --ttl 2h',
  ];
  static override args = {
    resource: Args.string({ description: "who gets the ports; default: this folder's" }),
  };
  static override flags = {
    ...writeFlags,
    port: Flags.string({
      multiple: true,
      description: `${CHOOSES_PORT}; the number is the preferred one`,
    }),
    range: Flags.string({ description: 'take them from this range: its id, or FROM-TO' }),
    dynamic: Flags.boolean({ description: 'a lease: borrowed by this machine, for a time' }),
    ttl: Flags.string({ description: 'a lease this long: 30m, 2h, 7d' }),
    block: Flags.integer({ min: 1, max: 1000, description: 'number of consecutive ports' }),
    strict: Flags.boolean({ description: 'fail where another port than the preferred one would be granted' }),
    dir: Flags.string({ description: 'the folder of the resource, with its service.json and README' }),
    owner: Flags.string({ description: 'the team or person who answers for it' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Allocate);
    const { port: ports, range, dynamic, block, strict, owner } = flags;
    const options = {
      ...commonOptions(flags),
      ports,
      range,
      dynamic,
      ttl: ttlOf(flags.ttl),
      block,
      strict,
      owner,
    };
    await this.onRegistry(flags, async (registry) => {
      const grants = await registry.allocate(args.resource, options);
      const answer = grantsAnswer(registry, grants, flags);
      if (args.resource !== undefined) return answer;
      return {
        ...answer,
        story: [`the resource of this folder is ${grants.resource}`, ...(answer.story ?? [])],
      };
    });
  }
}
