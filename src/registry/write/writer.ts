import type { Person } from '../../../events/envelope.js';
import type { NewEvent } from '../../../events/event.js';
import { VportsError, type Warning } from '../../errors.js';
import { Busy } from '../../host/busy.js';
import { type Author, author, isFirstTime } from '../../log/append/index.js';
import type { Appended, Batch, EventLog, LocatedEvent } from '../../log/event-log.js';
import { HeadMoved } from '../../log/git/index.js';
import { withoutSecrets } from '../../log/remote/index.js';
import { refusalOf } from '../../system-error.js';
import { world } from '../../world/index.js';
import type { Decision, LogName, Placed } from '../decide/decision.js';
import type { View } from '../decide/view.js';
import { type Beside, type Documented, documentsInCommit } from '../documents/documents-in-commit.js';
import { loadView } from '../state/load-view.js';
import type { Logs } from '../state/logs.js';
import { canHavePullRequests, type OwnBranch, ownBranch, wantsPullRequests } from './own-branch.js';

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
  published: 'local' | 'pushed';
  /** Who pushed, where a file of the project named the remote and this is the first push there. */
  introduced?: Person | undefined;
  /** Path of the embedded registry, where this write made it. */
  made: string | undefined;
}

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
  /** The one resource that it is about. */
  resource?: string | undefined;
  /** Of a branch that is named after its first event: that one's time and id. */
  named?: OwnBranch | undefined;
}

interface Decided<Answer> extends Decision<Answer> {
  files: NonNullable<Batch['files']>;
  /** What was decided on: the newest commits of both logs; empty where it is not to stand. */
  heads: string;
}

/** How long others may be faster, over and over: on this machine they are few, at a remote there may be many. */
const TRIES = 400;
const PATIENCE = 300_000;

/**
 * The command handler of every command that writes:
 *
 * 1. Read: look at the remote, unless the command concerns nothing but leases of this machine, or what is known is new enough.
 * 2. Decide, without a lock. What comes to no event is answered, and a dry run ends, here.
 * 3. As the only writer of this machine decide again, where the logs have moved since or a port is chosen, which is tried here.
 * 4. Append the events of each log as one commit, with the documents that stand in the same repository.
 * 5. Publish. Where somebody else was faster, at the remote or on this machine, go back to 1.
 *
 * Where the policy wants pull requests, all of that happens on a branch of its own.
 *
 * Throws what `decide` throws, LOCKED, CONTENDED, CANNOT_WRITE, NO_IDENTITY, REMOTE_UNREACHABLE, PUSH_REJECTED.
 */
export async function write<Answer>(logs: Logs, request: Write<Answer>): Promise<Written<Answer>> {
  const wants = !request.local && (await wantsPullRequests(logs));
  if (wants && canHavePullRequests(logs)) return writeByPullRequest(logs, request);
  const written = await writeTo(logs, request);
  return wants && written.commits.length > 0 ? withNote(written) : written;
}

/** What concerns leases of this machine alone is nobody else's to review. */
async function writeByPullRequest<Answer>(logs: Logs, request: Write<Answer>): Promise<Written<Answer>> {
  const foreseen = request.files ? undefined : await foresee(logs, request, new Busy());
  if (foreseen?.events.every(({ log }) => logs.nameOf(log) === 'host')) return writeTo(logs, request);
  const named = await ownBranch(logs, request);
  return writeTo(logs.onBranch(named.name), { ...request, named });
}

/** Somebody may have changed the policy to that since it was last seen here. */
async function wantsPullRequestsNow(logs: Logs): Promise<boolean> {
  return canHavePullRequests(logs) && wantsPullRequests(logs);
}

function withNote<Answer>(written: Written<Answer>): Written<Answer> {
  if (!written.logs.markOnce('no-pull-requests')) return written;
  return {
    ...written,
    warnings: [
      ...written.warnings,
      {
        code: 'NO_PULL_REQUESTS',
        message:
          'the policy wants changes by pull request, which has no effect here: the registry has no remote, or is a folder of a monorepo',
        hint: 'in a monorepo a change is on the branch that is checked out, and its pull request is that one',
      },
    ],
  };
}

