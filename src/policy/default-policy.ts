import source from '../../registry-repo/policy.json' with { type: 'json' };

export function defaultPolicySource(): string {
  return `${JSON.stringify(source, null, 2)}\n`;
}
