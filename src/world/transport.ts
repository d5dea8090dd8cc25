/** Moves commits to and from the remote of a registry. */
export interface Transport {
  readonly url: string;
  /**
   * Fetches all branches to the refs below `refs/remotes/origin/` of the transport's git directory, and prunes deleted ones.
   * Throws REMOTE_UNREACHABLE, LOG_DAMAGED, CANNOT_WRITE, LockedHere.
   */
  fetch(): Promise<void>;
  /** The branch that the remote's HEAD names; undefined if it has none. Throws REMOTE_UNREACHABLE. */
  defaultBranch(): Promise<string | undefined>;
  /**
   * Moves a branch of the remote if it is still at the commit of the lease; does nothing if it has moved there already. Returns what the
   * host says, as printable lines.
   * Throws RemoteMoved, LockedThere, PUSH_REJECTED (a hook, a protected branch), CONFLICT (a branch of another name is in the way),
   * REMOTE_UNREACHABLE (it may have arrived all the same), LockedHere.
   */
  push(move: RemoteMove): Promise<string[]>;
}

export interface RemoteMove {
  ref: string;
  /** The new commit; undefined to delete the branch. */
  oid: string | undefined;
  /** The expected old commit; undefined if the branch must not exist. */
  lease: string | undefined;
  /** For the host, as git's --push-option; one that takes none gets none. */
  options?: readonly string[] | undefined;
}
