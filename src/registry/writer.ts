import type { NewEvent } from '../../events/event.js';
import type { PortKey } from '../../events/port.js';
import { VportsError, type Warning } from '../errors.js';
import { Busy } from '../host/busy.js';
import { type Author, author, toldOnce } from '../log/author.js';
import type { Appended, Batch, LocatedEvent } from '../log/event-log.js';
import { HeadMoved } from '../log/refs.js';
import type { Decision, LogName } from './decision.js';
import type { Logs } from './logs.js';
import type { View } from './view.js';

export interface Commit {
  log: LogName;
  ref: string;
  oid: string;
}

/** What a write came to. */
export interface Written<Answer> {
  answer: Answer;
  commits: Commit[];
  /** Paths of the event files written, or, in a dry run, of those that would be. */
  events: string[];
  /** The events themselves, as written or as they would be. */
  written: LocatedEvent[];
  warnings: Warning[];
  /** Path of the embedded registry, where this write made it. */
  made: string | undefined;
}

export interface Write<Answer> {
  decide: (view: View) => Decision<Answer>;
  /** Files of the registry to change in the same commit, asked for anew whenever the command is decided anew. */
  files?: () => Promise<NonNullable<Batch['files']>>;
  subject?: string;
  dryRun?: boolean;
  /** Whether `decide` asks about ports that it does not choose: then all that is bound here is known from the start. */
  looks?: boolean;
}

type Decided<Answer> = Decision<Answer> & { files: NonNullable<Batch['files']> };

const TRIES = 100;

/**
 * Decides and writes: first without a lock, which answers what needs no event, then again as the only writer, with
 * chosen ports tried on this machine, until nobody has moved the log in between.
 * Throws what `decide` throws, LOCKED, CONTENDED, CANNOT_WRITE, NO_IDENTITY.
 */
export async function write<Answer>(logs: Logs, request: Write<Answer>): Promise<Written<Answer>> {
  const busy = new Busy();
  if (request.looks) await busy.lookAround();
  const first = await decideOn(logs, request, busy);
  if (isNothing(first)) return nothingWritten(first);
  const made = request.dryRun ? undefined : await logs.create(first.events);
  const who = await author(logs.gitdir(), { shared: logs.shared });
  if (request.dryRun) return { ...(await preview(logs, request, first, who)), made: undefined };

  let basis = first.events;
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    try {
      return await logs.exclusively(basis, async () => {
        const decision = await decideOn(logs, request, busy);
        if (!logs.cover(basis, decision.events)) {
          basis = decision.events;
          throw new HeadMoved('the decision now concerns another log too');
        }
        if (isNothing(decision)) return { ...nothingWritten(decision), made };
        const done = await append(logs, request, decision, who);
        return { ...done, warnings: [...decision.warnings, ...systemIdentity(logs, who)], made };
      });
    } catch (error) {
      if (!(error instanceof HeadMoved)) throw error;
    }
  }
  throw new VportsError(
    'CONTENDED',
    `the registry moved ${TRIES} times while this command was being decided`,
    {
      hint: 'try again when fewer others write to it',
    },
  );
}

/** What the logs say now, and what is bound on this machine. */
export async function viewOf(logs: Logs, busy: ReadonlySet<PortKey>, now = Date.now()): Promise<View> {
  const registry = await (await logs.registry()).state();
  const host = logs.embedded ? registry : await (await logs.host()).state();
  return {
    policy: registry.policy,
    registry: registry.holdings,
    host: host.holdings,
    damaged: logs.embedded ? registry.damaged : new Map([...host.damaged, ...registry.damaged]),
    busy,
    now,
  };
}

/** The ports that are chosen are tried; only where one is taken are all others looked at, to choose better. */
async function decideOn<Answer>(
  logs: Logs,
  { decide, files }: Write<Answer>,
  busy: Busy,
): Promise<Decided<Answer>> {
  for (;;) {
    const decision = decide(await viewOf(logs, busy.ports));
    const chosen = decision.events.map(({ event }) => event).filter(({ type }) => type === 'port.allocated');
    if (!(await busy.takes(chosen))) return { ...decision, files: (await files?.()) ?? [] };
    await busy.lookAround();
  }
}

async function append<Answer>(
  logs: Logs,
  request: Write<Answer>,
  decision: Decided<Answer>,
  who: Author,
): Promise<Omit<Written<Answer>, 'warnings' | 'made'>> {
  const commits: Commit[] = [];
  const written: LocatedEvent[] = [];
  for (const [log, batch] of batches(logs, request, decision, who)) {
    const appended: Appended = await (await logs.named(log)).append(batch);
    commits.push({ log, ref: appended.ref, oid: appended.oid });
    written.push(...appended.events.map((event, index) => ({ ...event, path: appended.paths[index]! })));
  }
  return { answer: decision.answer, commits, events: written.map(({ path }) => path), written };
}

async function preview<Answer>(
  logs: Logs,
  request: Write<Answer>,
  decision: Decided<Answer>,
  who: Author,
): Promise<Omit<Written<Answer>, 'made'>> {
  const written: LocatedEvent[] = [];
  for (const [log, batch] of batches(logs, request, decision, who)) {
    written.push(...(await (await logs.named(log)).preview(batch)));
  }
  const { answer, warnings } = decision;
  return { answer, commits: [], events: written.map(({ path }) => path), written, warnings };
}

/** One batch a log, the registry's first: between the two a port is held twice by one name, never by nobody. */
function batches<Answer>(
  logs: Logs,
  { subject }: Write<Answer>,
  { events, files }: Decided<Answer>,
  who: Author,
): [LogName, Batch][] {
  const at = Date.now();
  const byLog = new Map<LogName, NewEvent[]>();
  for (const name of ['registry', 'host'] as const) {
    const own = events.filter(({ log }) => logs.nameOf(log) === name).map(({ event }) => event);
    if (own.length > 0 || (files.length > 0 && name === 'registry')) byLog.set(name, own);
  }
  return [...byLog].map(([log, own]) => {
    const extra = log === 'registry' ? { files, subject } : {};
    return [log, { events: own, by: who.person, at, ...extra }];
  });
}

function isNothing({ events, files }: Decided<unknown>): boolean {
  return events.length === 0 && files.length === 0;
}

function nothingWritten<Answer>({ answer, warnings }: Decision<Answer>): Written<Answer> {
  return { answer, commits: [], events: [], written: [], warnings, made: undefined };
}

function systemIdentity(logs: Logs, { fromSystem, person }: Author): Warning[] {
  if (!fromSystem || !toldOnce(logs.gitdir())) return [];
  return [
    {
      code: 'SYSTEM_IDENTITY',
      message: `git does not know who you are; written as ${person.name} <${person.email}>`,
      hint: 'git config --global user.name "Your Name" && git config --global user.email you@example.com',
    },
  ];
}
