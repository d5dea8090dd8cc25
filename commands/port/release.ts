import { currentResource, resourceFlag } from '../../src/cli/here-flags.js';
import { releaseAnswer } from '../../src/cli/port-answers.js';
import { registryCommand } from '../../src/cli/registry-command.js';
import { writeFlags } from '../../src/cli/write-flags.js';

export default registryCommand({
  summary: 'Release the ports of the current resource',
  examples: ['vports port release'],
  flags: { ...writeFlags, ...resourceFlag },
  answer: (registry, { options }) => releaseAnswer(registry, currentResource(options), options),
});
