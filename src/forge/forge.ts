/** A pull request, or what its host calls a merge request. Its texts may be printed. */
export interface Request {
  number: number;
  /** As the host writes it: `pull request #7`, `merge request !7`. */
  called: string;
  /** Address of its page; empty where the host gives none. */
  url: string;
  state: 'open' | 'merged' | 'closed';
}

/** What became of a request so far; of one that is not open, nothing. */
export interface FollowedRequest extends Request {
  draft: boolean;
  /** It cannot be merged as it is. */
  conflicts: boolean;
  /** Null without any. */
  checks: 'passing' | 'pending' | 'failing' | null;
  review: 'approved' | 'changes requested' | null;
}

export interface Proposal {
  /** Names of branches. */
  branch: string;
  base: string;
  title: string;
  /** Markdown. */
  text: string;
  draft: boolean;
}

/** A host of requests. Each function throws REMOTE_UNREACHABLE for a refusal or failure. */
export interface Forge {
  /** The open request of a branch, else the last one. */
  latestOf: (branch: string, base: string) => Promise<Request | undefined>;
  open: (proposal: Proposal) => Promise<Request>;
  /** Changes title and text. */
  update: (number: number, proposal: Proposal) => Promise<Request>;
  /**
   * Asks people and teams, as CODEOWNERS calls them, to review an open request; returns those that could be asked. Its author and those that the
   * host knows no way to ask are left out.
   */
  askForReview: (number: number, owners: readonly string[]) => Promise<string[]>;
  /** Undefined where none has this number. */
  request: (number: number) => Promise<FollowedRequest | undefined>;
}

/** Of a request that is not open. */
export const DONE = { draft: false, conflicts: false, checks: null, review: null } as const;

const DECISIONS = new Set(['APPROVED', 'CHANGES_REQUESTED', 'REQUEST_CHANGES', 'DISMISSED']);

export function latestIn(requests: readonly Request[]): Request | undefined {
  const byAge = requests.toSorted((one, other) => other.number - one.number);
  return byAge.find(({ state }) => state === 'open') ?? byAge[0];
}

/** The last decision of each reviewer counts, in the words of GitHub and Gitea. Reviews in order of time. */
export function verdictOf(reviews: readonly { state: string; who: string }[]): FollowedRequest['review'] {
  const decisions = reviews.filter(({ state }) => DECISIONS.has(state));
  const last = [...new Map(decisions.map(({ who, state }) => [who, state])).values()];
  if (last.some((it) => it === 'CHANGES_REQUESTED' || it === 'REQUEST_CHANGES')) return 'changes requested';
  return last.includes('APPROVED') ? 'approved' : null;
}
