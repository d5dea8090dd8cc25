import { Args } from '../src/cli/oclif.js';
import { readFlags } from '../src/cli/read-flags.js';
import { registryCommand } from '../src/cli/registry-command.js';

export default registryCommand({
  summary: 'Print the port of a resource',
  examples: ['vports get web', 'vports get web api'],
  args: {
    resource: Args.string({ required: true, description: 'the resource' }),
    name: Args.string({ description: 'the name of the port; default: main, or the only one' }),
  },
  flags: readFlags,
  async answer(registry, { args, flags }) {
    const { warnings, ...json } = await registry.get(args.resource, args.name, flags);
    return { text: String(json.port), json, warnings };
  },
});
