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
export function proposalInWords({
  called,
  url,
  state,
  isNew,
  reviewers,
}: Request & { isNew: boolean; reviewers: readonly string[] }): string[] {
  return [
    `${isNew ? 'opened' : 'updated'} ${called}${url === '' ? '' : `: ${url}`}`,
    ...(reviewers.length > 0 ? [`asked ${reviewers.join(', ')} to review it`] : []),
    ...(state === 'open' ? [] : [`${called} is ${state}`]),
  ];
}
