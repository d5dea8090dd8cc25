import * as z from 'zod/mini';
import { Api } from './api.js';
import { DONE, type FollowedRequest, type Forge, latestIn, type Request } from './forge.js';
import type { Server } from './server.js';
import type { Token } from './token.js';

const merge = z.object({
  iid: z.int(),
  web_url: z.string(),
  title: z.string(),
  state: z.string(),
  source_project_id: z.nullish(z.int()),
  target_project_id: z.nullish(z.int()),
});
const single = z.extend(merge, {
  draft: z.optional(z.boolean()),
  has_conflicts: z.optional(z.boolean()),
  detailed_merge_status: z.optional(z.string()),
  head_pipeline: z.nullish(z.object({ status: z.string() })),
});
const approvals = z.object({ approved_by: z.array(z.unknown()) });

const users = z.array(z.object({ id: z.int() }));

const DRAFT = 'Draft: ';

/** By https://docs.gitlab.com/api/merge_requests. */
export function gitlab(server: Server, token: Token): Forge {
  const project = `/projects/${encodeURIComponent(server.path.join('/'))}`;
  const api = new Api(server, token, { Authorization: `Bearer ${token.text}` });
  const asRequest = ({ iid, web_url, state }: z.infer<typeof merge>): Request => ({
    number: iid,
    called: `merge request !${iid}`,
    url: api.page(web_url),
    state: state === 'merged' || state === 'closed' ? state : 'open',
  });

  return {
    latestOf: async (branch, base) => {
      const query = new URLSearchParams({ source_branch: branch, target_branch: base, state: 'all' });
      const found = await api.get(`${project}/merge_requests?${query}`, z.array(merge));
      // A fork may have a branch of the same name.
      const own = found.filter((it) => it.source_project_id === it.target_project_id);
      return latestIn(own.map(asRequest));
    },
    open: async ({ branch, base, title, text, draft }) =>
      asRequest(
        await api.send(
          'POST',
          `${project}/merge_requests`,
          {
            source_branch: branch,
            target_branch: base,
            title: `${draft ? DRAFT : ''}${title}`,
            description: text,
          },
          merge,
        ),
      ),
    update: async (number, { title, text }) => {
      const path = `${project}/merge_requests/${number}`;
      // A title is also what makes a draft.
      const isDraft = (await api.get(path, single)).draft === true;
      const body = { title: `${isDraft ? DRAFT : ''}${title}`, description: text };
      return asRequest(await api.send('PUT', path, body, merge));
    },
    // Groups review nothing on GitLab.
    askForReview: async (number, owners) => {
      const found: { owner: string; id: number }[] = [];
      for (const owner of owners.filter((it) => /^@[^/]+$/.test(it))) {
        const [user] = await api.get(`/users?${new URLSearchParams({ username: owner.slice(1) })}`, users);
        if (user) found.push({ owner, id: user.id });
      }
      if (found.length === 0) return [];
      const reviewer_ids = found.map(({ id }) => id);
      await api.send('PUT', `${project}/merge_requests/${number}`, { reviewer_ids }, merge);
      return found.map(({ owner }) => owner);
    },
    request: async (number) => {
      const path = `${project}/merge_requests/${number}`;
      const found = await api.find(path, single);
      if (!found) return undefined;
      const request = asRequest(found);
      if (request.state !== 'open') return { ...request, ...DONE };
      const { approved_by } = (await api.find(`${path}/approvals`, approvals)) ?? { approved_by: [] };
      return {
        ...request,
        draft: found.draft === true,
        conflicts: found.has_conflicts === true || found.detailed_merge_status === 'conflict',
        checks: checksBy(found.head_pipeline?.status),
        review:
          found.detailed_merge_status === 'requested_changes'
            ? 'changes requested'
            : approved_by.length > 0
              ? 'approved'
              : null,
      };
    },
  };
}

function checksBy(status: string | undefined): FollowedRequest['checks'] {
  if (status === undefined || status === 'skipped') return null;
  if (status === 'success') return 'passing';
  return status === 'failed' || status === 'canceled' ? 'failing' : 'pending';
}
