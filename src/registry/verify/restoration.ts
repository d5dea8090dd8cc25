import { streamOfFolder } from '../../../events/event-path.js';
import type { Holding } from '../../../events/stream.js';
import { type Audit, isEventAt, type Judgement, verdictOf } from '../../log/inspect/index.js';
import { checkLog } from '../../review/rules.js';

/** How damaged streams can be restored. */
export interface Restoration {
  /** Original texts of changed event files, by path. */
  files: Map<string, string>;
  /** Files below `events/` that never were events; to be removed. */
  strays: string[];
  /** Streams that are intact afterwards. */
  streams: Set<string>;
  /** Claims of another branch in an event file that was already taken. */
  lost: Holding[];
}

/**
 * What a commit would have to put back. Of a stream all files or none: where they are no sound stream, it stays as it is, for a person
 * to look at.
 */
export async function restorationOf(audit: Audit, head: string): Promise<Restoration> {
  const found: Restoration = { files: new Map(), strays: [], streams: new Set(), lost: [] };
  const [files, judgement] = [await audit.files(head), await audit.judgement(head)];
  const edited = [...judgement.edited].filter(([, it]) => verdictOf(it) === 'damaged').map(([path]) => path);
  const strays = await straysIn(audit, files, judgement);
  found.strays.push(...[...strays].filter((path) => streamOfFolder(path) === undefined));
  const streams = new Set([...edited, ...strays].map(folderOf));
  const paths = [...new Set([...files.keys(), ...edited])].filter((path) => streams.has(folderOf(path)));
  const first = await audit.firstCounted(head, judgement, paths);
  const changes = (await audit.changes(head)).filter(({ path, status }) => status === 'A' && first.has(path));
  const texts = await audit.texts([...first.values()].concat(changes.flatMap(({ after }) => after ?? [])));
  streams.delete('');
  for (const stream of streams) {
    const all = paths.filter((path) => folderOf(path) === stream).sort();
    const own = all.filter((path) => !strays.has(path));
    const whole = own.map((path) => [path, texts.get(first.get(path)!) ?? ''] as const);
    const { problems } = checkLog(new Map(whole));
    // Rules between streams do not apply here.
    if (problems.some(({ code }) => !['BATCH_INCOMPLETE', 'DOUBLE_NAME'].includes(code))) continue;
    found.streams.add(stream);
    found.strays.push(...all.filter((path) => strays.has(path) && !found.strays.includes(path)));
    for (const [path, text] of whole)
      if (files.get(path)?.oid !== first.get(path)) found.files.set(path, text);
    for (const path of own) {
      const others = new Set(changes.filter((it) => it.path === path).map(({ after }) => after!));
      others.delete(first.get(path)!);
      const before = whole.filter(([it]) => it < path);
      for (const oid of others) found.lost.push(...claimIn(path, texts.get(oid)!, before));
    }
  }
  return found;
}

function folderOf(path: string): string {
  return streamOfFolder(path)?.folder ?? '';
}

async function straysIn(
  audit: Audit,
  files: ReadonlyMap<string, { oid: string; mode: string }>,
  { edited }: Judgement,
): Promise<Set<string>> {
  const texts = await audit.texts([...files.values()].map(({ oid }) => oid));
  const isStray = ([path, { oid, mode }]: [string, { oid: string; mode: string }]) =>
    !edited.has(path) && (!mode.startsWith('100') || !isEventAt(path, texts.get(oid)));
  return new Set([...files].filter(isStray).map(([path]) => path));
}

function claimIn(path: string, text: string, before: (readonly [string, string])[]): Holding[] {
  const { events, holdings } = checkLog(new Map([...before, [path, text]]));
  const claims = ['port.allocated', 'port.registered'];
  return claims.includes(events.get(path)?.type ?? '') ? holdings : [];
}
