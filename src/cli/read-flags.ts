import { Flags } from './oclif.js';

/** What every command that reads takes. */
export const readFlags = {
  at: Flags.string({ description: 'as it was: a commit, a tag, a branch, 2026-11-01, "3 days ago"' }),
};
