import type { PortRef } from '../../events/port.js';
import type { Holding } from '../../events/stream.js';
import type { LocatedEvent } from '../log/event-log.js';
import type { LogName } from './decision.js';
import type { Logs } from './logs.js';
import { parseMoment } from './moment.js';

/** An event with the log it stands in and the commit that brought it. */
export type ToldEvent = LocatedEvent & { log: LogName; commit: string | null };

/**
 * The events of both logs, of the given streams or of all; `at` a revision of the registry, or up to a time.
 * Throws BAD_REVISION.
 */
export async function eventsOf(
  logs: Logs,
  { refs, at, now = Date.now() }: { refs?: PortRef[]; at?: string; now?: number } = {},
): Promise<(LocatedEvent & { log: LogName })[]> {
  const time = at === undefined ? undefined : parseMoment(at, now);
  const revision = time === undefined ? at : undefined;
  const names: LogName[] = logs.embedded || revision !== undefined ? ['registry'] : ['registry', 'host'];
  const found = await Promise.all(
    names.map(async (log) =>
      (await (await logs.named(log)).events(refs, revision)).map((event) => ({ ...event, log })),
    ),
  );
  return found.flat().filter((event) => time === undefined || Date.parse(event.at) <= time);
}

/** Adds to each event the commit that brought it. */
export async function withCommits(
  logs: Logs,
  events: (LocatedEvent & { log: LogName })[],
): Promise<ToldEvent[]> {
  const commits = new Map<string, string>();
  for (const name of ['registry', 'host'] as const) {
    const paths = events.filter(({ log }) => log === name).map(({ path }) => path);
    if (paths.length === 0) continue;
    for (const [path, commit] of await (await logs.named(name)).commitsOf(paths))
      commits.set(`${name} ${path}`, commit);
  }
  return events.map((event) => ({ ...event, commit: commits.get(`${event.log} ${event.path}`) ?? null }));
}

/** The commit that brought each of these holdings, by the id of its granting event. */
export async function commitsOfGrants(logs: Logs, holdings: Holding[]): Promise<Map<string, string | null>> {
  const grants = new Set(holdings.map(({ event }) => event));
  const events = (await eventsOf(logs, { refs: holdings })).filter(({ id }) => grants.has(id));
  return new Map((await withCommits(logs, events)).map(({ id, commit }) => [id, commit]));
}
