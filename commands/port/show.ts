import { currentResource, resourceFlag } from '../../src/cli/here-flags.js';
import { shownAnswer } from '../../src/cli/port-answers.js';
import { readFlags } from '../../src/cli/read-flags.js';
import { registryCommand } from '../../src/cli/registry-command.js';

export default registryCommand({
  summary: 'Show the ports of the current resource',
  examples: ['vports port show', 'RESOURCE_NAME=web vports port show'],
  flags: { ...readFlags, ...resourceFlag },
  answer: (registry, { flags }) => shownAnswer(registry, currentResource(flags), flags),
});
