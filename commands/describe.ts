import { Args, Flags } from '../src/cli/oclif.js';
import { registryCommand } from '../src/cli/registry-command.js';
import { CHOOSES_PORT, writeAnswer, writeFlags } from '../src/cli/write-flags.js';

export default registryCommand({
  summary: 'Set the owner of a port, or the reason it is held',
  examples: [
    'vports describe web --owner team-web --reason "customer front end"',
    `vports describe 'web*' --to-project github.com/acme/shop`,
  ],
  strict: false,
  args: {
    resource: Args.string({
      required: true,
      description: 'the resource(s): names and globs, in one commit',
    }),
  },
  flags: {
    ...writeFlags,
    port: Flags.string({ description: `${CHOOSES_PORT}; default: all its ports` }),
    owner: Flags.string({ description: 'the team or person responsible for it' }),
    'to-project': Flags.string({
      description: 'hand the port over to this project, like github.com/acme/shop',
    }),
  },
  async answer(registry, { argv, options }) {
    const { described, ...outcome } = await registry.describe(argv, options);
    return writeAnswer(registry, outcome, { text: '', json: { described } }, options);
  },
});
