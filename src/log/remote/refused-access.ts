import { VportsError } from '../../errors.js';
import { shellWord } from '../../files/shell-word.js';
import { userConfig } from '../git/config.js';
import { withoutSecrets, withoutSecretsIn } from './remote-url.js';

/**
 * What git and ssh say themselves where nobody is let in, before anything is sent. A host's own lines (`remote: …`) decide nothing: a
 * hook that complains after it has taken the push must not make it a refused one.
 */
const REFUSED = [
  /^fatal: could not read (?:Username|Password) for/m,
  /^fatal: Authentication failed for/m,
  /^fatal: unable to access .*: The requested URL returned error: 40[13]$/m,
  /^[\w.-]+@[\w.-]+: Permission denied \(/m,
  /^(?:ERROR|FATAL): .*\b(?:denied|DENIED|not allowed)\b/m,
];
const NO_CREDENTIALS = REFUSED[0]!;
/** Whom the host means, in the words of GitHub, gitolite and ssh. */
const WHOM = [
  /\bdenied to ([\w-]+)/i,
  /FATAL: \S+ \S+ \S+ ([\w.@-]+) DENIED by/,
  /^([\w.-]+@[\w.-]+): Permission denied/m,
];
/** The line of a host that says more than git's. */
const MORE = /^remote: (.*(?:denied|not allowed|not granted|invalid|incorrect).*)$/im;

/** A remote that answers, and lets nobody in with these credentials; undefined where git says nothing of that kind. */
export function refusedAccess(
  url: string,
  stderr: string,
  code: 'REMOTE_UNREACHABLE' | 'PUSH_REJECTED',
): VportsError | undefined {
  const isRefused = REFUSED.some((it) => it.test(stderr));
  if (!isRefused) return undefined;
  const remote = withoutSecrets(url);
  const user = WHOM.flatMap((it) => it.exec(stderr)?.[1] ?? [])[0];
  const whose = NO_CREDENTIALS.test(stderr)
    ? 'without credentials'
    : `of ${user ?? 'the user that git names'}`;
  const git = stderr.split('\n').find((line) => REFUSED.some((it) => it.test(line)));
  const reason = withoutSecretsIn(MORE.exec(stderr)?.[1] ?? git ?? '').trim();
  const what = code === 'PUSH_REJECTED' ? 'pushes' : 'connections';
  return new VportsError(code, `${remote} refuses ${what} ${whose}: ${reason.slice(0, 300)}`, {
    hint: sourceOfCredentials(url),
    details: { remote, refused: true, ...(user !== undefined && { user }) },
  });
}

/** Where git has credentials from. A helper that is a line of shell is not shown: it may have a password in it. */
function sourceOfCredentials(url: string): string {
  if (!/^https?:/i.test(url)) {
    const login = /^(?:[a-z+]+:\/\/)?((?:[\w.-]+@)?[\w.-]+)/i.exec(url)?.[1];
    return `the key is one of ssh-agent or ~/.ssh/config: \`ssh -T ${login}\` says whom the host takes it for`;
  }
  if (/^https?:\/\/[^/]*:[^/]*@/i.test(url))
    return 'the credentials are in the URL of the registry; where it has none, git asks its credential.helper';
  const helpers = userConfig({ gitdir: '' }).all('credential.helper');
  const named = helpers.map((it) => (/^[\w-]+$/.test(it) ? it : 'a command')).join(', ');
  return `git takes credentials from credential.helper (${named || 'none is set'}): \`git ls-remote ${shellWord(withoutSecrets(url))}\` in a terminal asks for others, and keeps them there`;
}
