import { currentResource, resourceFlag } from '../../src/cli/here-flags.js';
import { Args } from '../../src/cli/oclif.js';
import { checkAnswer } from '../../src/cli/port-answers.js';
import { readFlags } from '../../src/cli/read-flags.js';
import { registryCommand } from '../../src/cli/registry-command.js';

export default registryCommand({
  summary: 'Check whether the current resource can use its ports, or one port',
  description: 'Exits 0 if it can, and 1 if another resource or process has the port.',
  examples: ['vports port check', 'vports port check 25000'],
  args: { port: Args.string({ description: 'one port; default: all its ports' }) },
  flags: { ...readFlags, ...resourceFlag },
  before: ({ flags }) => ({ resource: currentResource(flags) }),
  answer: (registry, { args, flags, resource }) =>
    checkAnswer(registry, args.port ?? resource, { at: flags.at, for: resource }),
});