async function writeTo<Answer>(logs: Logs, request: Write<Answer>): Promise<Written<Answer>> {
  const busy = new Busy();
  if (request.looks) await busy.lookAround();
  const foreseen = request.local ? undefined : await foresee(logs, request, busy);
  const leasesOnly = foreseen?.events.every(({ log }) => logs.nameOf(log) === 'host') ?? false;
  const goesOn = foreseen && !leasesOnly && !request.dryRun && !request.files;
  const publisher = goesOn && !request.exact ? (await logs.registry()).publisher : undefined;
  if (!request.local && !leasesOnly && !(await publisher?.mayPublishFirst())) {
    await look(logs, request);
    if (await wantsPullRequestsNow(logs)) return writeByPullRequest(logs, request);
  }
  const first = goesOn ? foreseen : await decideOn(logs, request, busy);
  if (isNothing(first)) return nothingWritten(logs, first);
  const made = request.dryRun ? undefined : await logs.create(first.events);
  if (request.dryRun) return preview(logs, request, first, await authorOf(logs, first));

  let basis = first.events;
  const deadline = world.elapsed() + PATIENCE;
  let attempt = 0;
  for (; attempt < TRIES && world.elapsed() < deadline; attempt++) {
    const who = await authorOf(logs, { events: basis, files: first.files });
    const tried = await attemptOn(logs, request, { busy, basis, who, first });
    if ('written' in tried) return { ...tried.written, made };
    basis = tried.basis;
    if (!tried.beaten) continue;
    const registry = await look(logs, request);
    // A push may have arrived whose answer did not: the next one then met it as somebody else's.
    const { appended, written } = tried.beaten;
    if (await registry.publisher.has(appended)) return { ...written, published: 'pushed', made };
    if (await wantsPullRequestsNow(logs)) return writeByPullRequest(logs, request);
  }
  throw new VportsError(
    'CONTENDED',
    `others were faster at ${withoutSecrets(logs.remote()?.url ?? logs.place.path)}, each of the ${attempt} times this command was decided`,
    { hint: '`vports log -n 10` shows who writes; try again when fewer do' },
  );
}

/** Who commits. What goes to this machine's log alone is seen by nobody else: there the system's user will do. */
function authorOf(
  logs: Logs,
  { events, files }: Pick<Decided<unknown>, 'events' | 'files'>,
): Promise<Author> {
  const isForOthers = files.length > 0 || events.some(({ log }) => logs.nameOf(log) === 'registry');
  return author(logs.gitdir(), { shared: logs.shared && isForOthers });
}

/** After the wait for a turn, not before it: what is decided on has to be as new as can be when it gets there. */
async function look(logs: Logs, { dryRun }: { dryRun?: boolean | undefined }): Promise<EventLog> {
  const registry = await logs.registry();
  if (!dryRun) await registry.publisher.turn();
  await registry.publisher.refresh();
  return registry;
}

interface Attempt<Answer> {
  first: Decided<Answer>;
  busy: Busy;
  basis: Placed[];
  who: Author;
}

/** One try: `basis` is what the next one starts from where others were faster, `beaten` what they beat at the remote. */
async function attemptOn<Answer>(
  logs: Logs,
  request: Write<Answer>,
  { busy, basis, who, first }: Attempt<Answer>,
): Promise<
  | { written: Written<Answer> }
  | { basis: Placed[]; beaten?: { appended: Appended; written: Written<Answer> } }
