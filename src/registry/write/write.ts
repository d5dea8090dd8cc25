import { VportsError } from '../../errors.js';
import { Busy } from '../../host/busy.js';
import { type Author, author } from '../../log/append/index.js';
import { mayHaveArrived, withoutSecrets } from '../../log/remote/index.js';
import { world } from '../../world/index.js';
import type { Decision } from '../decide/decision.js';
import type { Logs } from '../state/logs.js';
import { append, preview } from './append.js';
import { type Command, type Decided, isNothing, type Write } from './command.js';
import { decide } from './decide.js';
import { look, lookUnlessNeedless } from './look.js';
import { publish } from './publish.js';
import { branchForProposal, proposesNow, requirePossible, wantsInVain, withNote } from './pull-requests.js';
import { nothingWritten, type Written, writtenBy } from './written.js';

export type { Write } from './command.js';
export type { Commit, Written } from './written.js';

/** Retry limits for concurrent writers: few on this machine, maybe many at a remote. */
const TRIES = 400;
const PATIENCE = 300_000;

/**
 * The command handler of every command that writes:
 *
 * 1. look at the remote, unless what is known is new enough;
 * 2. decide, without a lock: what comes to no event is answered, and a dry run ends, here;
 * 3. append, as the only writer of this machine, which decides again where something has changed since;
 * 4. publish: where somebody else was faster, go back to 1.
 *
 * Where the policy wants pull requests, all of that happens on a branch of its own.
 *
 * Throws what `decide` throws, LOCKED, CONTENDED, CANNOT_WRITE, NO_IDENTITY, REMOTE_UNREACHABLE, PUSH_REJECTED.
 */
export async function write<Answer>(logs: Logs, request: Write<Answer>): Promise<Written<Answer>> {
  requirePossible(logs);
  const command = { logs, request, busy: new Busy() };
  const named = await branchForProposal(command);
  if (named) return writeTo({ ...command, logs: logs.onBranch(named.name), request: { ...request, named } });
  const isInVain = await wantsInVain(command);
  const written = await writeTo(command);
  return isInVain ? withNote(logs, written) : written;
}

/** Writes files of the registry in a commit without events. */
export function writeFiles(
  logs: Logs,
  subject: string,
  files: NonNullable<Write<null>['files']>,
): Promise<Written<null>> {
  return write(logs, { decide: decideNothing, files, literal: true, subject });
}

export function decideNothing(): Decision<null> {
  return { events: [], warnings: [], answer: null };
}

async function writeTo<Answer>(command: Command<Answer>): Promise<Written<Answer>> {
  const { logs, request } = command;
  if (request.looks) await command.busy.lookAround();

  const { plan: asSeen, hasLooked } = await lookUnlessNeedless(command);
  if (hasLooked && (await proposesNow(logs))) return write(logs, request);

  let plan = asSeen ?? (await decide(command));
  if (isNothing(plan)) return nothingWritten(logs, plan);
  if (request.dryRun) return shown(command, plan);
  const made = await logs.create(plan.events);

  const deadline = world.elapsed() + PATIENCE;
  let tries = 0;
  for (; tries < TRIES && world.elapsed() < deadline; tries++) {
    const who = await authorOf(logs, plan);
    const done = await append(command, plan, who);
    if ('again' in done) {
      plan = done.again;
      continue;
    }
    const { publisher } = await logs.registry();
    if (isNothing(done.decision)) {
      // The refusal may depend on commits that are still queued.
      if (await publisher.settled()) continue;
      return nothingWritten(logs, done.decision);
    }
    const published = await publish(command, done, who);
    if (published.how !== 'moved') {
      const { how, warnings, said } = published;
      return { ...writtenBy(logs, done, { published: how, who, warnings }), said: [...said], made };
    }
    // A push may have arrived whose answer did not: the next one then met it as somebody else's. Another command of this machine may have
    // pushed for this one too, and reports to its own user alone.
    await look(command).catch((error: unknown) => {
      throw error instanceof VportsError ? mayHaveArrived(error) : error;
    });
    if (await publisher.has(published.appended))
      return { ...writtenBy(logs, done, { published: 'pushed', who, warnings: [] }), made };
    if (await proposesNow(logs)) return write(logs, request);
  }
  throw new VportsError(
    'CONTENDED',
    `other writers of ${withoutSecrets(logs.remote()?.url ?? logs.place.path)} were faster ${tries} times`,
    { hint: 'see `vports log -n 10` for who writes, and try again later' },
  );
}

async function shown<Answer>(command: Command<Answer>, plan: Decided<Answer>): Promise<Written<Answer>> {
  const written = await preview(command, plan, await authorOf(command.logs, plan));
  return { ...nothingWritten(command.logs, plan), events: written.map(({ path }) => path), written };
}

/** Events in the host log are private, so the system user suffices. */
function authorOf(logs: Logs, { events, files }: Decided<unknown>): Promise<Author> {
  const isForOthers = files.length > 0 || events.some(({ log }) => logs.nameOf(log) === 'registry');
  return author(logs.gitdir(), { shared: logs.shared && isForOthers });
}
