import type { NewEvent } from '../../../events/event.js';
import type { Busy } from '../../host/busy.js';
import type { Appended, Batch } from '../../log/event-log.js';
import type { Decision, LogName } from '../decide/decision.js';
import type { View } from '../decide/view.js';
import type { Logs } from '../state/logs.js';
import type { Documented, DocumentsInCommit } from '../update-documents/documents-in-commit.js';

export interface Write<Answer> {
  decide: (view: View) => Decision<Answer>;
  /** Registry files to change in the same commit; called for each decision. */
  files?: () => Promise<NonNullable<Batch['files']>>;
  subject?: string | undefined;
  reason?: string | undefined;
  /** Documents to update; they join the commit if in the same repository. */
  documents?: (answer: Answer) => Documented[];
  dryRun?: boolean | undefined;
  /** Whether `decide` needs all ports in use from the start. */
  looks?: boolean | undefined;
  /** Runs before each decision. */
  prepare?: () => Promise<void>;
  /** Whether a port in use may be granted, as to its former holder. */
  inUse?: boolean | undefined;
  /** Only concerns leases of this machine, so needs no network. */
  local?: boolean | undefined;
  /** Names a port by number, so the remote is looked at first. */
  exact?: boolean | undefined;
  /** Names and globs of the affected resources. */
  resources?: string[] | undefined;
  /** Whether a new resource may be created, under another recorded name if needed. */
  grants?: boolean | undefined;
  /** Uses recorded names, of any project. */
  literal?: boolean | undefined;
  /** Time and id of the first event, for a branch named after it. */
  named?: ChosenBranch | undefined;
}

export interface Command<Answer> {
  logs: Logs;
  request: Write<Answer>;
  busy: Busy;
}

export interface Decided<Answer> extends Decision<Answer> {
  files: NonNullable<Batch['files']>;
  /** The heads of both logs that it was decided on; empty if it must be decided again. */
  heads: string;
}

export interface ChosenBranch {
  name: string;
  newId?: (() => (at: number) => string) | undefined;
  at: number;
}

export interface Append<Answer> {
  decision: Decided<Answer>;
  appended: AppendedTo[];
  brought: DocumentsInCommit;
}

export type AppendedTo = [log: LogName, appended: Appended];

export function isNothing({ events, files }: Decided<unknown>): boolean {
  return events.length === 0 && files.length === 0;
}

/** Whether the port of an event must be tested on this machine. */
export function isChosen({ type }: NewEvent): boolean {
  return type === 'port.allocated';
}
