import { labelOf } from '../../events/names.js';
import { proposalInWords } from '../registry/query/request-words.js';
import type { ResolvedConflicts } from '../registry/verbs/resolve.js';

export function renderResolved({ moved }: Pick<ResolvedConflicts, 'moved'>, dryRun = false): string {
  const how = dryRun ? 'would move' : 'moved';
  return moved.map((it) => `${labelOf(it)} ${how} from ${it.from} to ${it.to}/${it.protocol}`).join('\n');
}

export function storyOfResolved(
  { dropped, documents, others, commit, kept, published, request }: Omit<ResolvedConflicts, 'warnings'>,
  { remote, dryRun = false }: { remote: string | undefined; dryRun?: boolean },
): string[] {
  const drops = dryRun ? 'dry run: would drop' : 'dropped';
  return [
    ...dropped.map(({ path, resource }) => `${drops} ${path} of ${resource}`),
    ...documents.map((path) => `wrote ${path}`),
    ...others.map((path) => `still in conflict: ${path}`),
    ...(dryRun
      ? []
      : commit === undefined
        ? [
            others.length > 0
              ? 'resolve these too, then commit'
              : 'resolved; continue with `git commit --no-edit` or `git rebase --continue`',
          ]
        : kept === undefined
          ? [`merged as ${commit.slice(0, 10)}`]
          : [`rebased as ${commit.slice(0, 10)}; the commits before are kept as ${kept}`]),
    ...(published === 'pushed' && remote ? [`pushed to ${remote}`] : []),
    ...(request ? proposalInWords(request) : []),
  ];
}
