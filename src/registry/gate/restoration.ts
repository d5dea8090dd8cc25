import type { Holding } from '../../../events/stream.js';
import { type Audit, verdictOf } from '../../log/inspect/index.js';
import { checkLog } from '../../review/rules.js';
import { streamOf } from './tree-rules.js';

/** How the streams that are not what counts become that again. */
export interface Restoration {
  /** Texts that count of event files that are others now, by path. */
  files: Map<string, string>;
  /** Folders of the streams that are whole with them. */
  streams: Set<string>;
  /** What another branch claimed at a path that was taken: two claims in one file, of which the one that counts stays. */
  lost: Holding[];
}

/**
 * What a commit would have to put back. Of a stream all files or none: where they are no sound stream, it stays as it is, for a person
 * to look at.
 */
export async function restorationOf(audit: Audit, head: string): Promise<Restoration> {
  const found: Restoration = { files: new Map(), streams: new Set(), lost: [] };
  const [files, judgement] = [await audit.files(head), await audit.judgement(head)];
  const edited = [...judgement.edited].filter(([, it]) => verdictOf(it) === 'damaged').map(([path]) => path);
  if (edited.length === 0) return found;
  const streams = new Set(edited.map(streamOf));
  const paths = [...new Set([...files.keys(), ...edited])].filter((path) => streams.has(streamOf(path)));
  const first = await audit.firstCounted(head, judgement, paths);
  const changes = (await audit.changes(head)).filter(({ path, status }) => status === 'A' && first.has(path));
  const texts = await audit.texts([...first.values()].concat(changes.flatMap(({ after }) => after ?? [])));
  for (const stream of streams) {
    const own = paths.filter((path) => streamOf(path) === stream).sort();
    const whole = own.map((path) => [path, texts.get(first.get(path)!) ?? ''] as const);
    const { problems } = checkLog(new Map(whole));
    // Rules between streams are not this stream's to keep.
    if (problems.some(({ code }) => !['BATCH_INCOMPLETE', 'DOUBLE_NAME'].includes(code))) continue;
    found.streams.add(stream);
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

/** Who would hold the port had this event come there instead. */
function claimIn(path: string, text: string, before: (readonly [string, string])[]): Holding[] {
  const { events, holdings } = checkLog(new Map([...before, [path, text]]));
  const claims = ['port.allocated', 'port.registered'];
  return claims.includes(events.get(path)?.type ?? '') ? holdings : [];
}
