/** What brings commits from and to the remote of a registry. Only a child of what stands there goes up, and the remote compares and swaps. */
export interface Transport {
  readonly url: string;
  /** Where what was fetched stands: the refs below `refs/remotes/origin/` of this git directory. */
  readonly gitdir: string;
  /** Fetches all branches. Throws REMOTE_UNREACHABLE. */
  fetch(): Promise<void>;
  /** The branch that the remote's HEAD names; undefined for a remote without one. Throws REMOTE_UNREACHABLE. */
  defaultBranch(): Promise<string | undefined>;
  /** Whether `push` can be told what has to stand there. */
  readonly leases: boolean;
  /**
   * Moves a branch of the remote forward to a commit, where it stands at `known`: what was taken back there is not published again.
   * Throws RemoteMoved, PUSH_REJECTED (a hook, a protected branch), REMOTE_UNREACHABLE (it may have arrived all the same).
   */
  push(oid: string, ref: string, known?: string | undefined): Promise<void>;
}
