/** Path of the policy from the registry's root. */
export const POLICY_PATH = 'policy.json';
