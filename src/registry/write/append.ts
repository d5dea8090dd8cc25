import type { NewEvent } from '../../../events/event.js';
import type { Author } from '../../log/append/index.js';
import type { Batch, LocatedEvent } from '../../log/event-log.js';
import { HeadMoved } from '../../log/git/index.js';
import { world } from '../../world/index.js';
import type { LogName, Placed } from '../decide/decision.js';
import type { Logs } from '../state/logs.js';
import { documentsInCommit } from '../update-documents/documents-in-commit.js';
import type { Append, AppendedTo, Command, Decided, Write } from './command.js';
import { decide } from './decide.js';

/**
 * As the only writer of this machine decides again, where the logs have moved since or a port is chosen, and appends the events of
 * each log as one commit, with the documents in the same repository. Where others have to take the registry's part first, the rest
 * waits for that: nobody holds nothing in between. Gives the plan to go on from where another writer came first.
 */
export async function append<Answer>(
  command: Command<Answer>,
  plan: Decided<Answer>,
  who: Author,
): Promise<Append<Answer> | { again: Decided<Answer> }> {
  const { logs, request } = command;
  let again = plan;
  try {
    return await logs.exclusively(plan.events, async () => {
      const decision = await decide(command, plan);
      if (!logs.cover(plan.events, decision.events)) {
        again = decision;
        throw new HeadMoved('the decision now concerns another log too');
      }
      const brought = await documentsInCommit(logs, request.documents?.(decision.answer) ?? [], decision);
      const all = batches(logs, request, decision, who, brought.files);
      const isShared = logs.remote() !== undefined && all.some(([log]) => log === 'registry');
      const first = isShared ? all.filter(([log]) => log === 'registry') : all;
      return { decision, brought, appended: await appendTo(logs, first) };
    });
  } catch (error) {
    if (error instanceof HeadMoved) return { again };
    throw error;
  }
}

/** Releases leases that the published claims replace. */
export async function appendRest<Answer>(
  { logs, request }: Command<Answer>,
  { decision, appended }: Append<Answer>,
  who: Author,
): Promise<AppendedTo[]> {
  const rest = decision.events.filter(({ log }) => !appended.some(([it]) => it === logs.nameOf(log)));
  if (rest.length === 0) return [];
  return logs.exclusively(rest, async () => {
    const { holdings } = await logs.hostState();
    const events = rest.filter(({ event }) => holdings.at(event)?.resource === event.resource);
    return appendTo(logs, batches(logs, request, { events, files: [] }, who));
  });
}

export async function preview<Answer>(
  { logs, request }: Command<Answer>,
  plan: Decided<Answer>,
  who: Author,
): Promise<LocatedEvent[]> {
  const written: LocatedEvent[] = [];
  for (const [log, batch] of batches(logs, request, plan, who))
    written.push(...(await (await logs.named(log)).writer.preview(batch)));
  return written;
}

async function appendTo(logs: Logs, all: [LogName, Batch][]): Promise<AppendedTo[]> {
  const appended: AppendedTo[] = [];
  for (const [log, batch] of all) appended.push([log, await (await logs.named(log)).writer.append(batch)]);
  return appended;
}

/** The registry's batch comes first, so that the port is never unheld in between. */
function batches<Answer>(
  logs: Logs,
  { subject, reason, named }: Write<Answer>,
  { events, files }: { events: Placed[]; files: NonNullable<Batch['files']> },
  who: Author,
  documents: NonNullable<Batch['documents']> = [],
): [LogName, Batch][] {
  const at = named?.newId ? named.at : world.now();
  const byLog = new Map<LogName, NewEvent[]>();
  for (const name of ['registry', 'host'] as const) {
    const own = events.filter(({ log }) => logs.nameOf(log) === name).map(({ event }) => event);
    if (own.length > 0 || (files.length > 0 && name === 'registry')) byLog.set(name, own);
  }
  return [...byLog].map(([log, own]) => {
    const extra = log === 'registry' ? { files, subject, reason, documents, newId: named?.newId?.() } : {};
    const sign = log === 'registry' && !logs.embedded;
    return [log, { events: own, by: who.person, at, sign, ...extra }];
  });
}
