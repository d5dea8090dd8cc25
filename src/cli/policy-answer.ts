import { VportsError } from '../errors.js';
import type { Registry } from '../registry/registry.js';
import type { ChangedPolicy } from '../registry/verbs/policy.js';
import { strandedLine } from '../review/policy-changes.js';
import type { Answer } from './command.js';
import { confirm } from './confirm.js';
import { Flags } from './oclif.js';
import { commonOptions, writeAnswer, writeFlags } from './write-flags.js';

const { 'dry-run': dryRun, branch, reason, pr, draft, wait } = writeFlags;

/** A policy change is a commit without events, so only some write flags apply. */
export const policyWriteFlags = {
  'dry-run': dryRun,
  branch,
  pr,
  draft,
  wait,
  reason,
  yes: Flags.boolean({
    char: 'y',
    description: 'do not ask for confirmation if held ports end up outside every range',
  }),
};

/** On a terminal, asks before held ports end up outside every range; without one that takes -y. Throws BAD_USAGE. */
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
      ? `${changeLines(wanted).join('\n')}\nContinue?`
      : `${wanted.stranded.map(strandedLine).join(', ')}.`;
    if (wanted.stranded.length > 0 && !(await confirm(question)))
      return { text: '', notes: ['nothing was changed'], exit: 1 };
  }
  const changed = await registry.changePolicy(change, subject, options);
  const { policy, diff, stranded, ...outcome } = changed;
  const lines = changeLines(changed);
  return writeAnswer(
    registry,
    outcome,
    {
      text: lines.length > 0 ? lines.join('\n') : 'no effective change',
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

function changeLines({ diff, stranded }: ChangedPolicy): string[] {
  return [...diff, ...stranded.map(strandedLine)];
}

/** Throws CONFLICT if somebody else changed the policy in the meantime. */
export function unlessChanged(before: string, after: string): (now: string) => string {
  return (now) => {
    if (now === before) return after;
    throw new VportsError('CONFLICT', 'somebody else changed the policy while you edited it', {
      hint: 'see `vports policy show` and edit again',
    });
  };
}
