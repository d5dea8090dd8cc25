import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Person } from '../../../events/envelope.js';
import { attempt, succeeds } from '../../attempt.js';
import { VportsError } from '../../errors.js';
import { type ConfigPlace, repositoryConfig, userConfig } from '../git/config.js';
import { writeNew } from '../git/guarded-files.js';
import { checkedOutBranch } from '../git/head.js';
import { git, hasGit } from '../git/program/git-program.js';
import { gitDirectoryAbove } from '../git/repository.js';

/** Who runs the command, and whether that comes from the system because git has no identity. */
export interface Author {
  person: Person;
  fromSystem: boolean;
}

/**
 * As in git: GIT_AUTHOR_NAME and GIT_AUTHOR_EMAIL, then author.* and user.* of git's configuration, then EMAIL. Without any:
 * the system's user at this host, or NO_IDENTITY for a log that others read.
 */
export async function author(gitdir: string, { shared }: { shared: boolean }): Promise<Author> {
  const env = process.env;
  let [name, email] = [env.GIT_AUTHOR_NAME, env.GIT_AUTHOR_EMAIL].map(clean);
  if (!name || !email) {
    const configured = await configuredAuthor(gitdir);
    name ||= clean(configured('author.name') ?? configured('user.name'));
    email ||= clean(configured('author.email') ?? configured('user.email') ?? env.EMAIL);
  }
  const host = clean(hostname()) || 'localhost';
  if (name && email) return { person: { name, email, host }, fromSystem: false };
  if (shared) {
    throw new VportsError(
      'NO_IDENTITY',
      'git has no name and email for you, and a shared registry records who did what',
      {
        hint: 'git config --global user.name "Your Name" && git config --global user.email you@example.com',
      },
    );
  }
  // A container may run under a uid without a name.
  const systemUser = attempt(() => userInfo().username) ?? String(process.getuid?.() ?? '');
  const user = clean(systemUser) || 'unknown';
  return { person: { name: name || user, email: email || `${user}@${host}`, host }, fromSystem: true };
}

async function configuredAuthor(gitdir: string): Promise<(key: string) => string | undefined> {
  const place = placeAt(gitdir);
  // `includeIf "gitdir:~/employer/"` depends on the user's folder: a clone of the registry is elsewhere.
  const here = gitDirectoryAbove(attempt(() => process.cwd()) ?? '');
  const asked = [
    repositoryConfig(gitdir, place),
    ...(here ? [userConfig(placeAt(here))] : []),
    userConfig(place),
  ];
  const read = (key: string) => asked.map((it) => it.get(key)).find((it) => it !== undefined);
  const isKnown = ['name', 'email'].every((it) => read(`author.${it}`) ?? read(`user.${it}`));
  if (isKnown || !hasGit()) return read;
  // The location of the system's configuration may be compiled into git.
  const output = await git(['config', '-z', '--get-regexp', '^(author|user)\\.(name|email)$'], { gitdir });
  const pairs = (output?.toString('utf8') ?? '').split('\0').filter(Boolean);
  const fromGit = new Map(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('\n')), pair.slice(pair.indexOf('\n') + 1)]),
  );
  return (key) => fromGit.get(key) ?? read(key);
}

function placeAt(gitdir: string): ConfigPlace {
  return { gitdir, branch: checkedOutBranch(gitdir) };
}

/** Removes what git strips from names too: it would break the commit's header line. */
function clean(text: string | undefined): string {
  const plain = (text ?? '').replace(/[<>\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '').trim();
  return plain.slice(0, 200);
}

/** True on the first call for a repository: the hint about a missing identity is shown once. */
export function isFirstTime(gitdir: string): boolean {
  return succeeds(() => writeNew(join(gitdir, 'vports', 'told-identity'), ''));
}
