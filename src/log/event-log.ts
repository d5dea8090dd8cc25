import type { Person } from '../../events/envelope.js';
import type { NewEvent, PortEvent } from '../../events/event.js';
import { pathOf } from '../../events/event-path.js';
import type { Holdings } from '../../events/holdings.js';
import type { PortKey, PortRef } from '../../events/port.js';
import type { Damage, Holding } from '../../events/stream.js';
import type { Warning } from '../errors.js';
import type { Policy } from '../policy/policy.js';
import type { Progress } from '../progress.js';

/** A log folded up to its newest commit. Live: it follows what its log appends and fetches. */
export interface LogState {
  head: string | undefined;
  policy: Policy;
  /** Why policy.json is unreadable: `policy` is then the last readable one, and nothing may be granted by it. */
  policyFault?: string | undefined;
  holdings: Holdings;
  damaged: ReadonlyMap<PortKey, Damage>;
}

/** What one command adds to a log, as one commit or not at all. */
export interface Batch {
  events: NewEvent[];
  /** Generates ascending ids; default: the log's own generator. */
  newId?: ((at: number) => string) | undefined;
  by: Person;
  /** Milliseconds since 1970; raised to the time of the newest event of these streams, if that is later. */
  at: number;
  /** Other files of the registry in the same commit, such as policy.json. */
  files?: RegistryFile[];
  /** Files next to the registry, in the same repository. */
  documents?: CommittedDocument[] | undefined;
  /** Whether to sign the commit as git is configured to; default: yes. Not needed for a log that nobody else reads. */
  sign?: boolean | undefined;
  subject?: string | undefined;
  /** Reason for changed files, in the commit message; events have their own. */
  reason?: string | undefined;
}

export interface RegistryFile {
  path: string;
  /** Null to delete it. */
  content: string | null;
  /** Restores an event file that was changed or deleted. */
  restores?: boolean | undefined;
}

export interface TextVersion {
  before: string;
  after: string;
}

/** A document in the same repository as its registry. */
export interface CommittedDocument {
  /** From the repository's root. */
  path: string;
  /** Content to commit; null to delete the file. */
  content: string | null;
  /** Current and new content in index or work tree, if the user has uncommitted changes there. */
  index?: TextVersion | undefined;
  worktree?: TextVersion | undefined;
}

export interface Appended {
  ref: string;
  oid: string;
  events: PortEvent[];
  paths: string[];
  /** The head that the commit replaces, where it does not follow from its parent. */
  replaced?: string | undefined;
  /** Warnings about this machine's clock. */
  warnings?: Warning[] | undefined;
}

export type LocatedEvent = PortEvent & { path: string };

export function located(event: PortEvent): LocatedEvent {
  return { ...event, path: pathOf(event) };
}

/** Identifies an event by port and id; at a revision its version is needed too. */
export type EventRef = PortRef & { id: string; version?: number | undefined };

export interface Origin {
  commit: string;
  /** The merge that brought that commit to the branch; undefined for a commit on the branch itself. */
  via?: string | undefined;
}

export interface OpenClaim {
  branch: string;
  /** Whether this machine has the branch too. */
  own: boolean;
  resource: string;
  name: string;
  project?: string | undefined;
  local?: string | undefined;
}

/** A log in order of time; events of equal time in order of their ids. */
export interface History {
  newestFirst(): AsyncIterable<HistoryEntry>;
  oldestFirst(): AsyncIterable<HistoryEntry>;
  /** The holdings at a time, in milliseconds since 1970. */
  heldAt(time: number): Promise<Holding[]>;
}

interface HistoryEntry {
  event: PortEvent;
  origin: Origin;
}

