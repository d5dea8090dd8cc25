import { dirname, join } from 'node:path';
import { writeWhole } from '../git/guarded-files.js';
import { readRef } from '../git/refs.js';
import type { Repository } from '../git/repository.js';
import { FETCHED, transportFolder } from './branch-heads.js';

/** The remote's branches when last seen. Changing them requires the remote lock. */
export class FetchedRefs {
  readonly #place: Repository;

  constructor(repository: Repository) {
    const gitdir = transportFolder(repository);
    this.#place = { ...repository, gitdir, commondir: gitdir };
  }

  get gitdir(): string {
    return this.#place.gitdir;
  }

  at(ref: string): string | undefined {
    return readRef(this.#place, fetchedName(ref));
  }

  /** Records a pushed head: others must see its claims before the next fetch. Without a git lock, which a kill would leave and block all fetches. */
  track(ref: string, oid: string): void {
    writeFetchedRef(this.gitdir, fetchedName(ref), oid);
  }
}

function fetchedName(ref: string): string {
  return ref.replace('refs/heads/', FETCHED);
}

/** The temporary file is outside of the refs: git and vports take any file there, even a partial one, for a ref. */
export function writeFetchedRef(gitdir: string, name: string, oid: string): void {
  writeWhole(join(gitdir, name), `${oid}\n`, { via: dirname(gitdir), flush: true });
}
