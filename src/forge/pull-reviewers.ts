import * as z from 'zod/mini';
import type { Api } from './api.js';
import type { Forge } from './forge.js';

const authored = z.object({ user: z.nullish(z.object({ login: z.string() })) });

/**
 * Asks people and teams to review a pull request of GitHub or Gitea, whose APIs are alike here: people but its author, and teams of the
 * organization that the repository belongs to, such as `@acme/web`.
 */
export function askReviewersOf(api: Api, repository: string, organization: string): Forge['askForReview'] {
  return async (number, owners) => {
    const path = `${repository}/pulls/${number}`;
    const author = (await api.get(path, authored)).user?.login;
    const asked = owners.filter((it) => canReview(it, { author, organization }));
    const isTeam = (it: string) => it.includes('/');
    const reviewers = asked.filter((it) => !isTeam(it)).map((it) => it.slice(1));
    const team_reviewers = asked.filter(isTeam).map((it) => it.split('/')[1]!);
    if (asked.length > 0)
      await api.send('POST', `${path}/requested_reviewers`, { reviewers, team_reviewers }, z.unknown());
    return asked;
  };
}

/** Names of people and organizations have no case. */
function canReview(
  owner: string,
  { author, organization }: { author?: string | undefined; organization: string },
) {
  const [, name, team] = /^@([^/]+)(?:\/([^/]+))?$/.exec(owner.toLowerCase()) ?? [];
  if (name === undefined) return false;
  return team === undefined ? name !== author?.toLowerCase() : name === organization.toLowerCase();
}
