import { parse } from 'jsonc-parser';
import { noneIfRefused } from '../../attempt.js';
import { VportsError } from '../../errors.js';
import { openRepository } from '../../log/git/index.js';
import { Audit } from '../../log/inspect/index.js';
import { mergePolicies } from '../../policy/merge-policies.js';
import { POLICY_PATH } from '../../policy/policy-path.js';
import type { Logs } from '../state/logs.js';

/** The policy before and after a commit that changed it. */
export interface PolicyTurn {
  commit: string;
  before: string;
  after: string;
  /** Whether the commit is only on another branch. */
  isElsewhere: boolean;
}

/** Undefined for a commit that left the policy as it was in its first parent, or that has none. */
export async function policyTurnOf(logs: Logs, commit: string): Promise<PolicyTurn | undefined> {
  return Audit.of(openRepository(logs.place.path), async (audit) => {
    const [parent] = (await audit.about(commit)).parents;
    const before = parent === undefined ? undefined : await audit.text(parent, POLICY_PATH);
    const after = await audit.text(commit, POLICY_PATH);
    if (before === undefined || after === undefined || before === after) return undefined;
    const head = await headOf(logs);
    return { commit, before, after, isElsewhere: !(await audit.contains(head, commit)) };
  });
}

/** Takes the change of a commit out of a later policy, key by key. It throws CONFLICT where a key was changed again since. */
export async function backBefore(logs: Logs, turn: PolicyTurn): Promise<(now: string) => string> {
  const { before, after, commit } = turn;
  refuseId(turn);
  const without = (now: string) => mergePolicies({ base: after, ours: before, theirs: now });
  const log = await logs.registry();
  const later =
    without(await log.reader.policySource()) === undefined ? await firstAgainst(logs, turn) : undefined;
  return (now) => {
    const text = without(now);
    if (text !== undefined) return text;
    const again = later && ` by ${later.slice(0, 10)}`;
    throw new VportsError(
      'CONFLICT',
      `what ${commit.slice(0, 10)} changed in the policy was changed again${again ?? ' since'}`,
      {
        hint: later
          ? `undo that first: \`vports undo ${later.slice(0, 10)}\``
          : 'change it with `vports policy edit`',
        details: { commit, ...(later && { later }) },
      },
    );
  };
}

/** Every signature is for the id of the registry. */
function refuseId({ before, after, commit }: PolicyTurn): void {
  const [old, next] = [before, after].map((text) => (parse(text) as { id?: unknown } | undefined)?.id);
  if (old === next) return;
  throw new VportsError('CONFLICT', `${commit.slice(0, 10)} gave the registry its id, which has to stay`, {
    hint: 'change the other keys with `vports policy set`',
    details: { commit },
  });
}

/** The first later commit whose policy no longer allows it. Undefined where git cannot be asked. */
async function firstAgainst(logs: Logs, { commit, before, after }: PolicyTurn): Promise<string | undefined> {
  const found = Audit.of(openRepository(logs.place.path), async (audit) => {
    const later = await audit.commitsThatChange(await headOf(logs), commit, POLICY_PATH);
    for (const it of later.reverse()) {
      const theirs = await audit.text(it, POLICY_PATH);
      if (theirs !== undefined && mergePolicies({ base: after, ours: before, theirs }) === undefined)
        return it;
    }
    return undefined;
  });
  return found.catch(noneIfRefused);
}

async function headOf(logs: Logs): Promise<string> {
  return (await (await logs.registry()).reader.state()).head!;
}
