import type { NewEvent } from '../../../events/event.js';
import type { Busy } from '../../host/busy.js';
import type { Appended, Batch } from '../../log/event-log.js';
import type { Decision, LogName } from '../decide/decision.js';
import type { View } from '../decide/view.js';
import type { Beside, Documented } from '../documents/documents-in-commit.js';
import type { Logs } from '../state/logs.js';

/** What a command that writes asks for. */
export interface Write<Answer> {
  decide: (view: View) => Decision<Answer>;
  /** Files of the registry to change in the same commit, asked for anew whenever the command is decided anew. */
  files?: () => Promise<NonNullable<Batch['files']>>;
  subject?: string | undefined;
  /** Why the files change. */
  reason?: string | undefined;
  /** Documents that follow the events and go into their commit, where they are in the same repository. */
  documents?: (answer: Answer) => Documented[];
  dryRun?: boolean | undefined;
  /** Whether `decide` asks about ports that it does not choose: then all that is bound here is known from the start. */
  looks?: boolean | undefined;
  /** Run before each decision: for what is looked at beside the view. */
  prepare?: () => Promise<void>;
  /** Whether a port that is in use may be given all the same: to whoever had it before. */
  inUse?: boolean | undefined;
  /** Whether it only concerns what this machine has leased: that needs no network. */
  local?: boolean | undefined;
  /** Whether it is about a port by its number: then the remote is looked at first, as somebody may have just that one. */
  exact?: boolean | undefined;
  /** The names and globs of the resources that it is about, as they are called here. */
  resources?: string[] | undefined;
  /** Whether a resource that has no port yet gets one: where another project has that name, under a name of its own. */
  grants?: boolean | undefined;
  /** Whether it speaks of resources by their names on record, of whatever project. */
  literal?: boolean | undefined;
  /** Of a branch that is named after its first event: that one's time and id. */
  named?: OwnBranch | undefined;
}

/** A command on its way, and what it has come to know of this machine's ports. */
export interface Command<Answer> {
  logs: Logs;
  request: Write<Answer>;
  busy: Busy;
}

/** What a command comes to. */
export interface Decided<Answer> extends Decision<Answer> {
  files: NonNullable<Batch['files']>;
  /** What was decided on: the newest commits of both logs; empty where it is not to stand. */
  heads: string;
}

/** A branch for one change, and the ids of its events where it is named after the first. */
export interface OwnBranch {
  name: string;
  newId?: (() => (at: number) => string) | undefined;
  /** When it was named: the time of its first id. */
  at: number;
}

/** What was decided last, as the only writer of this machine, and appended. */
export interface Append<Answer> {
  decision: Decided<Answer>;
  appended: AppendedTo[];
  beside: Beside;
}

/** What was appended to one of the logs. */
export type AppendedTo = [log: LogName, appended: Appended];

export function isNothing({ events, files }: Decided<unknown>): boolean {
  return events.length === 0 && files.length === 0;
}

/** Whether an event gives a port that vports has chosen, or agreed to: it is tried on this machine. */
export function isChosen({ type }: NewEvent): boolean {
  return type === 'port.allocated';
}
