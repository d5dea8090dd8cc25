import { Args } from '../src/cli/oclif.js';
import { shownAnswer } from '../src/cli/port-answers.js';
import { readFlags } from '../src/cli/read-flags.js';
import { registryCommand } from '../src/cli/registry-command.js';

export default registryCommand({
  summary: 'Show the ports of a resource',
  examples: ['vports show web', 'vports show web --json'],
  args: { resource: Args.string({ required: true, description: 'the resource' }) },
  flags: readFlags,
  answer: (registry, { args, flags }) => shownAnswer(registry, args.resource, flags),
});
