import { labelOf } from '../../events/names.js';
import type { ResolvedConflicts } from '../registry/verbs/resolve.js';

/** Who moved, a line each. */
export function renderResolved({ moved }: Pick<ResolvedConflicts, 'moved'>): string {
  return moved.map((it) => `${labelOf(it)} moved from ${it.from} to ${it.to}/${it.protocol}`).join('\n');
}

/** What went, what follows, and what is left to do. */
export function storyOfResolved(
  { dropped, documents, others, commit, published }: Omit<ResolvedConflicts, 'warnings'>,
  remote: string | undefined,
): string[] {
  return [
    ...dropped.map(({ path, resource }) => `dropped ${path} of ${resource}`),
    ...documents.map((path) => `wrote ${path}`),
    ...others.map((path) => `still in conflict: ${path}`),
    ...(commit === undefined
      ? [
          others.length > 0
            ? 'settle these too, then commit'
            : 'settled: `git commit --no-edit`, or `git rebase --continue`',
        ]
      : [`merged as ${commit.slice(0, 10)}`]),
    ...(published === 'pushed' && remote ? [`pushed to ${remote}`] : []),
  ];
}
