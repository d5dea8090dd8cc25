export interface ProcessTable {
  /** Differs after each start of the machine; empty if unknown. */
  boot(): string;
  /** Pids of one namespace mean nothing in another. */
  namespace(): string;
  look(pid: number): FoundProcess | undefined;
  /** Whether all processes of another namespace are visible from here, and none has this pid there. */
  isGone?(pid: number, namespace: string): boolean;
  /** Start of this process, in the form that look() returns. */
  ownStart(): string;
  isSameStart(one: string, other: string): boolean;
}

export interface FoundProcess {
  state: 'running' | 'stopped' | 'ended';
  /** As in ProcessIdentity; empty if it is not visible. */
  started: string;
}
