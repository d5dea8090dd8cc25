import { Args } from '../../src/cli/oclif.js';
import { releaseAnswer } from '../../src/cli/port-answers.js';
import { registryCommand } from '../../src/cli/registry-command.js';

export default registryCommand({
  summary: 'Release all ports of a resource, or one',
  examples: ['vports port-registry release web 25000'],
  args: {
    resource: Args.string({ required: true, description: 'the resource' }),
    port: Args.string({ description: 'default: all its ports' }),
  },
  answer(registry, { args }) {
    const ports = args.port === undefined ? [] : [args.port];
    return releaseAnswer(registry, args.resource, { ports });
  },
});
