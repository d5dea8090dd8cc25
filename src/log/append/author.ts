import { existsSync, writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Person } from '../../../events/envelope.js';
import { VportsError } from '../../errors.js';
import { homeFolder } from '../../files/user-folders.js';
import { durableFs } from '../git/durable-fs.js';
import { git, hasGit } from '../git/git-program.js';

/** Who runs the command, and whether git knew or the system had to be asked. */
export interface Author {
  person: Person;
  fromSystem: boolean;
}

/**
 * As git has it: GIT_AUTHOR_NAME and GIT_AUTHOR_EMAIL, then author.* and user.* of git's configuration, then EMAIL.
 * Where nothing says who it is: the system's user at this host, or NO_IDENTITY for a log that others read.
 */
export async function author(gitdir: string, { shared }: { shared: boolean }): Promise<Author> {
  const env = process.env;
  let [name, email] = [env.GIT_AUTHOR_NAME, env.GIT_AUTHOR_EMAIL].map(clean);
  if (!name || !email) {
    const configured = await configuredAuthor(gitdir);
    name ||= clean(configured.get('author.name') ?? configured.get('user.name'));
    email ||= clean(configured.get('author.email') ?? configured.get('user.email') ?? env.EMAIL);
  }
  const host = clean(hostname()) || 'localhost';
  if (name && email) return { person: { name, email, host }, fromSystem: false };
  if (shared) {
    throw new VportsError(
      'NO_IDENTITY',
      'git does not know who you are, and a shared registry says who did what',
      {
        hint: 'git config --global user.name "Your Name" && git config --global user.email you@example.com',
      },
    );
  }
  const user = clean(systemUser()) || 'unknown';
  return { person: { name: name || user, email: email || `${user}@${host}`, host }, fromSystem: true };
}

async function configuredAuthor(gitdir: string): Promise<Map<string, string>> {
  if (!hasGit()) return fromFiles(gitdir);
  const output = await git(['config', '-z', '--get-regexp', '^(author|user)\\.(name|email)$'], { gitdir });
  const pairs = (output?.toString('utf8') ?? '').split('\0').filter(Boolean);
  return new Map(
    pairs.map((pair) => {
      const [key = '', ...value] = pair.split('\n');
      return [key, value.join('\n')];
    }),
  );
}

/** git's own files, widest first, for machines without git. isomorphic-git reads the file `config` of a folder. */
async function fromFiles(gitdir: string): Promise<Map<string, string>> {
  const home = homeFolder();
  const folders = [process.env.XDG_CONFIG_HOME || (home && join(home, '.config')), home, gitdir];
  const names = [join('git', 'config'), '.gitconfig', 'config'];
  const places = folders.flatMap((folder, index) => (folder ? [join(folder, names[index]!)] : []));
  const { getConfig } = await import('../git/codec.js');
  const disk = durableFs().promises;
  const found = new Map<string, string>();
  for (const path of places.filter((it) => existsSync(it))) {
    const only = {
      promises: {
        ...disk,
        readFile: async (_: string, options?: object) => disk.readFile(path, options),
      },
    };
    for (const key of ['author.name', 'author.email', 'user.name', 'user.email']) {
      const value: unknown = await getConfig({ fs: only, gitdir, path: key });
      if (typeof value === 'string' && value) found.set(key, value);
    }
  }
  return found;
}

/** What git strips from a name too: it would break the commit's header line. */
function clean(text: string | undefined): string {
  const plain = (text ?? '').replace(/[<>\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '').trim();
  return plain.slice(0, 200);
}

function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a uid that has no name.
    return String(process.getuid?.() ?? '');
  }
}

/** True the first time it is asked about a repository: what is said once is not said again. */
export function toldOnce(gitdir: string): boolean {
  try {
    writeFileSync(join(gitdir, 'vports', 'told-identity'), '', { flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}
