import { Args, Flags } from '../src/cli/oclif.js';
import { releaseAnswer } from '../src/cli/port-answers.js';
import { registryCommand } from '../src/cli/registry-command.js';
import { CHOOSES_PORT, writeFlags } from '../src/cli/write-flags.js';

export default registryCommand({
  summary: 'Release ports',
  examples: [
    'vports release web',
    'vports release web --port api --port 35000',
    `vports release 'old-*' shop`,
  ],
  strict: false,
  args: {
    resource: Args.string({
      required: true,
      description: 'the resource(s): names and globs, in one commit',
    }),
  },
  flags: {
    ...writeFlags,
    port: Flags.string({ multiple: true, description: `${CHOOSES_PORT}; default: all its ports` }),
    strict: Flags.boolean({ description: 'fail if there is nothing to release' }),
    dir: Flags.string({ description: "the resource's folder, with its service.json and README" }),
  },
  answer: (registry, { argv, options }) => releaseAnswer(registry, argv, { ...options, ports: options.port }),
});
