import { Args, Flags } from '../src/cli/oclif.js';
import { checkAnswer } from '../src/cli/port-answers.js';
import { readFlags } from '../src/cli/read-flags.js';
import { registryCommand } from '../src/cli/registry-command.js';

export default registryCommand({
  summary: 'Ask whether a port is free, in the registry and on this machine',
  description:
    'Exits 0 if it is free (or, with --for, held by that resource), and 1 if not. With a range or a resource of several ports, exits 0 if all are free.',
  examples: [
    'vports check 25000',
    'vports check 25000 --for web',
    'vports check 3000-3010',
    'vports check web',
  ],
  args: {
    what: Args.string({
      required: true,
      description: 'a port, FROM-TO, or a resource (checks all its ports)',
    }),
  },
  flags: {
    ...readFlags,
    for: Flags.string({ description: 'ask on behalf of this resource' }),
    verbose: Flags.boolean({
      char: 'v',
      description: 'also show hazards that apply on every machine (IANA, NodePort)',
    }),
  },
  answer: (registry, { args, flags }) => checkAnswer(registry, args.what, flags),
});