> {
  let concerned = basis;
  let decision: Decided<Answer> | undefined;
  let appended: [LogName, Appended][] = [];
  let beside: Beside | undefined;
  try {
    await logs.exclusively(basis, async () => {
      decision = await decideOn(logs, request, busy, first);
      if (!logs.cover(basis, decision.events)) {
        concerned = decision.events;
        throw new HeadMoved('the decision now concerns another log too');
      }
      beside = await documentsInCommit(logs, request.documents?.(decision.answer) ?? [], decision);
      appended = await append(logs, batches(logs, request, decision, who, beside.files), {
        beforeTheRest: true,
      });
    });
  } catch (error) {
    if (error instanceof HeadMoved) return { basis: concerned };
    throw error;
  }
  const registry = await logs.registry();
  if (isNothing(decision!)) {
    // It may only be so because of what this machine is about to publish.
    return (await registry.publisher.settled()) ? { basis } : { written: nothingWritten(logs, decision!) };
  }
  let published: Written<Answer>['published'] = 'local';
  for (const [log, it] of appended) {
    if (logs.nameOf(log) !== 'registry') continue;
    const how = await registry.publisher.publish(it);
    if (how === 'moved') {
      const written = { ...nothingWritten(logs, decision!), ...told(decision!.answer, appended) };
      return { basis, beaten: { appended: it, written } };
    }
    published = how;
  }
  const late: Warning[] = [];
  if (published === 'pushed') {
    const rest = await appendRest(logs, request, decision!, who, appended).catch((error: unknown) => {
      late.push(notGivenUp(error));
      return [];
    });
    appended.push(...rest);
  }
  const { committed: documents = [], left = [], warnings = [] } = beside ?? {};
  return {
    written: {
      logs,
      ...told(decision!.answer, appended),
      files: decision!.files.map(({ path }) => path),
      warnings: [
        ...decision!.warnings,
        ...warnings,
        ...appended.flatMap(([, it]) => it.warnings ?? []),
        ...systemIdentity(logs, who),
        ...registry.publisher.warnings,
        ...late,
      ],
      published,
      introduced: published === 'pushed' && logs.markFirstPush() ? who.person : undefined,
      documents,
      left,
      made: undefined,
    },
  };
}

/**
 * What a command comes to on a shared registry as last seen, where that is anything. About nothing but this machine's leases it
 * needs no network, and must not fail without one. Else it is decided anew in any case, and once is enough: as the only writer.
 */
async function foresee<Answer>(
  logs: Logs,
  { decide, prepare }: Write<Answer>,
  busy: Busy,
): Promise<Decided<Answer> | undefined> {
  if (logs.remote() === undefined) return undefined;
  try {
    await prepare?.();
    const decision = decide(await loadView(logs, busy.ports));
    return decision.events.length > 0 ? { ...decision, heads: '', files: [] } : undefined;
  } catch (error) {
    if (error instanceof VportsError) return undefined;
    throw error;
  }
}

/**
 * The ports that are chosen are tried; only where one is taken are all others looked at, to choose better. What was decided before
 * and chooses nothing stands while the logs do.
 */
async function decideOn<Answer>(
  logs: Logs,
  { decide, files, prepare, inUse }: Write<Answer>,
  busy: Busy,
  before?: Decided<Answer>,
): Promise<Decided<Answer>> {
  await prepare?.();
  for (;;) {
    const view = await loadView(logs, busy.ports, world.now(), logs.writing);
    const { heads } = view;
    const stands = before?.heads === heads && !before.events.some(({ event }) => isChosen(event));
    if (stands && !prepare && !files) return before;
    const decision = decide({ ...view, claimed: await (await logs.registry()).reader.claims() });
    const chosen = decision.events.map(({ event }) => event).filter(isChosen);
    if (inUse || !(await busy.takes(chosen))) return { ...decision, heads, files: (await files?.()) ?? [] };
    await busy.lookAround();
  }
}

function isChosen({ type }: NewEvent): boolean {
  return type === 'port.allocated';
}

