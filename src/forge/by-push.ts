import type { PushAlong } from '../log/event-log.js';
import type { HostKind } from '../policy/policy.js';
import type { Proposal, Request } from './forge.js';

/** Bytes of an option: git puts it into one packet of 65,516, and Windows takes 32,767 characters for all words of a command. */
const LONGEST_OPTION = 20_000;

/**
 * What goes with the push of a branch, so that its host opens a request for it; undefined for a host that does so by its API alone. `shared`
 * is the commit of the base.
 */
export function requestByPush(
  kind: HostKind,
  proposal: Proposal,
  { shared }: { shared: string },
): PushAlong | undefined {
  const { branch, base, title, draft } = proposal;
  const text = optionOf(proposal.text);
  switch (kind) {
    case 'github':
      return undefined;
    // https://docs.gitlab.com/topics/git/commit/#push-options-for-merge-requests
    case 'gitlab':
      return {
        options: [
          'create',
          `target=${base}`,
          `title=${title}`,
          `description=${text}`,
          ...(draft ? ['draft'] : []),
        ].map((it) => `merge_request.${it}`),
      };
    // https://docs.gitea.com/usage/agit, which Forgejo shares. The branch is pushed too: a claim that others cannot fetch is none.
    case 'gitea':
      return {
        options: [],
        review: {
          ref: `refs/for/${base}`,
          options: [
            `topic=${branch}`,
            `title=${draft ? 'WIP: ' : ''}${title}`,
            // It is one line there, and that of the first push stays.
            `description=\`vports review ${base} ${branch}\` shows what it changes`,
            // After `resolve --rebase`.
            'force-push=true',
          ],
        },
      };
    // https://gerrit-review.googlesource.com/Documentation/user-upload.html. With a base it looks at commits that a branch has already.
    case 'gerrit':
      return {
        options: [],
        review: {
          ref: `refs/for/${base}`,
          options: [`topic=${branch}`, `base=${shared}`, ...(draft ? ['wip'] : [])],
        },
      };
  }
}

const PAGES: Record<HostKind, { page: RegExp; called: (number: string) => string }> = {
  github: { page: /^https?:\/\/\S+\/pull\/(\d+)$/, called: (it) => `pull request #${it}` },
  gitlab: { page: /^https?:\/\/\S+\/merge_requests\/(\d+)$/, called: (it) => `merge request !${it}` },
  gitea: { page: /^https?:\/\/\S+\/pulls\/(\d+)$/, called: (it) => `pull request #${it}` },
  gerrit: { page: /^https?:\/\/\S+\/\+\/(\d+)$/, called: (it) => `change ${it}` },
};

/** The open request that a host names in its answer to a push; its last lines are about what came last. */
export function requestIn(kind: HostKind, said: readonly string[]): Request | undefined {
  const { page, called } = PAGES[kind];
  const words = said.flatMap((line) => line.split(' ')).reverse();
  for (const url of words) {
    const number = page.exec(url)?.[1];
    if (number !== undefined && number.length < 10)
      return { number: Number(number), called: called(number), url, state: 'open' };
  }
  return undefined;
}

/**
 * A text as the value of an option, which has no line breaks: hosts make `\n` one. What others wrote must not become one so, as GitLab
 * obeys lines that begin with a slash.
 */
function optionOf(text: string): string {
  const value = text.replaceAll('\\n', '&#92;n').replaceAll('\n', '\\n');
  if (Buffer.byteLength(value) <= LONGEST_OPTION) return value;
  const whole = value.slice(0, LONGEST_OPTION / 3).lastIndexOf('\\n');
  return `${value.slice(0, whole)}\\n\\n…`;
}
