import type { Person } from '../../../events/envelope.js';
import type { Warning } from '../../errors.js';
import { type Author, isFirstTime } from '../../log/append/index.js';
import type { LocatedEvent, Publication } from '../../log/event-log.js';
import type { LogName } from '../decide/decision.js';
import type { Logs } from '../state/logs.js';
import type { Append, AppendedTo, Decided } from './command.js';

export interface Commit {
  log: LogName;
  ref: string;
  oid: string;
}

/** What a write came to. */
export interface Written<Answer> {
  /** Where it was written: on a branch of its own where the policy wants pull requests. */
  logs: Logs;
  answer: Answer;
  commits: Commit[];
  /** Paths of the event files written, or, in a dry run, of those that would be. */
  events: string[];
  /** Other files of the registry that changed, or would: `policy.json`. */
  files: string[];
  /** The events themselves, as written or as they would be. */
  written: LocatedEvent[];
  warnings: Warning[];
  /** Documents that went into the commit, and those that are to be left as they are, by path. */
  documents: string[];
  left: string[];
  /** `pushed` where all who share the registry have it now. */
  published: Publication;
  /** What the host said to it, as lines that may be printed. */
  said: string[];
  /** Who pushed, where a file of the project named the remote and this is the first push there. */
  introduced?: Person | undefined;
  /** Path of the embedded registry, where this write made it. */
  made: string | undefined;
}

export function nothingWritten<Answer>(
  logs: Logs,
  { answer, warnings, files }: Decided<Answer>,
): Written<Answer> {
  return {
    logs,
    answer,
    commits: [],
    files: files.map(({ path }) => path),
    events: [],
    written: [],
    warnings,
    published: 'local',
    said: [],
    documents: [],
    left: [],
    made: undefined,
  };
}

export function writtenBy<Answer>(
  logs: Logs,
  { decision, appended, beside }: Append<Answer>,
  { published, who, warnings }: { published: Publication; who: Author; warnings: Warning[] },
): Written<Answer> {
  return {
    ...nothingWritten(logs, decision),
    ...whatWas(appended),
    warnings: [
      ...decision.warnings,
      ...beside.warnings,
      ...appended.flatMap(([, it]) => it.warnings ?? []),
      ...systemIdentity(logs, who),
      ...warnings,
    ],
    published,
    introduced: published === 'pushed' && logs.markFirstPush() ? who.person : undefined,
    documents: beside.committed,
    left: beside.left,
  };
}

function whatWas(appended: AppendedTo[]) {
  const written = appended.flatMap(([, { events, paths }]) =>
    events.map((event, index) => ({ path: paths[index]!, ...event })),
  );
  const commits = appended.map(([log, { ref, oid }]): Commit => ({ log, ref, oid }));
  return { commits, events: written.map(({ path }) => path), written };
}

function systemIdentity(logs: Logs, { fromSystem, person }: Author): Warning[] {
  if (!fromSystem || !isFirstTime(logs.gitdir())) return [];
  return [
    {
      code: 'SYSTEM_IDENTITY',
      message: `git does not know who you are; written as ${person.name} <${person.email}>`,
      hint: 'git config --global user.name "Your Name" && git config --global user.email you@example.com',
    },
  ];
}
