import { VportsError } from '../../errors.js';
import { durableFs } from './durable-fs.js';
import { git } from './git-program.js';
import { headRef } from './head.js';
import { isBranchName } from './ref-name.js';
import { readRef } from './refs.js';
import type { Repository } from './repository.js';

/** The commit a revision names: a branch, a tag, a full or shortened object name. Throws BAD_REVISION. */
export async function resolveRevision(repository: Repository, ref: string, text: string): Promise<string> {
  if (/^[^-\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$/.test(text) && text.length <= 250) {
    const named = text === 'HEAD' ? (headRef(repository.gitdir) ?? ref) : undefined;
    const oid = named ? readRef(repository, named) : await resolve(repository, text);
    if (oid) return oid;
  }
  throw new VportsError(
    'BAD_REVISION',
    `${JSON.stringify(text.slice(0, 80))} names no commit of the registry`,
    {
      hint: 'give a branch, a tag or a commit (`vports log` shows them)',
      details: { revision: text.slice(0, 250) },
    },
  );
}

async function resolve(repository: Repository, text: string): Promise<string | undefined> {
  for (const prefix of isBranchName(text) ? ['refs/heads/', 'refs/remotes/'] : []) {
    const oid = readRef(repository, prefix + text);
    if (oid) return oid;
  }
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${text}^{commit}`];
  const answer = (await git(args, { gitdir: repository.commondir }))?.toString('latin1').trim();
  if (answer) return answer;
  const { expandOid, readObject, resolveRef } = await import('./codec.js');
  const place = { fs: durableFs(), gitdir: repository.commondir };
  try {
    const named = /^[0-9a-f]{4,40}$/.test(text)
      ? await expandOid({ ...place, oid: text })
      : await resolveRef({ ...place, ref: text });
    const { oid, type, object } = await readObject({ ...place, oid: named });
    return type === 'tag'
      ? (object as unknown as { object: string }).object
      : type === 'commit'
        ? oid
        : undefined;
  } catch {
    return undefined;
  }
}
