import { type Block, placeOfEvent } from '../../../events/event-path.js';
import { type PortRef, portKey } from '../../../events/port.js';
import { allDone } from '../../all-done.js';
import { grouped } from '../../grouped.js';
import type { LostEvent } from '../counted/counted-events.js';
import type { Objects } from '../git/objects.js';
import {
  type DamagedStream,
  FilesFold,
  type FoldedBlock,
  filesOfStream,
  holdersIn,
  type StreamFiles,
  withoutGaps,
} from './fold.js';

interface CountedStream {
  files: StreamFiles;
  /** Events that the head lacks or has changed. */
  lost: LostEvent[];
}

export async function countedFiles(
  objects: Objects,
  { block, oid }: { block: Block; oid: string | undefined },
  lost: LostEvent[],
): Promise<CountedStream[]> {
  const found: CountedStream[] = [];
  for (const own of grouped(lost, ({ path }) => portKey(placeOfEvent(path)!.ref)).values()) {
    const { ref } = placeOfEvent(own[0]!.path)!;
    const files = await filesOfStream(objects, block, oid, ref);
    const missing = own.filter((it) => files.get(placeOfEvent(it.path)!.version) !== it.first);
    if (missing.length === 0) continue;
    for (const it of missing) files.set(placeOfEvent(it.path)!.version, it.first);
    found.push({ files: { ...ref, ...withoutGaps(ref, files, undefined) }, lost: missing });
  }
  return found;
}

/** Replaces lost events by the versions that count. Their streams are damaged, as the head differs; the counting events decide who holds the port. */
export async function asCounted(
  objects: Objects,
  at: { block: Block; oid: string | undefined },
  folded: FoldedBlock,
  lost: LostEvent[],
): Promise<FoldedBlock> {
  const counted = await countedFiles(objects, at, lost);
  const ports = new Set(counted.map(({ files }) => files.port));
  const isOther = ({ port }: PortRef) => !ports.has(port);
  const damaged = await allDone(counted.map((it) => damagedStream(objects, it)));
  return {
    streams: folded.streams.filter(isOther),
    damaged: [...folded.damaged.filter(isOther), ...damaged],
  };
}

async function damagedStream(objects: Objects, { files, lost }: CountedStream): Promise<DamagedStream> {
  const contents = await objects.readEvents(files.oids);
  const fold = new FilesFold(files);
  for (const oid of files.oids) fold.add(contents.get(oid));
  const own: FoldedBlock = { streams: [], damaged: [] };
  fold.endIn(own);
  const [counted] = own.streams;
  const [first] = lost;
  return {
    port: files.port,
    protocol: files.protocol,
    path: first!.path,
    message: await howLost(objects, first!),
    holders: counted ? holdersIn(counted) : own.damaged[0]!.holders,
    counted,
    restores: lost.map((it) => [it.path, it.first]),
  };
}

async function howLost(objects: Objects, { commit, isGone }: LostEvent): Promise<string> {
  const { author, message } = await objects.readCommit(commit);
  const verb = isGone ? 'deleted' : 'changed';
  const subject = message.split('\n', 1)[0]!.slice(0, 100);
  return `${author.name} ${verb} it in ${commit.slice(0, 10)} (${subject})`;
}
