import { decodeEvent } from '../../../events/encoding.js';
import type { PortEvent } from '../../../events/event.js';
import { EVENTS } from '../../../events/event-path.js';
import { inTimeOrder } from '../../../events/order.js';
import { BrokenStream } from '../../../events/stream.js';
import { type LocatedEvent, located } from '../event-log.js';
import type { Objects } from '../git/objects.js';
import { treeDifference } from '../git/tree-difference.js';

/** The events that a commit adds to its first parent, oldest first. Files that are no events are left out. */
export async function eventsAddedBy(
  objects: Objects,
  prefix: string,
  commit: string,
): Promise<LocatedEvent[]> {
  const [parent] = (await objects.readCommit(commit)).parents;
  const place = prefix + EVENTS;
  const [then, now] = [parent && (await objects.treeOf(parent, place)), await objects.treeOf(commit, place)];
  const added = (await treeDifference(objects, then, now)).flatMap((it) =>
    it.before === undefined && it.after !== undefined ? [it.after] : [],
  );
  const texts = await objects.readEvents(added);
  const events = added.flatMap((oid) => readable(texts.get(oid) ?? ''));
  return inTimeOrder(events.map(located));
}

function readable(text: string): PortEvent[] {
  try {
    return [decodeEvent(text)];
  } catch (error) {
    if (error instanceof BrokenStream) return [];
    throw error;
  }
}
