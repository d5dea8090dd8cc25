import { Args, Flags } from '../src/cli/oclif.js';
import { readFlags } from '../src/cli/read-flags.js';
import { registryCommand } from '../src/cli/registry-command.js';
import { EXIT_CODES } from '../src/errors.js';
import { renderWho } from '../src/render/who.js';

export default registryCommand({
  summary: 'Show who holds a port, since when, who allocated it and why',
  examples: ['vports who 25000', 'vports who 51820/udp'],
  args: { port: Args.string({ required: true, description: 'the port' }) },
  flags: {
    ...readFlags,
    verbose: Flags.boolean({
      char: 'v',
      description: 'also show hazards that apply on every machine (IANA, NodePort)',
    }),
  },
  async answer(registry, { args, flags }) {
    const json = await registry.who(args.port, flags);
    const isDamaged = json.warnings.some(({ code }) => code === 'STREAM_DAMAGED');
    const exit = isDamaged ? EXIT_CODES.STREAM_DAMAGED : 0;
    return { text: renderWho(json), json, warnings: json.warnings, exit };
  },
});
