import * as z from 'zod/mini';
import { Api } from './api.js';
import { DONE, type FollowedRequest, type Forge, type Request, verdictOf } from './forge.js';
import { askReviewersOf } from './pull-reviewers.js';
import type { Server } from './server.js';
import type { Token } from './token.js';

const pull = z.object({
  number: z.int(),
  html_url: z.string(),
  title: z.string(),
  state: z.string(),
  merged: z.optional(z.boolean()),
  mergeable: z.optional(z.boolean()),
  draft: z.optional(z.boolean()),
  head: z.object({ sha: z.string(), ref: z.string(), repo_id: z.int() }),
  base: z.object({ ref: z.string(), repo_id: z.int() }),
});
const combined = z.object({ state: z.string(), statuses: z.nullish(z.array(z.unknown())) });
const reviews = z.array(
  z.object({
    state: z.string(),
    dismissed: z.optional(z.boolean()),
    user: z.nullish(z.object({ login: z.string() })),
  }),
);

/** The pages that are looked through for the request of a branch: all open ones, and the last closed ones. */
const PAGES = [
  ['open', 20],
  ['closed', 1],
] as const;
/** A title that begins so makes a draft. */
const DRAFT = 'WIP: ';

/** By https://docs.gitea.com/api, which Forgejo shares. */
export function gitea(server: Server, token: Token): Forge {
  const [owner = '', name = ''] = server.path.map(encodeURIComponent);
  const repository = `/repos/${owner}/${name}`;
  const api = new Api(server, token, { Authorization: `token ${token.text}` });
  const asRequest = ({ number, html_url, state, merged }: z.infer<typeof pull>): Request => ({
    number,
    called: `pull request #${number}`,
    url: api.page(html_url),
    state: state === 'open' ? 'open' : merged ? 'merged' : 'closed',
  });

  const checksOf = async (sha: string): Promise<FollowedRequest['checks']> => {
    const path = `${repository}/commits/${encodeURIComponent(sha)}/status`;
    const { state, statuses } = await api.get(path, combined);
    if (!statuses?.length) return null;
    if (state === 'failure' || state === 'error') return 'failing';
    return state === 'pending' ? 'pending' : 'passing';
  };

  return {
    latestOf: async (branch, base) => {
      // Its search by branch gives any one of several. A fork may have a branch of the same name.
      const isOwn = (it: z.infer<typeof pull>) =>
        it.head.ref === branch && it.base.ref === base && it.head.repo_id === it.base.repo_id;
      for (const [state, most] of PAGES)
        for (let page = 1; page <= most; page++) {
          const query = new URLSearchParams({ state, sort: 'recentupdate', limit: '50', page: `${page}` });
          const found = await api.get(`${repository}/pulls?${query}`, z.array(pull));
          const own = found.find(isOwn);
          if (own) return asRequest(own);
          if (found.length === 0) break;
        }
      return undefined;
    },
    open: async ({ branch, base, title, text, draft }) =>
      asRequest(
        await api.send(
          'POST',
          `${repository}/pulls`,
          { head: branch, base, title: `${draft ? DRAFT : ''}${title}`, body: text },
          pull,
        ),
      ),
    update: async (number, { title, text }) => {
      const path = `${repository}/pulls/${number}`;
      const isDraft = (await api.get(path, pull)).title.startsWith(DRAFT);
      const body = { title: `${isDraft ? DRAFT : ''}${title}`, body: text };
      return asRequest(await api.send('PATCH', path, body, pull));
    },
    askForReview: askReviewersOf(api, repository, server.path[0] ?? ''),
    request: async (number) => {
      const found = await api.find(`${repository}/pulls/${number}`, pull);
      if (!found) return undefined;
      const request = asRequest(found);
      if (request.state !== 'open') return { ...request, ...DONE };
      const given = await api.get(`${repository}/pulls/${number}/reviews?limit=50`, reviews);
      const draft = found.draft ?? found.title.startsWith(DRAFT);
      return {
        ...request,
        draft,
        // A draft counts as not mergeable too.
        conflicts: found.mergeable === false && !draft,
        checks: await checksOf(found.head.sha),
        review: verdictOf(
          given
            .filter(({ dismissed }) => !dismissed)
            .map(({ state, user }) => ({ state, who: user?.login ?? '' })),
        ),
      };
    },
  };
}