/** The read side of a log. Every implementation passes test/src/log/event-log.contract.ts. */
export interface EventReader {
  /** The state at the newest commit. Throws LOG_DAMAGED, LOG_TOO_NEW, BAD_POLICY, REGISTRY_NOT_FOUND. */
  state(): Promise<LogState>;
  /** Per block of a hundred ports, by path: a version that changes whenever any of its events does or one is added. */
  blocks(): Promise<ReadonlyMap<string, string>>;
  /** Throws BAD_REVISION. */
  stateAt(revision: string): Promise<LogState>;
  /**
   * Judges the history of the shared branch: an event that was changed or deleted after it counted is damage from then on, whatever the
   * newest commit contains. `judgeAtFirst` runs only if this machine has never judged; `judgeStreams` additionally only if something was
   * ever changed or deleted in these streams. True if there was anything to judge.
   */
  judge(): Promise<boolean>;
  judgeAtFirst(): Promise<boolean>;
  judgeStreams(refs: PortRef[]): Promise<boolean>;
  policySource(): Promise<string>;
  /**
   * The events of the given streams, or of all, unordered across streams; damaged streams as far as readable. At the newest
   * commit, or at a revision. Throws BAD_REVISION.
   */
  events(refs?: PortRef[], revision?: string): Promise<LocatedEvent[]>;
  history(): Promise<History>;
  /** The origins of these events by id; at a revision, if given. Throws BAD_REVISION. */
  originsOf(events: EventRef[], revision?: string): Promise<Map<string, Origin>>;
  /** The events that a commit adds to its first parent, in order of their ids. */
  addedBy(commit: string): Promise<LocatedEvent[]>;
  /** Message and time (seconds since 1970) of a commit. */
  commit(oid: string): Promise<{ message: string; time: number }>;
  /** Messages by commit; those that are too large are left out. */
  messages(commits: Iterable<string>): Promise<Map<string, string>>;
  claims(): Promise<ReadonlyMap<PortKey, OpenClaim>>;
}

/** The write side of a log, which only appends. */
export interface EventWriter {
  /** Runs `work` as this machine's only writer. Throws LOCKED. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
  /** Appends to the state last seen, within exclusively(). Throws HeadMoved if the log has grown since, STREAM_DAMAGED, CANNOT_WRITE. */
  append(batch: Batch): Promise<Appended>;
  preview(batch: Batch): Promise<LocatedEvent[]>;
}

/** Who has the appended events: only this machine, everybody who shares the log, or everybody after a later `sync`. */
export type Publication = 'local' | 'pushed' | 'unpushed';

/** What asks a host to open a request along with the push of a branch. */
export interface PushAlong {
  options: readonly string[];
  /** A ref of the host's own, such as `refs/for/main`: it gets the commit too, once the branch is there. */
  review?: { ref: string; options: readonly string[] } | undefined;
}

/** Exchanges events with everybody who shares the log. */
export interface Publisher {
  /** Waits for this machine's turn to retry at the remote, after losing a race. */
  turn(): Promise<void>;
  /** Fetches what others have published; does nothing for an unshared log. Throws REMOTE_UNREACHABLE, HISTORY_REWRITTEN. */
  refresh(): Promise<void>;
  /**
   * Publishes the appended events; to be called outside exclusively(). Returns `moved` if others were faster: then nothing was published, and the
   * command has to decide again. `along` goes with a branch that is not the shared one. Throws REMOTE_UNREACHABLE, PUSH_REJECTED: nothing
   * was published, as far as known.
   */
  publish(appended: Appended, along?: PushAlong): Promise<Publication | 'moved'>;
  /**
   * Whether the last fetch is recent enough to decide and publish without another one: mostly nobody has written since, and that saves
   * a connection. If somebody has, `publish` returns `moved`.
   */
  mayPublishFirst(): Promise<boolean>;
  has(appended: Appended): Promise<boolean>;
  /** Problems after the events had been published. */
  readonly warnings: readonly Warning[];
  /** What the host said to the push of a branch that is not the shared one: often where a request for it is opened. */
  readonly said: readonly string[];
  /** Waits for this machine's pending publications. True if there were any. */
  settled(): Promise<boolean>;
}

export interface EventLog {
  /** The published log; within exclusively() including what is about to be published. */
  readonly reader: EventReader;
  /** The log as this machine is about to publish it. */
  readonly queued: EventReader;
  readonly writer: EventWriter;
  readonly publisher: Publisher;
  close(): Promise<void>;
}

export interface OpenOptions {
  branch?: string | undefined;
  progress?: Progress | undefined;
  /** Called with the URL before a push; throws to prevent it. */
  beforePush?: ((url: string) => void) | undefined;
}
