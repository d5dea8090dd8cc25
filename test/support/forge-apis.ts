import type { IncomingHttpHeaders } from 'node:http';

export type Kind = 'github' | 'gitlab' | 'gitea';

/** A request as the server knows it, whatever its API calls the parts. */
export interface Pull {
  number: number;
  branch: string;
  base: string;
  title: string;
  text: string;
  state: 'open' | 'merged' | 'closed';
  draft: boolean;
  conflicts: boolean;
  checks: 'passing' | 'failing' | undefined;
  approved: boolean;
  isOfFork?: boolean;
  /** Who was asked to review it, as CODEOWNERS calls them. */
  reviewers?: string[];
}

export interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

interface Asked {
  method: string;
  path: string;
  body: Record<string, unknown>;
}

interface Api {
  root: string;
  isKnown: (headers: IncomingHttpHeaders, token: string) => boolean;
  routes: [
    pattern: RegExp,
    answer: (asked: Asked & { parts: string[]; query: URLSearchParams }, pulls: Pull[]) => Answer,
  ][];
}

export function answerOf(api: Api, asked: Asked, pulls: Pull[]): Answer {
  const { pathname, searchParams: query } = new URL(asked.path, 'https://x');
  for (const [pattern, answer] of api.routes) {
    const match = pattern.exec(`${asked.method} ${pathname}`);
    if (match) return answer({ ...asked, parts: match.slice(1), query }, pulls);
  }
  return { status: 404, body: { message: 'Not Found' } };
}

const ok = (body: unknown, status = 200): Answer => ({ status, body });
const none: Answer = { status: 404, body: { message: 'Not Found' } };
const byNumber = (pulls: Pull[], number: string | undefined) =>
  pulls.find((it) => String(it.number) === number);
const openOf = (pulls: Pull[], branch: string | undefined, base: string | undefined) =>
  pulls.find((it) => it.state === 'open' && it.branch === branch && it.base === base && !it.isOfFork);

function added(
  pulls: Pull[],
  own: Pick<Pull, 'branch' | 'base' | 'title' | 'text' | 'draft'>,
): Pull | undefined {
  if (openOf(pulls, own.branch, own.base)) return undefined;
  const pull: Pull = {
    number: pulls.length + 7,
    state: 'open',
    conflicts: false,
    checks: undefined,
    approved: false,
    ...own,
  };
  pulls.push(pull);
  return pull;
}

/** People and teams of the organization, as GitHub and Gitea take them; each request is by ada. */
function askReviewers(
  pull: Pull | undefined,
  { reviewers, team_reviewers }: Record<string, unknown>,
): Answer {
  const [people, teams] = [reviewers as string[], team_reviewers as string[]];
  if (!pull) return none;
  if (people.includes('ada'))
    return { status: 422, body: { message: 'Review cannot be requested from pull request author.' } };
  pull.reviewers = [...teams.map((it) => `@team/${it}`), ...people.map((it) => `@${it}`)];
  return ok({}, 201);
}

const text = (value: unknown) => String(value ?? '');
const page = (what: string, { number }: Pull) => `https://git.example/team/ports/${what}/${number}`;
const sha = 'c0ffee'.padEnd(40, '0');
const isDraftTitle = (title: string, prefix: string) => title.startsWith(prefix);

function githubPull(it: Pull) {
  return {
    number: it.number,
    html_url: page('pull', it),
    state: it.state === 'open' ? 'open' : 'closed',
    merged_at: it.state === 'merged' ? '2026-11-30T00:00:00Z' : null,
    title: it.title,
    body: it.text,
    draft: it.draft,
    mergeable: !it.conflicts,
    user: { login: 'ada' },
    head: { ref: it.branch, sha },
    base: { ref: it.base },
  };
}

