import { decodeEvent, TooNew } from '../../../events/encoding.js';
import { placeOfEvent } from '../../../events/event-path.js';
import { BrokenStream } from '../../../events/stream.js';
import type { Objects } from '../git/objects.js';
import type { EditedEvent, Judgement } from './judgement.js';

/**
 * Removes files that never were valid events of their place: stray copies or unreadable files. They never counted: deleting one is
 * no damage, and an event written there later counts from then on.
 */
export async function withoutStrays(objects: Objects, judgement: Judgement): Promise<Judgement> {
  const oids = [...judgement.edited.values()].flatMap(({ first, trail }) => [
    first.oid,
    ...trail.flatMap(({ to }) => to?.oid ?? []),
  ]);
  if (oids.length === 0) return judgement;
  const texts = await objects.readEvents([...new Set(oids)]);
  const edited = new Map<string, EditedEvent>();
  for (const [path, it] of judgement.edited) {
    const sound = asFirstSound(it, (oid) => isEventAt(path, texts.get(oid)));
    if (sound) edited.set(path, sound);
  }
  return { ...judgement, edited };
}

/** Starts at the first version that is an event; undefined if there is none or it has not changed since. */
function asFirstSound(it: EditedEvent, isEvent: (oid: string) => boolean): EditedEvent | undefined {
  if (isEvent(it.first.oid)) return it;
  const at = it.trail.findIndex(({ to }) => to !== undefined && isEvent(to.oid));
  if (at < 0 || at === it.trail.length - 1) return undefined;
  return { first: it.trail[at]!.to!, now: it.now, trail: it.trail.slice(at + 1) };
}

/** Whether a text is an event of exactly this place. Events of a newer vports count. */
export function isEventAt(path: string, text: string | undefined): boolean {
  const place = placeOfEvent(path);
  if (!place || text === undefined) return false;
  try {
    const { protocol, port, version } = decodeEvent(text);
    return protocol === place.ref.protocol && port === place.ref.port && version === place.version;
  } catch (error) {
    if (error instanceof TooNew) return true;
    if (error instanceof BrokenStream) return false;
    throw error;
  }
}
