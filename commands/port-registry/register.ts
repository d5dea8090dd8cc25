import { Args } from '../../src/cli/oclif.js';
import { grantsAnswer } from '../../src/cli/port-answers.js';
import { registryCommand } from '../../src/cli/registry-command.js';

export default registryCommand({
  summary: 'Allocate exactly this port',
  description:
    'Named as in service.json, else main, else p and the number. Exits 1 if the port is not available.',
  examples: ['vports port-registry register web 25000'],
  args: {
    resource: Args.string({ required: true, description: 'the resource that gets the port' }),
    port: Args.string({ required: true, description: 'PORT, or PORT/udp' }),
  },
  answer: async (registry, { args }) =>
    grantsAnswer(registry, await registry.allocateExact(args.resource, args.port), {}),
});
