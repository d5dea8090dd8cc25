import type { FollowedRequest, Request } from '../../forge/index.js';

/** `pull request #7: open, in conflict, checks failing, approved`. */
export function requestInWords({ called, state, ...request }: FollowedRequest): string {
  const what = state === 'closed' ? 'closed without a merge' : state;
  return `${called}: ${[what, ...standing(request)].join(', ')}`;
}

/** What there is to say of an open request: `['draft', 'in conflict', 'checks failing', 'approved']`. */
export function standing({
  draft,
  conflicts,
  checks,
  review,
}: Pick<FollowedRequest, 'draft' | 'conflicts' | 'checks' | 'review'>): string[] {
  return [
    ...(draft ? ['draft'] : []),
    ...(conflicts ? ['in conflict'] : []),
    ...(checks === null ? [] : [`checks ${checks}`]),
    ...(review === null ? [] : [review]),
  ];
}

/** What a push did about the request of its branch. */
export function proposalInWords({ called, url, state, isNew }: Request & { isNew: boolean }): string[] {
  const line = `${isNew ? 'opened' : 'updated'} ${called}${url === '' ? '' : `: ${url}`}`;
  return state === 'open' ? [line] : [line, `${called} is ${state}`];
}
