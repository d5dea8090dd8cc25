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
  head: z.object({ sha: z.string() }),
});
const combined = z.object({ state: z.string(), statuses: z.nullish(z.array(z.unknown())) });
const reviews = z.array(
  z.object({
    state: z.string(),
    dismissed: z.optional(z.boolean()),
    user: z.nullish(z.object({ login: z.string() })),
  }),
);

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
      const heads = branch.split('/').map(encodeURIComponent).join('/');
      const found = await api.find(`${repository}/pulls/${encodeURIComponent(base)}/${heads}`, pull);
      return found && asRequest(found);
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
