import source from '../../registry-repo/policy.json' with { type: 'json' };

/** The policy of a fresh registry: the file that `vports init` lays down. */
export function defaultPolicySource(): string {
  return `${JSON.stringify(source, null, 2)}\n`;
}
