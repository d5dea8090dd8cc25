import type { LeaseOwner } from '../../../events/lease.js';
import { type Caller, resolveNames } from '../caller.js';
import { ofEach } from '../decide/matching-resources.js';
import { release as decide, type Released } from '../decide/release.js';
import { checkedReason, requirePortChoice } from '../input.js';
import { documentsFollowing } from '../update-documents/documents-of.js';
import { type Common, type Outcome, outcomeOf } from '../write/outcome.js';
import { write } from '../write/write.js';

export interface ReleaseOptions extends Common {
  ports?: string[] | undefined;
  strict?: boolean | undefined;
  ownedBy?: LeaseOwner | undefined;
}

export async function release(
  caller: Caller,
  names: string[],
  options: ReleaseOptions,
): Promise<Outcome & { released: Released[] }> {
  const patterns = await resolveNames(caller, names, 'release');
  const { ports = [], strict, ownedBy } = options;
  for (const text of ports) requirePortChoice(text);
  const command = { ports, strict, ownedBy, reason: checkedReason(options.reason) };
  const { documents, warnings } = documentsFollowing(caller, patterns, options);
  const written = await write(caller.logs, {
    decide: (view) => ofEach(view, patterns, (resource) => decide(view, { ...command, resource })),
    resources: patterns,
    documents: () => documents,
    dryRun: options.dryRun,
  });
  const about = documents.map(({ resource, folder }) => {
    const released = written.answer.filter((it) => it.resource === resource).map(({ name }) => name);
    return { resource, folder, released };
  });
  const outcome = await outcomeOf(written, options, about);
  return { released: written.answer, ...outcome, warnings: [...outcome.warnings, ...warnings] };
}
