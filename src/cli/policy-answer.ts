import { VportsError } from '../errors.js';
import type { Registry } from '../registry/registry.js';
import type { ChangedPolicy } from '../registry/verbs/policy.js';
import { strandedLine } from '../review/policy-changes.js';
import type { Answer } from './command.js';
import { confirm } from './confirm.js';
import { Flags } from './oclif.js';
import { commonOptions, writeAnswer, writeFlags } from './write-flags.js';

const { 'dry-run': dryRun, branch, reason } = writeFlags;

/** A policy change is a commit, but no event: it takes what makes sense for one. */
export const policyWriteFlags = {
  'dry-run': dryRun,
  branch,
  reason,
  yes: Flags.boolean({ char: 'y', description: 'do not ask, even where held ports are left outside' }),
};

/** Whoever sits at a terminal is asked before held ports are left outside; without one that takes -y. Throws BAD_USAGE. */
export async function policyAnswer(
  registry: Registry,
  change: (source: string) => string,
  subject: string,
  flags: { 'dry-run': boolean; reason?: string | undefined; yes: boolean; json: boolean },
): Promise<Answer> {
  const options = commonOptions({ ...flags, docs: false });
  if (!(flags.yes || flags['dry-run'])) {
    const wanted = await registry.changePolicy(change, subject, { ...options, dryRun: true });
    const isTerminal = process.stdin.isTTY && process.stderr.isTTY;
    const question = isTerminal
      ? `${told(wanted).join('\n')}\nGo on?`
      : `${wanted.stranded.map(strandedLine).join(', ')}.`;
    if (wanted.stranded.length > 0 && !(await confirm(question)))
      return { text: '', story: ['nothing was changed'], exit: 1 };
  }
  const changed = await registry.changePolicy(change, subject, options);
  const { policy, diff, stranded, ...outcome } = changed;
  const lines = told(changed);
  return writeAnswer(
    registry,
    outcome,
    {
      text: lines.length > 0 ? lines.join('\n') : 'the policy means what it meant before',
      json: { policy, diff, stranded: stranded.map(holder) },
    },
    flags,
  );
}

const holder = ({ port, protocol, resource, name }: ChangedPolicy['stranded'][number]) => ({
  port,
  protocol,
  resource,
  name,
});

function told({ diff, stranded }: ChangedPolicy): string[] {
  return [...diff, ...stranded.map(strandedLine)];
}

/** The text as edited, provided that nobody else has changed it meanwhile. Throws CONFLICT. */
export function unlessChanged(before: string, after: string): (now: string) => string {
  return (now) => {
    if (now === before) return after;
    throw new VportsError('CONFLICT', 'somebody else changed the policy while you edited it', {
      hint: 'look at it with `vports policy show` and edit again',
    });
  };
}