/** https://docs.github.com/en/rest/pulls/pulls, under the root of a GitHub Enterprise Server. */
const GITHUB: Api = {
  root: '/api/v3',
  isKnown: ({ authorization }, token) => authorization === `Bearer ${token}`,
  routes: [
    [
      /^GET \/repos\/team\/ports\/pulls$/,
      ({ query }, pulls) => {
        const [owner, branch] = text(query.get('head')).split(':');
        const isMeant = (it: Pull) => it.branch === branch && it.base === query.get('base');
        const found = pulls.filter(
          (it) => isMeant(it) && (query.get('state') === 'all' || it.state === query.get('state')),
        );
        return ok(owner === 'team' ? found.map(githubPull) : []);
      },
    ],
    [
      /^POST \/repos\/team\/ports\/pulls$/,
      ({ body }, pulls) => {
        const { head, base, title, body: written, draft } = body;
        const own = { branch: text(head), base: text(base), title: text(title), text: text(written) };
        const pull = added(pulls, { ...own, draft: draft === true });
        if (pull) return ok(githubPull(pull), 201);
        const errors = [{ message: `A pull request already exists for team:${own.branch}.` }];
        return { status: 422, body: { message: 'Validation Failed', errors } };
      },
    ],
    [
      /^GET \/repos\/team\/ports\/pulls\/(\d+)$/,
      ({ parts }, pulls) => {
        const pull = byNumber(pulls, parts[0]);
        return pull ? ok(githubPull(pull)) : none;
      },
    ],
    [
      /^PATCH \/repos\/team\/ports\/pulls\/(\d+)$/,
      ({ parts, body }, pulls) => {
        const pull = byNumber(pulls, parts[0]);
        if (!pull) return none;
        Object.assign(pull, { title: text(body.title), text: text(body.body) });
        return ok(githubPull(pull));
      },
    ],
    [
      /^POST \/repos\/team\/ports\/pulls\/(\d+)\/requested_reviewers$/,
      ({ parts, body }, pulls) => askReviewers(byNumber(pulls, parts[0]), body),
    ],
    [
      /^GET \/repos\/team\/ports\/pulls\/(\d+)\/reviews$/,
      ({ parts }, pulls) => {
        const approvals = [
          { state: 'CHANGES_REQUESTED', user: { login: 'ben' } },
          { state: 'APPROVED', user: { login: 'ben' } },
        ];
        return ok(byNumber(pulls, parts[0])?.approved ? approvals : []);
      },
    ],
    [
      new RegExp(`^GET /repos/team/ports/commits/${sha}/check-runs$`),
      (_, pulls) =>
        ok({
          total_count: 0,
          check_runs: pulls.flatMap(({ checks }) =>
            checks === undefined
              ? []
              : [{ status: 'completed', conclusion: checks === 'failing' ? 'failure' : 'success' }],
          ),
        }),
    ],
    [
      new RegExp(`^GET /repos/team/ports/commits/${sha}/status$`),
      // Without any status it is pending.
      () => ok({ state: 'pending', total_count: 0, statuses: [] }),
    ],
  ],
};

const GITLAB_USERS: Record<number, string> = { 1: 'ada', 2: 'ben' };

function gitlabRequest(it: Pull) {
  return {
    iid: it.number,
    web_url: page('-/merge_requests', it),
    state: it.state === 'open' ? 'opened' : it.state,
    title: it.title,
    description: it.text,
    draft: isDraftTitle(it.title, 'Draft: '),
    source_branch: it.branch,
    target_branch: it.base,
    source_project_id: it.isOfFork ? 2 : 1,
    target_project_id: 1,
    has_conflicts: it.conflicts,
    detailed_merge_status: it.conflicts ? 'conflict' : 'mergeable',
  };
}

/** https://docs.gitlab.com/api/merge_requests/ and …/merge_request_approvals/ */
const GITLAB: Api = {
  root: '/api/v4',
  isKnown: (headers, token) =>
    headers.authorization === `Bearer ${token}` || headers['private-token'] === token,
  routes: [
    [
      /^GET \/users$/,
      ({ query }) =>
        ok(
          Object.entries(GITLAB_USERS).flatMap(([id, username]) =>
            username === query.get('username') ? [{ id: Number(id), username }] : [],
          ),
        ),
    ],
    [
      /^GET \/projects\/team%2Fports\/merge_requests$/,
      ({ query }, pulls) =>
        ok(
          pulls
            .filter(
              (it) => it.branch === query.get('source_branch') && it.base === query.get('target_branch'),
            )
            .map(gitlabRequest)
            .filter(({ state }) => ['all', state].includes(text(query.get('state')))),
        ),
    ],
    [
      /^POST \/projects\/team%2Fports\/merge_requests$/,
      ({ body }, pulls) => {
        const { source_branch, target_branch, title, description } = body;
        const own = { branch: text(source_branch), base: text(target_branch), title: text(title) };
        const draft = isDraftTitle(own.title, 'Draft: ');
        const pull = added(pulls, { ...own, text: text(description), draft });
        if (pull) return ok(gitlabRequest(pull), 201);
        return { status: 409, body: { message: ['Another open merge request already exists'] } };
      },
    ],
    [
      /^GET \/projects\/team%2Fports\/merge_requests\/(\d+)$/,
      ({ parts }, pulls) => {
        const pull = byNumber(pulls, parts[0]);
        if (!pull) return none;
        const status = pull.checks === 'failing' ? 'failed' : 'success';
        return ok({ ...gitlabRequest(pull), head_pipeline: pull.checks === undefined ? null : { status } });
      },
    ],
    [
      /^PUT \/projects\/team%2Fports\/merge_requests\/(\d+)$/,
      ({ parts, body }, pulls) => {
        const pull = byNumber(pulls, parts[0]);
        if (!pull) return none;
        const ids = body.reviewer_ids as number[] | undefined;
        if (ids) pull.reviewers = ids.map((id) => `@${GITLAB_USERS[id]}`);
        else Object.assign(pull, { title: text(body.title), text: text(body.description) });
        return ok(gitlabRequest(pull));
      },
    ],
    [
      /^GET \/projects\/team%2Fports\/merge_requests\/(\d+)\/approvals$/,
      ({ parts }, pulls) =>
        ok({ approved_by: byNumber(pulls, parts[0])?.approved ? [{ user: { username: 'ben' } }] : [] }),
    ],
  ],
};