/** Where others have to take the registry's part first, the rest waits for that: nobody holds nothing in between. */
async function append(
  logs: Logs,
  all: [LogName, Batch][],
  { beforeTheRest }: { beforeTheRest: boolean },
): Promise<[LogName, Appended][]> {
  const appended: [LogName, Appended][] = [];
  const first = beforeTheRest && logs.remote() !== undefined && all.some(([log]) => log === 'registry');
  for (const [log, batch] of all) {
    if (first && log !== 'registry') continue;
    appended.push([log, await (await logs.named(log)).writer.append(batch)]);
  }
  return appended;
}

/** What this machine gives up for what it now holds in the registry, as far as it still has it. */
async function appendRest<Answer>(
  logs: Logs,
  request: Write<Answer>,
  decision: Decided<Answer>,
  who: Author,
  done: [LogName, Appended][],
): Promise<[LogName, Appended][]> {
  const rest = decision.events.filter(({ log }) => !done.some(([it]) => it === logs.nameOf(log)));
  if (rest.length === 0) return [];
  return logs.exclusively(rest, async () => {
    const { holdings } = await logs.hostState();
    const events = rest.filter(({ event }) => holdings.at(event)?.resource === event.resource);
    return append(logs, batches(logs, request, { ...decision, events, files: [] }, who), {
      beforeTheRest: false,
    });
  });
}

/** All have the claim by then: that a lease for it stays as well must not say otherwise. */
function notGivenUp(error: unknown): Warning {
  const told = error instanceof VportsError ? error : refusalOf(error);
  if (!told) throw error;
  return {
    code: told.code,
    message: `what this machine had leased for it stays leased: ${told.message}`,
    hint: told.hint,
  };
}

function told<Answer>(answer: Answer, appended: [LogName, Appended][]) {
  const written = appended.flatMap(([, { events, paths }]) =>
    events.map((event, index) => ({ path: paths[index]!, ...event })),
  );
  const commits = appended.map(([log, { ref, oid }]): Commit => ({ log, ref, oid }));
  return { answer, commits, events: written.map(({ path }) => path), written };
}

async function preview<Answer>(
  logs: Logs,
  request: Write<Answer>,
  decision: Decided<Answer>,
  who: Author,
): Promise<Written<Answer>> {
  const written: LocatedEvent[] = [];
  for (const [log, batch] of batches(logs, request, decision, who)) {
    written.push(...(await (await logs.named(log)).writer.preview(batch)));
  }
  const events = written.map(({ path }) => path);
  return { ...nothingWritten(logs, decision), events, written };
}

/** One batch a log, the registry's first: between the two a port is held twice by one name, never by nobody. */
function batches<Answer>(
  logs: Logs,
  { subject, reason, named }: Write<Answer>,
  { events, files }: Decided<Answer>,
  who: Author,
  beside: NonNullable<Batch['beside']> = [],
): [LogName, Batch][] {
  const at = named?.newId ? named.at : world.now();
  const byLog = new Map<LogName, NewEvent[]>();
  for (const name of ['registry', 'host'] as const) {
    const own = events.filter(({ log }) => logs.nameOf(log) === name).map(({ event }) => event);
    if (own.length > 0 || (files.length > 0 && name === 'registry')) byLog.set(name, own);
  }
  return [...byLog].map(([log, own]) => {
    const extra = log === 'registry' ? { files, subject, reason, beside, newId: named?.newId?.() } : {};
    const sign = log === 'registry' && !logs.embedded;
    return [log, { events: own, by: who.person, at, sign, ...extra }];
  });
}

function isNothing({ events, files }: Decided<unknown>): boolean {
  return events.length === 0 && files.length === 0;
}

function nothingWritten<Answer>(logs: Logs, { answer, warnings, files }: Decided<Answer>): Written<Answer> {
  return {
    logs,
    answer,
    commits: [],
    files: files.map(({ path }) => path),
    events: [],
    written: [],
    warnings,
    published: 'local',
    documents: [],
    left: [],
    made: undefined,
  };
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
