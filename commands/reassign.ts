import { Args, Flags } from '../src/cli/oclif.js';
import { registryCommand } from '../src/cli/registry-command.js';
import { CHOOSES_PORT, writeAnswer, writeFlags } from '../src/cli/write-flags.js';

export default registryCommand({
  summary: 'Move a resource to another port, or many into a range',
  examples: [
    'vports reassign web --port api --to 30010',
    'vports reassign web --range ai-ml',
    `vports reassign 'legacy-*' shop --range auto --branch moving-day`,
  ],
  strict: false,
  args: {
    resource: Args.string({
      required: true,
      description: 'the resource to move; with --range, several names and globs',
    }),
  },
  flags: {
    ...writeFlags,
    port: Flags.string({ description: `${CHOOSES_PORT}: the port to move` }),
    to: Flags.string({ description: 'the new port; default: the next free port of the range' }),
    range: Flags.string({
      description:
        'the new range: an id, FROM-TO, or `auto` for the range the policy matches it to; default: the current range',
    }),
    'allow-outside-policy': Flags.boolean({
      description: 'with --to: allow a reserved port, or one outside every range',
      dependsOn: ['to'],
    }),
    dir: Flags.string({ description: "the resource's folder, with its service.json and README" }),
  },
  async answer(registry, { argv, options }) {
    const { moved, ...outcome } = await registry.reassign(argv, options);
    const many = new Set(moved.map(({ resource }) => resource)).size > 1;
    const text =
      moved.length === 1 && !many
        ? String(moved[0]!.to)
        : moved.map((it) => `${many ? `${it.resource} ` : ''}${it.name}=${it.to}`).join('\n');
    return writeAnswer(registry, outcome, { text, json: { moved } }, options);
  },
});
