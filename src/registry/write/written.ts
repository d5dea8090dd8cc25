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

export interface Written<Answer> {
  /** The logs written to; on a proposal branch if the policy requires pull requests. */
  logs: Logs;
  answer: Answer;
  commits: Commit[];
  events: string[];
  files: string[];
  written: LocatedEvent[];
  warnings: Warning[];
  /** Documents in the commit, and those left unchanged, by path. */
  documents: string[];
  left: string[];
  /** `pushed`: everybody has it now. */
  published: Publication;
  /** What the host said to it, as lines that may be printed. */
  said: string[];
  /** The author, on the first push to a remote named by a project file. */
  introduced?: Person | undefined;
  made: string | undefined;
}

export function nothingWritten<Answer>(
  logs: Logs,
  { answer, warnings, files }: Decided<Answer>,
): Written<Answer> {
  return { ...NOTHING, logs, answer, files: files.map(({ path }) => path), warnings, left: [] };
}

export const NOTHING: Omit<Written<unknown>, 'logs' | 'answer' | 'left'> = {
  commits: [],
  events: [],
  files: [],
  written: [],
  warnings: [],
  published: 'local',
  said: [],
  documents: [],
  made: undefined,
};

export function writtenBy<Answer>(
  logs: Logs,
  { decision, appended, brought }: Append<Answer>,
  { published, who, warnings }: { published: Publication; who: Author; warnings: Warning[] },
): Written<Answer> {
  return {
    ...nothingWritten(logs, decision),
    ...whatWas(appended),
    warnings: [
      ...decision.warnings,
      ...brought.warnings,
      ...appended.flatMap(([, it]) => it.warnings ?? []),
      ...systemIdentity(logs, who),
      ...warnings,
    ],
    published,
    introduced: published === 'pushed' && logs.markFirstPush() ? who.person : undefined,
    documents: brought.committed,
    left: brought.left,
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
      message: `git has no name and email for you; written as ${person.name} <${person.email}>`,
      hint: 'git config --global user.name "Your Name" && git config --global user.email you@example.com',
    },
  ];
}
