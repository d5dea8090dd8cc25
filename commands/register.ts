import { Args, Flags } from '../src/cli/oclif.js';
import { grantsAnswer } from '../src/cli/port-answers.js';
import { registryCommand } from '../src/cli/registry-command.js';
import { writeFlags } from '../src/cli/write-flags.js';

export default registryCommand({
  summary: 'Register a port that a resource already uses',
  examples: [
    'vports register grafana 25300',
    'vports register legacy http=8080 --allow-outside-policy --reason "moves in March"',
  ],
  strict: false,
  args: {
    resource: Args.string({ required: true, description: 'the resource that uses the port' }),
    port: Args.string({ required: true, description: 'PORT, or NAME=PORT; several may follow' }),
  },
  flags: {
    ...writeFlags,
    'allow-outside-policy': Flags.boolean({
      description: 'allow a reserved port, or one outside every range',
    }),
    dir: Flags.string({ description: "the resource's folder, with its service.json and README" }),
    owner: Flags.string({ description: 'the team or person responsible for it' }),
  },
  async answer(registry, { args, argv, options }) {
    const grants = await registry.register(args.resource, argv.slice(1), options);
    return grantsAnswer(registry, grants, options);
  },
});
