import { labelOf } from '../../events/names.js';
import { formatPort } from '../../events/port.js';
import { VportsError } from '../errors.js';
import { type Bounds, parseBounds } from '../policy/policy.js';
import type { Registry } from '../registry/registry.js';
import type { ChangedPolicy, MovedRange } from '../registry/verbs/policy.js';
import type { Common } from '../registry/write/outcome.js';
import { strandedLine } from '../review/policy-changes.js';
import type { Answer } from './command.js';
import { confirm } from './confirm.js';
import { Flags } from './oclif.js';
import { writeAnswer, writeFlags } from './write-flags.js';

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

interface PolicyOptions extends Common {
  dryRun: boolean;
  yes: boolean;
}

export async function policyAnswer(
  registry: Registry,
  change: (source: string) => string,
  subject: string,
  options: PolicyOptions,
): Promise<Answer> {
  return answerTo(registry, (asked) => registry.changePolicy(change, subject, asked), options);
}

/** The answer to a change of the policy, after asking whether it may leave held ports outside every range. */
export async function answerTo(
  registry: Registry,
  write: (options: Common) => Promise<ChangedPolicy & { moved?: MovedRange['moved'] }>,
  { yes, ...asked }: PolicyOptions,
): Promise<Answer> {
  const options = { ...asked, docs: false };
  if (!(yes || options.dryRun)) {
    const wanted = await write({ ...options, dryRun: true });
    if (wanted.stranded.length > 0 && !(await confirmStranding(wanted)))
      return { text: '', notes: ['nothing was changed'], exit: 1 };
  }
  const { policy, diff, stranded, moved, ...outcome } = await write(options);
  const lines = [
    ...changeLines({ diff, stranded }),
    ...(moved ?? []).map(
      ({ protocol, from, to, ...it }) =>
        `${labelOf(it)} moves from ${from} to ${formatPort({ port: to, protocol })}`,
    ),
  ];
  const json = { policy, ...changeFacts({ diff, stranded }), ...(moved && { moved }) };
  const text = lines.length > 0 ? lines.join('\n') : 'no effective change';
  return writeAnswer(registry, outcome, { text, json }, options);
}

/** `FROM-TO`. Throws BAD_RANGE. */
export function boundsFrom(text: string): Bounds {
  const bounds = parseBounds(text);
  if (bounds) return bounds;
  throw new VportsError('BAD_RANGE', `${JSON.stringify(text.slice(0, 80))} is not a range of ports`, {
    hint: 'write FROM-TO, like 12000-12099',
  });
}

export type Stranding = Pick<ChangedPolicy, 'diff' | 'stranded'>;

/** On a terminal, asks before held ports end up outside every range; without one that takes -y. Throws BAD_USAGE. */
export function confirmStranding(change: Stranding): Promise<boolean> {
  const isTerminal = process.stdin.isTTY && process.stderr.isTTY;
  const question = isTerminal
    ? `${changeLines(change).join('\n')}\nContinue?`
    : `${change.stranded.map(strandedLine).join(', ')}.`;
  return confirm(question);
}

export function changeLines({ diff, stranded }: Stranding): string[] {
  return [...diff, ...stranded.map(strandedLine)];
}

/** For an answer in JSON. */
export function changeFacts({ diff, stranded }: Stranding) {
  const named = stranded.map(({ port, protocol, resource, name }) => ({ port, protocol, resource, name }));
  return { diff, stranded: named };
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
