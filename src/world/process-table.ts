/** How one kind of system is asked about processes. */
export interface ProcessTable {
  /** Another one after each start of the machine; empty where the system does not tell. */
  boot(): string;
  /** Pids of another one mean nothing in it. */
  namespace(): string;
  look(pid: number): FoundProcess | undefined;
  /** Whether all processes of another namespace can be seen from here, and none of them has this pid there. */
  isGone?(pid: number, namespace: string): boolean;
  /** When this process was started, as look() would say it. */
  ownStart(): string;
  isSameStart(one: string, other: string): boolean;
}

export interface FoundProcess {
  state: 'running' | 'stopped' | 'ended';
  /** As ProcessIdentity has it; empty where it may not be seen. */
  started: string;
}
