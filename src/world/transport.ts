/** What brings commits from and to the remote of a registry. */
export interface Transport {
  readonly url: string;
  /**
   * Fetches all branches to the refs below `refs/remotes/origin/` of the transport's git directory, and forgets those that are gone.
   * Throws REMOTE_UNREACHABLE, LOG_DAMAGED, CANNOT_WRITE, LockedHere.
   */
  fetch(): Promise<void>;
  /** The branch that the remote's HEAD names; undefined for a remote without one. Throws REMOTE_UNREACHABLE. */
  defaultBranch(): Promise<string | undefined>;
  /**
   * Moves a branch of the remote, where that stands as the lease says. What the remote has already is no error. Gives what the host says
   * to it, as lines that may be printed.
   * Throws RemoteMoved, LockedThere, PUSH_REJECTED (a hook, a protected branch), CONFLICT (a branch of another name is in the way),
   * REMOTE_UNREACHABLE (it may have arrived all the same), LockedHere.
   */
  push(move: RemoteMove): Promise<string[]>;
}

/** How a branch of the remote is to move. */
export interface RemoteMove {
  ref: string;
  /** The commit that it is to stand at; undefined to delete it. */
  oid: string | undefined;
  /** Where it has to stand before: a commit, or undefined for a branch that is not there. */
  lease: string | undefined;
}
