import { type Block, placeOfEvent } from '../../../events/event-path.js';
import { type PortRef, portKey } from '../../../events/port.js';
import type { LostEvent } from '../counted/counted-events.js';
import type { Objects } from '../git/objects.js';
import { FilesFold, type FoldedBlock, filesOfStream, withoutGaps } from './fold.js';

/**
 * A block with its lost events as they count. Their streams are damaged, as what the head has is not what counts; and who holds the
 * port is told by the events that count.
 */
export async function asCounted(
  objects: Objects,
  { block, oid }: { block: Block; oid: string | undefined },
  folded: FoldedBlock,
  lost: LostEvent[],
): Promise<FoldedBlock> {
  const byPort = new Map<string, { ref: PortRef; lost: LostEvent[] }>();
  for (const it of lost) {
    const { ref } = placeOfEvent(it.path)!;
    const own = byPort.get(portKey(ref)) ?? { ref, lost: [] };
    own.lost.push(it);
    byPort.set(portKey(ref), own);
  }
  const result = { streams: [...folded.streams], damaged: [...folded.damaged] };
  for (const { ref, lost: own } of byPort.values()) {
    const files = await filesOfStream(objects, block, oid, ref);
    const missing = own.filter((it) => files.get(placeOfEvent(it.path)!.version) !== it.first);
    if (missing.length === 0) continue;
    for (const it of missing) files.set(placeOfEvent(it.path)!.version, it.first);
    const isOther = (it: PortRef) => it.port !== ref.port;
    result.streams = result.streams.filter(isOther);
    result.damaged = result.damaged.filter(isOther);
    await foldLost(objects, ref, files, missing, result);
  }
  return result;
}

async function foldLost(
  objects: Objects,
  ref: PortRef,
  files: Map<number, string>,
  lost: LostEvent[],
  { damaged }: FoldedBlock,
): Promise<void> {
  const whole = { ...ref, ...withoutGaps(ref, files, undefined) };
  const contents = await objects.readEvents(whole.oids);
  const fold = new FilesFold(whole);
  for (const oid of whole.oids) fold.add(contents.get(oid));
  const own: FoldedBlock = { streams: [], damaged: [] };
  fold.endIn(own);
  const [counted] = own.streams;
  const holding = counted?.holding;
  const [first] = lost;
  damaged.push({
    ...ref,
    path: first!.path,
    message: await howLost(objects, first!),
    holders: counted
      ? holding
        ? [{ resource: holding.resource, name: holding.name }]
        : []
      : own.damaged[0]!.holders,
    counted,
    restores: lost.map((it) => [it.path, it.first]),
  });
}

/** By whom an event was lost. */
async function howLost(objects: Objects, { commit }: LostEvent): Promise<string> {
  const { author, message } = await objects.readCommit(commit);
  const subject = message.split('\n', 1)[0]!.slice(0, 100);
  return `is not what it was: ${commit.slice(0, 10)} (${subject}), by ${author.name}, changed it`;
}
