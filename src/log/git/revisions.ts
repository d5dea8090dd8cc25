import { join } from 'node:path';
import { VportsError } from '../../errors.js';
import { existsSync } from '../../world/files.js';
import { transportFolder } from '../remote/branch-heads.js';
import { durableFs } from './durable-fs.js';
import { headRef } from './head.js';
import { git, hasGit } from './program/git-program.js';
import { isBranchName } from './ref-name.js';
import { readRef } from './refs.js';
import type { Repository } from './repository.js';

/** git's search order for names. A name found in several places is ambiguous: somebody else may have created one of them. */
const PLACES = ['refs/heads/', 'refs/remotes/', 'refs/tags/', 'refs/'];
/** A remote branch that was never checked out, if nothing else has that name: as fetched by git, else by vports. */
const LAST_PLACES = ['refs/remotes/origin/', 'refs/remotes/'];

const OBJECT_NAME = /^[0-9a-f]{40}$/;

/** `main`, `v1`, `9f1c3a`, optionally with `~2`, `^`, `^2`, `^{commit}` of gitrevisions(7). */
const FORM =
  /^(?<name>[^-\u0000-\u001f\u007f-\u009f~^:@][^\u0000-\u001f\u007f-\u009f~^:]*|@)(?<steps>(?:[~^]\d*|\^\{(?:commit)?\})*)$/;

/** Resolves a full or shortened object name, a branch or a tag to a commit. Throws BAD_REVISION. */
export async function resolveRevision(repository: Repository, ref: string, text: string): Promise<string> {
  const oid = text.length <= 250 ? await resolve(repository, ref, text) : undefined;
  if (oid) return oid;
  throw new VportsError(
    'BAD_REVISION',
    `${JSON.stringify(text.slice(0, 80))} is not a commit of the registry`,
    {
      hint: 'give a branch, a tag or a commit (`vports log` shows them)',
      details: { revision: text.slice(0, 250) },
    },
  );
}

/** Resolves names without git, which would need the registry as its working directory. */
async function resolve(repository: Repository, ref: string, text: string): Promise<string | undefined> {
  const { name = '', steps = '' } = FORM.exec(text)?.groups ?? {};
  // As in git: a branch or tag never shadows an object.
  const named = OBJECT_NAME.test(name) ? undefined : namedBy(repository, ref, name);
  if (named !== undefined && steps === '') {
    const isBranch = !/^refs\/(?!heads\/|remotes\/)/.test(named.ref);
    if (isBranch || (await isCommit(repository, named.oid))) return named.oid;
  }
  const start = named?.oid ?? (/^[0-9a-f]{4,40}$/.test(name) ? name : undefined);
  if (start === undefined) return undefined;
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${start}${steps}^{commit}`];
  const answer = (await git(args, { commondir: repository.commondir }))?.toString('latin1').trim();
  if (answer || hasGit()) return answer || undefined;
  return stepsFrom(repository, await byCodec(repository, start), steps);
}

async function stepsFrom(
  repository: Repository,
  start: string | undefined,
  steps: string,
): Promise<string | undefined> {
  const { readCommit } = await import('./codec.js');
  const parentOf = async (oid: string, place: number) => {
    const { commit } = await readCommit({ fs: durableFs(), gitdir: repository.commondir, oid });
    return commit.parent[place - 1];
  };
  let at = start;
  for (const [, kind, count] of steps.matchAll(/([~^])(\d*)/g)) {
    const number = count === '' ? 1 : Number(count);
    if (kind === '^' && number > 0 && at !== undefined) at = await parentOf(at, number);
    for (let each = 0; kind === '~' && each < number && at !== undefined; each++) at = await parentOf(at, 1);
  }
  return at;
}

function namedBy(
  repository: Repository,
  ref: string,
  name: string,
): { ref: string; oid: string } | undefined {
  if (name === 'HEAD' || name === '@') {
    const own = headRef(repository.gitdir) ?? (existsSync(join(repository.gitdir, 'HEAD')) ? 'HEAD' : ref);
    const oid = readRef(repository, own);
    return oid === undefined ? undefined : { ref: own, oid };
  }
  if (!isBranchName(name)) return undefined;
  const at = (it: string) => {
    const oid = readRef(repository, it);
    return oid === undefined ? [] : [{ ref: it, oid }];
  };
  if (name.startsWith('refs/')) return at(name)[0] ?? fetchedAs(repository, [name]);
  const found = PLACES.flatMap((place) => at(place + name));
  if (found.length > 1) throw ambiguous(name, found);
  const last = LAST_PLACES.map((place) => place + name);
  return found[0] ?? last.flatMap(at)[0] ?? fetchedAs(repository, last);
}

/** vports fetches into a git directory of its own, where `tmp`, `origin/tmp` and the full name all mean the fetched branch. */
function fetchedAs(repository: Repository, refs: string[]): { ref: string; oid: string } | undefined {
  const gitdir = transportFolder(repository);
  const place = { ...repository, gitdir, commondir: gitdir };
  for (const ref of refs) {
    const oid = ref.startsWith('refs/remotes/') ? readRef(place, ref) : undefined;
    if (oid !== undefined) return { ref, oid };
  }
  return undefined;
}

function ambiguous(name: string, found: { ref: string }[]): VportsError {
  const refs = found.map((it) => it.ref);
  return new VportsError('BAD_REVISION', `${name} is ambiguous: ${refs.join(' and ')}`, {
    hint: `use the full name: ${refs[0]}`,
    details: { revision: name, refs },
  });
}

async function isCommit(repository: Repository, oid: string): Promise<boolean> {
  const type = await git(['cat-file', '-t', oid], { commondir: repository.commondir });
  return type?.toString('latin1').trim() === 'commit';
}

async function byCodec(repository: Repository, start: string): Promise<string | undefined> {
  const { expandOid, readObject } = await import('./codec.js');
  const place = { fs: durableFs(), gitdir: repository.commondir };
  try {
    const named = start.length === 40 ? start : await expandOid({ ...place, oid: start });
    const { oid, type, object } = await readObject({ ...place, oid: named });
    if (type === 'tag') return (object as unknown as { object: string }).object;
    return type === 'commit' ? oid : undefined;
  } catch {
    return undefined;
  }
}
