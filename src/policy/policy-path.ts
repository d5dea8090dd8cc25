/** Where the policy stands, from the registry's root. */
export const POLICY_PATH = 'policy.json';
