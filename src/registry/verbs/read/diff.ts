import { portKey } from '../../../../events/port.js';
import type { Holding } from '../../../../events/stream.js';
import type { Warning } from '../../../errors.js';
import { openRepository } from '../../../log/git/index.js';
import { Audit } from '../../../log/inspect/index.js';
import { type Change, changesBetween } from '../../../review/changes.js';
import { allHeld, type View } from '../../decide/view.js';
import { damages } from '../../query/queries.js';
import { historyOf } from '../../state/history.js';
import type { Logs } from '../../state/logs.js';
import { momentOf } from '../../state/moment.js';
import { viewOf } from '../../state/views.js';

export interface Differences {
  allocated: Change[];
  released: Change[];
  moved: Change[];
  described: Change[];
  renewed: Change[];
  warnings: Warning[];
}

export async function differencesBetween(
  logs: Logs,
  from: string,
  to: string | undefined,
): Promise<Differences> {
  const now = Date.now();
  // Commits do not contain leases, so only the registry is compared.
  const isOfRegistry = [from, to].some((it) => it !== undefined && 'revision' in momentOf(it, now));
  const heldIn = (view: View) => (isOfRegistry ? [...view.registry] : allHeld(view));
  const [before, after] = [
    heldIn(await viewOf(logs, { at: from }, now)),
    heldIn(await viewOf(logs, { at: to }, now)),
  ];
  const refs = differing(before, after);
  const events = new Map();
  // Going back in time, the events in between explain the changes.
  for (const at of to === undefined ? [undefined] : [to, from])
    for await (const event of historyOf(logs, { refs, at }, now))
      if (!events.has(event.path)) events.set(event.path, event);
  const changes = refs.length === 0 ? [] : changesBetween(before, after, events);
  const of = (...kinds: Change['kind'][]) => changes.filter(({ kind }) => kinds.includes(kind));
  return {
    allocated: of('allocated', 'registered'),
    released: of('released'),
    moved: of('moved'),
    described: of('described'),
    renewed: of('renewed'),
    warnings: [
      ...(to === undefined ? damages(await viewOf(logs, {}, now)) : []),
      ...(await changedEvents(logs, from, to, now)),
    ],
  };
}

/** Changed or deleted event files, with the author. */
async function changedEvents(
  logs: Logs,
  from: string,
  to: string | undefined,
  now: number,
): Promise<Warning[]> {
  const [older, newer] = [momentOf(from, now), to === undefined ? undefined : momentOf(to, now)];
  if (!newer || !('revision' in older && 'revision' in newer)) return [];
  return Audit.of(openRepository(logs.place.path), async (audit) => {
    const [a, b] = [await audit.commit(older.revision), await audit.commit(newer.revision)];
    const [then, is] = [await audit.oids(a), await audit.oids(b)];
    const paths = [...then.keys()].filter((path) => is.get(path) !== then.get(path));
    if (paths.length === 0) return [];
    const changes = await audit.changes(b, [a]);
    const found: Warning[] = [];
    for (const path of paths) {
      const by = changes.findLast((it) => it.path === path);
      if (!by) continue;
      const { author, subject } = await audit.about(by.commit);
      const how = is.has(path) ? 'changed' : 'deleted';
      const message = `${path}: ${author.name} ${how} it in ${by.commit.slice(0, 10)} (${subject})`;
      found.push({ code: is.has(path) ? 'EVENT_MODIFIED' : 'EVENT_DELETED', message });
    }
    return found;
  });
}

function differing(before: Holding[], after: Holding[]): Holding[] {
  const [then, now] = [before, after].map(
    (all) => new Map(all.map((it) => [portKey(it), JSON.stringify(it)])),
  );
  return [...before, ...after].filter((it) => then!.get(portKey(it)) !== now!.get(portKey(it)));
}
