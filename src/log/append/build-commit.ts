import { encodeSound } from '../../../events/encoding.js';
import type { PortEvent } from '../../../events/event.js';
import { EVENTS, pathOf } from '../../../events/event-path.js';
import type { Policy } from '../../policy/policy.js';
import { POLICY_PATH } from '../../policy/policy-path.js';
import type { Batch, CommittedDocument, TextVersion } from '../event-log.js';
import type { Snapshot } from '../fold/snapshot.js';
import { signatureOf } from '../git/commit.js';
import type { Objects } from '../git/objects.js';
import { HeadMoved } from '../git/refs.js';
import { commitMessage, newChangeId, subjectBy, subjectOf } from './commit-message.js';
import type { CommittedFile } from './journal.js';

interface StagedCommit {
  oid: string;
  tree: string;
  files: CommittedFile[];
  /** `NAME <EMAIL> SECONDS ZONE` as in the commit, for the reflog. */
  signature: string;
  subject: string;
}

/** Stages a commit that adds a batch to the folded state. Throws HeadMoved if an event file already exists, BrokenStream for an invalid event. */
export async function stageCommit(
  objects: Objects,
  { head, tree, policy }: Pick<Snapshot, 'head' | 'tree' | 'policy'>,
  prefix: string,
  batch: Batch,
  events: PortEvent[],
): Promise<StagedCommit> {
  const written: CommittedDocument[] = [
    // An event that our own reader rejects must never be written: the stream would be damaged for good.
    ...events.map((it) => ({ path: prefix + pathOf(it), content: encodeSound(it) })),
    ...(batch.files ?? []).map(({ path, content }) => ({ path: prefix + path, content })),
    ...(batch.documents ?? []),
  ];
  const contents = new Map(
    written.map(({ path, content }) => [path, content === null ? undefined : stageText(objects, content)]),
  );
  const restored = new Set((batch.files ?? []).filter((it) => it.restores).map(({ path }) => prefix + path));
  const { root: grown, before } = await objects.stageFiles(tree, contents);
  const files = written.map((file): CommittedFile => {
    const { path, content } = file;
    if (content !== null && before.has(path) && path.startsWith(`${prefix}${EVENTS}/`) && !restored.has(path))
      throw new HeadMoved(`${path} is already there`);
    return { path, before: before.get(path), after: contents.get(path), ...stageVersions(objects, file) };
  });
  const time = events.length > 0 ? Date.parse(events[0]!.at) : batch.at;
  const signature = signatureOf(batch.by, time, zone(time));
  const left = await policyLeft(policy, batch);
  const subject = subjectBy(left, batch.subject ?? subjectOf(batch.events));
  const message = commitMessage(subject, events, { reason: batch.reason, changeId: newChangeId(left) });
  const oid = await objects.stageCommit(
    { tree: grown, parents: [head], signature, message },
    { sign: batch.sign },
  );
  return { oid, tree: grown, files, signature, subject };
}

/** The policy that a batch leaves: what it asks of subjects counts for the commit that asks it. */
async function policyLeft(policy: Policy, { files = [] }: Batch): Promise<Policy> {
  const text = files.find(({ path }) => path === POLICY_PATH)?.content;
  if (!text) return policy;
  return (await import('../../policy/policy-file.js')).parsePolicy(text);
}

function stageText(objects: Objects, text: string): string {
  return objects.stage('blob', Buffer.from(text));
}

/** Stages both versions of the user's uncommitted content in index or work tree, so that it can be restored. */
function stageVersions(objects: Objects, { index, worktree }: CommittedDocument): Partial<CommittedFile> {
  const staged = ({ before, after }: TextVersion) => ({
    before: stageText(objects, before),
    after: stageText(objects, after),
  });
  return { ...(index && { index: staged(index) }), ...(worktree && { worktree: staged(worktree) }) };
}

/** This machine's offset in git's notation: `+0200`. */
function zone(time: number): string {
  const minutes = -new Date(time).getTimezoneOffset();
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `${minutes < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}${String(rest).padStart(2, '0')}`;
}
