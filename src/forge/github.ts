import * as z from 'zod/mini';
import { Api } from './api.js';
import { DONE, type FollowedRequest, type Forge, latestIn, type Request, verdictOf } from './forge.js';
import { askReviewersOf } from './pull-reviewers.js';
import type { Server } from './server.js';
import type { Token } from './token.js';

const pull = z.object({
  number: z.int(),
  html_url: z.string(),
  state: z.enum(['open', 'closed']),
  merged_at: z.nullish(z.string()),
  draft: z.optional(z.boolean()),
  mergeable: z.nullish(z.boolean()),
  head: z.object({ sha: z.string(), ref: z.string() }),
});
const runs = z.object({
  check_runs: z.array(z.object({ status: z.string(), conclusion: z.nullable(z.string()) })),
});
const combined = z.object({ state: z.string(), total_count: z.int() });
const reviews = z.array(z.object({ state: z.string(), user: z.nullable(z.object({ login: z.string() })) }));

/** Many tokens may open requests and not see checks. */
const UNSEEN = [403, 404];
const FAILED = new Set(['failure', 'timed_out', 'cancelled', 'action_required', 'startup_failure']);

/** By https://docs.github.com/en/rest (version 2022-11-28). */
export function github(server: Server, token: Token): Forge {
  const [owner = '', name = ''] = server.path.map(encodeURIComponent);
  const repository = `/repos/${owner}/${name}`;
  const api = new Api(server, token, {
    Authorization: `Bearer ${token.text}`,
    Accept: 'application/vnd.github+json',
    'X-GitHub-Api-Version': '2022-11-28',
  });
  const asRequest = ({ number, html_url, state, merged_at }: z.infer<typeof pull>): Request => ({
    number,
    called: `pull request #${number}`,
    url: api.page(html_url),
    state: state === 'open' ? 'open' : merged_at ? 'merged' : 'closed',
  });

  const checksOf = async (sha: string): Promise<FollowedRequest['checks']> => {
    const commit = `${repository}/commits/${encodeURIComponent(sha)}`;
    const { check_runs } = (await api.find(`${commit}/check-runs?per_page=100`, runs, UNSEEN)) ?? {
      check_runs: [],
    };
    const status = await api.find(`${commit}/status`, combined, UNSEEN);
    const states = status && status.total_count > 0 ? [status.state] : [];
    if (states.some((it) => it === 'failure' || it === 'error')) return 'failing';
    if (check_runs.some(({ conclusion }) => conclusion !== null && FAILED.has(conclusion))) return 'failing';
    if (states.includes('pending') || check_runs.some(({ status }) => status !== 'completed'))
      return 'pending';
    return states.length + check_runs.length > 0 ? 'passing' : null;
  };

  return {
    latestOf: async (branch, base) => {
      const query = new URLSearchParams({ head: `${server.path[0]}:${branch}`, base, state: 'all' });
      const found = await api.get(`${repository}/pulls?${query}`, z.array(pull));
      // A filter that GitHub does not understand filters nothing.
      return latestIn(found.filter(({ head }) => head.ref === branch).map(asRequest));
    },
    open: async ({ branch, base, title, text, draft }) =>
      asRequest(
        await api.send('POST', `${repository}/pulls`, { head: branch, base, title, body: text, draft }, pull),
      ),
    update: async (number, { title, text }) =>
      asRequest(await api.send('PATCH', `${repository}/pulls/${number}`, { title, body: text }, pull)),
    askForReview: askReviewersOf(api, repository, server.path[0] ?? ''),
    request: async (number) => {
      const found = await api.find(`${repository}/pulls/${number}`, pull);
      if (!found) return undefined;
      const request = asRequest(found);
      if (request.state !== 'open') return { ...request, ...DONE };
      const given = await api.get(`${repository}/pulls/${number}/reviews?per_page=100`, reviews);
      return {
        ...request,
        draft: found.draft === true,
        conflicts: found.mergeable === false,
        checks: await checksOf(found.head.sha),
        review: verdictOf(given.map(({ state, user }) => ({ state, who: user?.login ?? '' }))),
      };
    },
  };
}
