import { registryCommand } from '../../src/cli/registry-command.js';

export default registryCommand({
  summary: 'Check the policy and report errors with their line',
  examples: ['vports policy check'],
  async answer(registry) {
    const { source, policy } = await registry.policy();
    return {
      text: `the policy is valid: ${policy.ranges.length} ranges`,
      json: { policy: JSON.parse(source) },
    };
  },
});
