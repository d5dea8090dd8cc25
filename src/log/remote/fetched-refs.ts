import { dirname, join } from 'node:path';
import { writeWhole } from '../git/guarded-files.js';
import { readRef } from '../git/refs.js';
import type { Repository } from '../git/repository.js';
import { FETCHED, transportFolder } from './branch-heads.js';

/** Where the branches of a remote were when they were last seen there. Only who holds the remote lock changes it. */
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

  /**
   * Remembers what the remote has taken: others have to see what it claims before the next fetch. Without a lock of git's: one that
   * was left by a kill would keep everybody from fetching.
   */
  track(ref: string, oid: string): void {
    writeFetchedRef(this.gitdir, fetchedName(ref), oid);
  }
}

function fetchedName(ref: string): string {
  return ref.replace('refs/heads/', FETCHED);
}

/** Written beside the refs: whatever stands among them, half written too, is a ref to git and to us. */
export function writeFetchedRef(gitdir: string, name: string, oid: string): void {
  writeWhole(join(gitdir, name), `${oid}\n`, { via: dirname(gitdir), flush: true });
}
