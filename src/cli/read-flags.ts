import { Flags } from './oclif.js';

/** What every command that reads takes. */
export const readFlags = {
  at: Flags.string({
    description:
      'as of this commit, tag, branch or date: 2026-11-01, "3 days ago" (local time unless a zone is given)',
  }),
};
