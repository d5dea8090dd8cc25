import { registryCommand } from '../../src/cli/registry-command.js';

export default registryCommand({
  summary: 'Print the policy: ranges, reserved ports, lease bounds',
  examples: ['vports policy show', 'vports policy show > policy.json'],
  async answer(registry) {
    const { source } = await registry.policy();
    return { text: source.trimEnd(), json: { policy: JSON.parse(source) } };
  },
});