function giteaPull(it: Pull) {
  const draft = isDraftTitle(it.title, 'WIP: ');
  return {
    number: it.number,
    html_url: page('pulls', it),
    title: it.title,
    body: it.text,
    state: it.state === 'open' ? 'open' : 'closed',
    merged: it.state === 'merged',
    mergeable: !it.conflicts && !draft,
    draft,
    user: { login: 'ada' },
    head: { ref: it.branch, sha, repo_id: it.isOfFork ? 2 : 1 },
    base: { ref: it.base, repo_id: 1 },
  };
}

/** https://docs.gitea.com/api/ */
const GITEA: Api = {
  root: '/api/v1',
  isKnown: ({ authorization }, token) => authorization === `token ${token}`,
  routes: [
    [
      /^POST \/repos\/team\/ports\/pulls$/,
      ({ body }, pulls) => {
        const own = { branch: text(body.head), base: text(body.base), title: text(body.title) };
        const draft = isDraftTitle(own.title, 'WIP: ');
        const pull = added(pulls, { ...own, text: text(body.body), draft });
        if (pull) return ok(giteaPull(pull), 201);
        return { status: 409, body: { message: 'pull request already exists for these targets' } };
      },
    ],
    [
      /^GET \/repos\/team\/ports\/pulls\/(\d+)$/,
      ({ parts }, pulls) => {
        const pull = byNumber(pulls, parts[0]);
        return pull ? ok(giteaPull(pull)) : none;
      },
    ],
    [
      /^PATCH \/repos\/team\/ports\/pulls\/(\d+)$/,
      ({ parts, body }, pulls) => {
        const pull = byNumber(pulls, parts[0]);
        if (!pull) return none;
        Object.assign(pull, { title: text(body.title), text: text(body.body) });
        return ok(giteaPull(pull), 201);
      },
    ],
    [
      /^POST \/repos\/team\/ports\/pulls\/(\d+)\/requested_reviewers$/,
      ({ parts, body }, pulls) => askReviewers(byNumber(pulls, parts[0]), body),
    ],
    [
      /^GET \/repos\/team\/ports\/pulls\/(\d+)\/reviews$/,
      ({ parts }, pulls) =>
        ok(
          byNumber(pulls, parts[0])?.approved
            ? [{ state: 'APPROVED', dismissed: false, user: { login: 'ben' } }]
            : [],
        ),
    ],
    [
      /^GET \/repos\/team\/ports\/pulls$/,
      ({ query }, pulls) => {
        const all = pulls.filter(({ state }) => (state === 'open') === (query.get('state') === 'open'));
        const page = Number(query.get('page')) - 1;
        return ok(
          all
            .toReversed()
            .slice(page * 2, page * 2 + 2)
            .map(giteaPull),
        );
      },
    ],
    [
      new RegExp(`^GET /repos/team/ports/commits/${sha}/status$`),
      (_, pulls) => {
        const checks = pulls.find((it) => it.checks !== undefined)?.checks;
        const state = checks === 'failing' ? 'failure' : 'success';
        return ok(
          checks === undefined ? { state: '', statuses: null } : { state, statuses: [{ status: state }] },
        );
      },
    ],
  ],
};

export const APIS: Record<Kind, Api> = { github: GITHUB, gitlab: GITLAB, gitea: GITEA };

/** Of a host that only git talks to. */
export const NO_API: Api = { root: '/', isKnown: () => false, routes: [] };
