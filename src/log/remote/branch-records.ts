import { join } from 'node:path';
import { attempt } from '../../attempt.js';
import { readRegularText } from '../../files/regular-file.js';
import { readdirSync } from '../../world/files.js';
import { rmSync, writeWhole } from '../git/guarded-files.js';
import { readRef } from '../git/refs.js';
import { privateFolder, type Repository } from '../git/repository.js';

export interface BranchRecord {
  ref: string;
  isPending: boolean;
  /** The remote's head at the last comparison; undefined if the branch is yet to be created. */
  lease: string | undefined;
}

/** Proposal branches written on this machine, a file each. Changing them requires the writer lock. */
export function branchRecords(repository: Repository): BranchRecord[] {
  const names = attempt(() => readdirSync(folderOf(repository))) ?? [];
  return names
    .filter((name) => !name.startsWith('tmp_obj_'))
    .flatMap((name) => branchRecord(repository, decodeURIComponent(name)) ?? []);
}

export function branchRecord(repository: Repository, ref: string): BranchRecord | undefined {
  const text = attempt(() => readRegularText(fileOf(repository, ref)));
  if (text === undefined) return undefined;
  const { pending, lease } = attempt(() => JSON.parse(text)) ?? {};
  // A file truncated by a power cut counts as pending.
  return { ref, isPending: pending !== false, lease: typeof lease === 'string' ? lease : undefined };
}

export function rememberBranch(repository: Repository, { ref, isPending, lease }: BranchRecord): void {
  const text = JSON.stringify({ pending: isPending, ...(lease !== undefined && { lease }) });
  writeWhole(fileOf(repository, ref), text, { flush: true });
}

export function forgetBranch(repository: Repository, ref: string): void {
  rmSync(fileOf(repository, ref), { force: true });
}

/** Records a pushed head. Other processes may have added commits since. */
export function notePushed(repository: Repository, ref: string, oid: string): void {
  const isPending = readRef(repository, ref) !== oid;
  rememberBranch(repository, { ref, isPending, lease: oid });
}

function folderOf(repository: Repository): string {
  return join(privateFolder(repository), 'branches');
}

function fileOf(repository: Repository, ref: string): string {
  return join(folderOf(repository), encodeURIComponent(ref));
}
