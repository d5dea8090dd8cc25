import { join } from 'node:path';
import { unlessSystemRefuses } from '../../attempt.js';
import { existsSync, statSync } from '../../world/files.js';
import { rename, rmSync, writeWhole } from '../git/guarded-files.js';
import { git } from '../git/program/git-program.js';
import { readRef, SEEN } from '../git/refs.js';
import type { Repository } from '../git/repository.js';
import { FETCHED, transportFolder } from '../remote/branch-heads.js';
import { seenCopy } from '../shared/seen-head.js';
import { bytesOf, filesBelow, linesOf } from './damaged-objects.js';

export interface DamagedRef {
  ref: string;
  path: string;
  oid: string | undefined;
}

const OID = /^[0-9a-f]{40}$/;

/** Branches and seen heads whose files are empty or no object names; also a checked-out branch that is missing. */
export async function findRefDamage(repository: Repository): Promise<DamagedRef[]> {
  const { commondir } = repository;
  const refs = ['refs/heads', 'refs/vports'].flatMap((folder) => filesBelow(join(commondir, folder), folder));
  const fetched = filesBelow(join(transportFolder(repository), 'refs/remotes'), 'refs/remotes');
  const places = [
    ...refs.map((ref) => ({ ref, path: join(commondir, ref) })),
    ...fetched.map((ref) => ({ ref, path: join(transportFolder(repository), ref) })),
  ];
  const found: DamagedRef[] = [];
  for (const { ref, path } of places) {
    const text = bytesOf(path)?.toString('latin1').trim();
    if (text === undefined || OID.test(text) || text.startsWith('ref: ') || path.endsWith('.lock')) continue;
    found.push({ ref, path, oid: await lastKnown(repository, ref) });
  }
  const [head = ''] = linesOf(join(repository.gitdir, 'HEAD'));
  const ref = /^ref: (refs\/heads\/\S+)$/.exec(head)?.[1];
  // git deletes the reflog with a branch: if only the reflog is left, something else deleted the ref.
  const isGone = ref !== undefined && !refs.includes(ref) && existsSync(join(commondir, 'logs', ref));
  if (isGone && readRef(repository, ref) === undefined)
    found.push({ ref, path: join(commondir, ref), oid: await lastKnown(repository, ref) });
  return found;
}

/** From the reflog, the last fetch or vports' own copy: the first that is a commit here. */
async function lastKnown(repository: Repository, ref: string): Promise<string | undefined> {
  const { commondir } = repository;
  const lines = linesOf(join(commondir, 'logs', ref)).reverse();
  const logged = lines.flatMap((line) => /^[0-9a-f]{40} ([0-9a-f]{40}) /.exec(line)?.[1] ?? []);
  const packed = linesOf(join(commondir, 'packed-refs')).find((line) => line.endsWith(` ${ref}`));
  const there = linesOf(join(transportFolder(repository), ref.replace('refs/heads/', FETCHED)))[0];
  const own = ref === SEEN ? seenCopy(repository) : undefined;
  for (const oid of [own, ...logged, there, packed?.slice(0, 40)]) {
    if (oid === undefined || !OID.test(oid)) continue;
    const type = await git(['cat-file', '-t', oid], { commondir });
    if (type?.toString().trim() === 'commit') return oid;
  }
  return undefined;
}

/** Branches behind the end of their own reflog: a backup or a power cut has restored an older ref. */
export async function findOlderRefs(
  repository: Repository,
): Promise<{ ref: string; at: string; was: string }[]> {
  const { commondir } = repository;
  const found: { ref: string; at: string; was: string }[] = [];
  for (const ref of filesBelow(join(commondir, 'refs/heads'), 'refs/heads')) {
    const [at = ''] = linesOf(join(commondir, ref));
    const last =
      linesOf(join(commondir, 'logs', ref))
        .filter(Boolean)
        .at(-1) ?? '';
    const was = /^[0-9a-f]{40} ([0-9a-f]{40}) /.exec(last)?.[1];
    if (was === undefined || was === at || !OID.test(at)) continue;
    if (await git(['merge-base', '--is-ancestor', at, was], { commondir })) found.push({ ref, at, was });
  }
  return found;
}

/** Restores refs. Returns those without a known commit: branches stay, others are deleted. */
export async function mendRefs(repository: Repository): Promise<DamagedRef[]> {
  const lost: DamagedRef[] = [];
  for (const damaged of await findRefDamage(repository)) {
    const { ref, path, oid } = damaged;
    if (oid !== undefined) writeWhole(path, `${oid}\n`, { flush: true });
    else {
      lost.push(damaged);
      // Fetched and seen heads are recorded again later.
      if (!ref.startsWith('refs/heads/')) rmSync(path, { force: true });
    }
  }
  return lost;
}

/** Which of the files HEAD and config of a repository are invalid. */
export function findSetUpDamage(gitdir: string): ('HEAD' | 'config')[] {
  if (!isFolder(join(gitdir, 'objects')) || !isFolder(join(gitdir, 'refs'))) return [];
  const found: ('HEAD' | 'config')[] = [];
  const head = bytesOf(join(gitdir, 'HEAD'))?.toString('latin1').trim() ?? '';
  if (!/^ref: refs\/\S+$/.test(head) && !OID.test(head)) found.push('HEAD');
  const config = bytesOf(join(gitdir, 'config'))?.toString('latin1') ?? '';
  if (!/^\s*\[core\]/im.test(config)) found.push('config');
  return found;
}

/** For a bare repository created by vports: restores them as created. */
export function mendSetUp(gitdir: string, config: string): void {
  for (const name of findSetUpDamage(gitdir)) {
    const path = join(gitdir, name);
    if (existsSync(path)) rename(path, join(gitdir, `${name}.damaged`));
    writeWhole(path, name === 'HEAD' ? `ref: ${branchOf(gitdir)}\n` : config, { flush: true, mode: 0o600 });
  }
}

function branchOf(gitdir: string): string {
  const branches = filesBelow(join(gitdir, 'refs/heads'), 'refs/heads');
  return branches.length === 1 ? branches[0]! : 'refs/heads/main';
}

function isFolder(path: string): boolean {
  return unlessSystemRefuses(() => statSync(path).isDirectory()) ?? false;
}
