import source from '../../registry-repo/policy.json' with { type: 'json' };

/** The policy of a new registry, as written by `vports init`. */
export function defaultPolicySource(): string {
  return `${JSON.stringify(source, null, 2)}\n`;
}
