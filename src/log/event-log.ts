import type { Person } from '../../events/envelope.js';
import type { NewEvent, PortEvent } from '../../events/event.js';
import type { Holdings } from '../../events/holdings.js';
import type { PortKey, PortRef } from '../../events/port.js';
import type { Damage, Holding } from '../../events/stream.js';
import type { Warning } from '../errors.js';
import type { Policy } from '../policy/policy.js';
import type { Progress } from '../progress.js';

/** A log folded up to its newest commit. The object is live: it follows what its log appends and fetches. */
export interface LogState {
  /** The commit it was folded from; undefined for a log without commits. */
  head: string | undefined;
  policy: Policy;
  /** What is wrong with policy.json: `policy` is then the last one that could be read, and nothing may be granted by it. */
  policyFault?: string | undefined;
  holdings: Holdings;
  /** Quarantined streams, with what is wrong. */
  damaged: ReadonlyMap<PortKey, Damage>;
}

/** What one command adds to a log: it lands as one commit or not at all. */
export interface Batch {
  events: NewEvent[];
  /** Gives their ids, each later than the one before; default: those of the log. */
  newId?: ((at: number) => string) | undefined;
  by: Person;
  /** Milliseconds since 1970. Moved forward to the newest event of the streams, should that be later. */
  at: number;
  /** Other files of the registry that change in the same commit, such as policy.json. */
  files?: RegistryFile[];
  /** Files of the same repository that stand beside the registry. */
  beside?: BesideFile[] | undefined;
  /** Whether the commit is signed where git would sign it; default: yes. What nobody else sees need not be. */
  sign?: boolean | undefined;
  /** The commit's subject; made from the events unless given. */
  subject?: string | undefined;
  /** Why files changed, for the commit's text; events have their own. */
  reason?: string | undefined;
}

/** A file of a registry, by its path from the registry's root. */
export interface RegistryFile {
  path: string;
  /** Null where the file goes. */
  content: string | null;
  /** It is that of an event, which was changed or deleted after it had been added. */
  restores?: boolean | undefined;
}

export interface TextVersion {
  before: string;
  after: string;
}

/** A document in the repository of its registry. */
export interface BesideFile {
  /** From the repository's root. */
  path: string;
  /** What the commit has; null where the file goes. */
  content: string | null;
  /** Where index or work tree have changes of the user's own: what is there, and what is to be. */
  index?: TextVersion | undefined;
  worktree?: TextVersion | undefined;
}

export interface Appended {
  ref: string;
  oid: string;
  events: PortEvent[];
  /** Paths of the event files, from the registry's root. */
  paths: string[];
  /** What speaks against the clock of this machine. */
  warnings?: Warning[] | undefined;
}

/** An event with its place: where its file stands and which commit brought it. */
export type LocatedEvent = PortEvent & { path: string };

/** What names an event: its port and its id. A revision is asked by version as well. */
export type EventRef = PortRef & { id: string; version?: number | undefined };

/** What brought an event. */
export interface Origin {
  /** The commit that first had its file. */
  commit: string;
  /** The merge through which that commit came to the branch; undefined for a commit on the branch itself. */
  via?: string | undefined;
}

/** Somebody wants a port on a branch that is not merged yet. */
export interface OpenClaim {
  branch: string;
  /** Whether it was made here: this machine has the branch too. */
  own: boolean;
  resource: string;
  name: string;
  project?: string | undefined;
  local?: string | undefined;
}

/** A log in the order of time; events of one time in the order of their ids. */
export interface History {
  newestFirst(): AsyncIterable<HistoryEntry>;
  oldestFirst(): AsyncIterable<HistoryEntry>;
  /** Who held what at a time (milliseconds since 1970): each stream's events up to then. */
  heldAt(time: number): Promise<Holding[]>;
}

interface HistoryEntry {
  event: PortEvent;
  origin: Origin;
}

