import type { OptionFlag } from '@oclif/core/interfaces';
import { Flags } from './oclif.js';

export const readFlags = {
  at: Flags.string({
    description:
      'as of this commit, tag, branch or date: 2026-11-01, "3 days ago" (local time unless a zone is given)',
  }),
};

export const limitFlag = {
  limit: Flags.integer({ char: 'n', min: 1, description: 'print at most N lines', helpValue: 'N' }),
};

/** `table` is an alias of `text` in every command. */
export function formatFlag<Other extends string>(description: string, others: Other[]) {
  const parse = async (format: string) => (format === 'table' ? 'text' : format);
  const flag = Flags.string({ description, parse, options: ['text', 'table', ...others] });
  return flag as OptionFlag<'text' | Other | undefined>;
}
