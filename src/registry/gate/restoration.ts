import { EVENTS } from '../../../events/event-path.js';
import type { Holding } from '../../../events/stream.js';
import type { Audit } from '../../log/inspect/index.js';
import { checkLog } from '../../review/rules.js';
import { streamOf, unsoundStreams } from './tree-rules.js';

/** How the streams that cannot be read any more become what they were. */
export interface Restoration {
  /** First-added texts of event files that are others now, by path. */
  files: Map<string, string>;
  /** Folders of the streams that are whole with them. */
  streams: Set<string>;
  /** What another branch claimed at a path that was taken: two claims in one file, of which the first parent's stays. */
  lost: Holding[];
}

/**
 * What a commit would have to put back. Of a stream all files or none: where some of them cannot be found as they were, it stays as
 * it is, for a person to look at.
 */
export async function restorationOf(audit: Audit, head: string): Promise<Restoration> {
  const found: Restoration = { files: new Map(), streams: new Set(), lost: [] };
  const files = await audit.files(head);
  const unsound = await unsoundStreams(audit, files);
  if (unsound.size === 0) return found;
  const changes = await audit.changes(head);
  const concerned = new Set(
    [...files.keys(), ...changes.map(({ path }) => path)].filter((path) => unsound.has(streamOf(path))),
  );
  const first = await audit.firstAdded(head, [...concerned]);
  const texts = await audit.texts([...first.values()].flat().concat(changes.flatMap((it) => it.after ?? [])));
  for (const stream of unsound) {
    const paths = [...concerned].filter((path) => streamOf(path) === stream && path.startsWith(`${EVENTS}/`));
    const whole = wholeStream(paths, first, texts);
    if (!whole) continue;
    found.streams.add(stream);
    for (const [path, oid] of whole) if (files.get(path)?.oid !== oid) found.files.set(path, texts.get(oid)!);
    for (const path of paths) {
      const others = new Set(
        changes.filter((it) => it.path === path && it.status === 'A').map((it) => it.after!),
      );
      others.delete(whole.get(path)!);
      const before = paths.filter((it) => it < path).map((it) => [it, texts.get(whole.get(it)!)!] as const);
      for (const oid of others) found.lost.push(...claimIn(path, texts.get(oid)!, before));
    }
  }
  return found;
}

/** For each path of a stream the first-added blob with which all of them are a sound stream; undefined where there is none. */
function wholeStream(
  paths: string[],
  first: ReadonlyMap<string, string[]>,
  texts: ReadonlyMap<string, string>,
): Map<string, string> | undefined {
  for (const which of [0, -1]) {
    const chosen = new Map(
      paths.flatMap((path) => (first.get(path)?.at(which) ? [[path, first.get(path)!.at(which)!]] : [])),
    );
    if (chosen.size < paths.length) return undefined;
    const { problems } = checkLog(new Map([...chosen].map(([path, oid]) => [path, texts.get(oid) ?? ''])));
    // Rules between streams are not this stream's to keep.
    if (!problems.some(({ code }) => !['BATCH_INCOMPLETE', 'DOUBLE_NAME'].includes(code))) return chosen;
  }
  return undefined;
}

/** Who would hold the port had this event come there instead. */
function claimIn(path: string, text: string, before: (readonly [string, string])[]): Holding[] {
  const { events, holdings } = checkLog(new Map([...before, [path, text]]));
  const claims = ['port.allocated', 'port.registered'];
  return claims.includes(events.get(path)?.type ?? '') ? holdings : [];
}