/** What a log says. Every store passes test/src/log/event-log.contract.ts. */
export interface EventReader {
  /** The state at the newest commit. Throws LOG_DAMAGED, LOG_TOO_NEW, BAD_POLICY, REGISTRY_NOT_FOUND. */
  state(): Promise<LogState>;
  /**
   * By the path of each hundred ports that have events: a name that is another one as soon as any of these events is, or is one
   * more.
   */
  blocks(): Promise<ReadonlyMap<string, string>>;
  /** The state as of a commit. Throws BAD_REVISION. */
  stateAt(revision: string): Promise<LogState>;
  /**
   * Judges the history of what all share up to now: an event that was changed or deleted after it counted is damage from then on,
   * whatever the newest commit has. `judgeAtFirst` where none was judged on this machine before; `judgeStreams` then only where
   * something was ever changed or deleted in these streams. Whether there was anything to judge.
   */
  judge(): Promise<boolean>;
  judgeAtFirst(): Promise<boolean>;
  judgeStreams(refs: PortRef[]): Promise<boolean>;
  /** The text of policy.json at the newest commit. */
  policySource(): Promise<string>;
  /**
   * Every event of the given streams, or of all, in no order across streams; damaged streams as far as readable. At the
   * newest commit, or at a revision. Throws BAD_REVISION.
   */
  events(refs?: PortRef[], revision?: string): Promise<LocatedEvent[]>;
  /** All events in the order they happened, each with what brought it. */
  history(): Promise<History>;
  /** What brought these events, by id; as of a revision where one is given. Throws BAD_REVISION. */
  originsOf(events: EventRef[], revision?: string): Promise<Map<string, Origin>>;
  /** The events that a commit has and its first parent has not, in the order of their ids. */
  addedBy(commit: string): Promise<LocatedEvent[]>;
  /** The message of a commit, and when it was made: seconds since 1970. */
  commit(oid: string): Promise<{ message: string; time: number }>;
  /** The messages of many commits, by name; what is too large to be read whole is left out. */
  messages(commits: Iterable<string>): Promise<Map<string, string>>;
  /** Ports that are claimed on branches which are not merged yet. */
  claims(): Promise<ReadonlyMap<PortKey, OpenClaim>>;
}

/** How a log grows, by appending alone. */
export interface EventWriter {
  /** Runs `work` as the only writer of this machine. Throws LOCKED. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
  /**
   * Appends to the state last seen; only inside exclusively(). Throws HeadMoved where the log has grown since,
   * STREAM_DAMAGED, CANNOT_WRITE.
   */
  append(batch: Batch): Promise<Appended>;
  /** The events that `append` would write. */
  preview(batch: Batch): Promise<LocatedEvent[]>;
}

/** Who has what was appended: nobody else has to, all who share the log do, or they get it by a later `sync`. */
export type Publication = 'local' | 'pushed' | 'unpushed';

/** How what was appended gets to all who share the log, and what they have published comes here. */
export interface Publisher {
  /** Waits until this machine is to try again at the remote, where others have been faster. */
  turn(): Promise<void>;
  /** Brings in what others have published since; nothing for a log that nobody shares. Throws REMOTE_UNREACHABLE, HISTORY_REWRITTEN. */
  refresh(): Promise<void>;
  /**
   * Makes what was appended final for all who share the log; to be called outside exclusively(). `moved` where others were
   * faster: then nothing of it has happened, and the command is to be decided again.
   * Throws REMOTE_UNREACHABLE, PUSH_REJECTED, and then too nothing has happened, as far as can be told.
   */
  publish(appended: Appended): Promise<Publication | 'moved'>;
  /**
   * Whether what is known of the published log is new enough to decide on it and publish at once: most of the time nobody has written
   * since, and a look would be a connection more. `publish` says `moved` where somebody has.
   */
  mayPublishFirst(): Promise<boolean>;
  /** Whether the published log has what was appended. */
  has(appended: Appended): Promise<boolean>;
  /** What stood in the way after something had been published: it does not change that. */
  readonly warnings: readonly Warning[];
  /** What the host said to the push of a branch that is not the shared one: often where a request for it is opened. */
  readonly said: readonly string[];
  /** Waits for what this machine is about to publish to get there, or not. Whether there was anything. */
  settled(): Promise<boolean>;
}

/** An append-only log of port events, open. */
export interface EventLog {
  /** What is published; inside exclusively(), what is about to be published counts too. */
  readonly reader: EventReader;
  /** The log as this machine is about to publish it. */
  readonly queued: EventReader;
  readonly writer: EventWriter;
  readonly publisher: Publisher;
  close(): Promise<void>;
}

/** How a log is opened. */
export interface OpenOptions {
  branch?: string | undefined;
  progress?: Progress | undefined;
  /** Told the URL before anything is pushed there; it throws what stands in the way. */
  beforePush?: ((url: string) => void) | undefined;
}
