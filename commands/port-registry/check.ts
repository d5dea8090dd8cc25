import { Args } from '../../src/cli/oclif.js';
import { registryCommand } from '../../src/cli/registry-command.js';
import { renderCheck } from '../../src/render/ports.js';

export default registryCommand({
  summary: 'Print `available`, or who holds a port',
  description:
    'Exits 0 either way. Reads only the logs; the calling script checks whether the port is in use here.',
  examples: ['vports port-registry check 25000'],
  args: { port: Args.string({ required: true, description: 'PORT, or PORT/udp' }) },
  async answer(registry, { args }) {
    const json = await registry.check(args.port, { host: false });
    const text = json.claim && json.verdict === 'claimed' ? json.claim.resource : renderCheck(json);
    return { text, json, warnings: json.warnings };
  },
});
