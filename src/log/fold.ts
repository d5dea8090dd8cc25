import { decodeEvent, TooNew } from '../../events/encoding.js';
import type { PortEvent } from '../../events/event.js';
import type { PortRef } from '../../events/port.js';
import { emptyStream, evolve, foldStream } from '../../events/reducer.js';
import { BrokenStream, type Damage, type Stream } from '../../events/stream.js';
import { VportsError } from '../errors.js';
import type { Objects } from './objects.js';
import { type Block, eventPath, portOfFolder, streamPath, versionOfFile } from './paths.js';
import { FILE, TREE } from './tree.js';

/** A block's streams folded, free ones too: the next event of a stream needs its end. */
export interface FoldedBlock {
  streams: Stream[];
  damaged: (PortRef & { path: string } & Damage)[];
}

interface StreamFiles extends PortRef {
  /** By version, from 1 on; what does not fit is in `problem`. */
  oids: string[];
  problem?: { path: string; message: string };
}

/** Folds blocks from their files, all of them in one go. Throws LOG_TOO_NEW, LOG_DAMAGED. */
export async function foldBlocks(
  objects: Objects,
  blocks: { block: Block; oid: string }[],
): Promise<FoldedBlock[]> {
  const files = await Promise.all(blocks.map(({ block, oid }) => streamsIn(objects, block, oid)));
  const contents = await objects.readMany(files.flat().flatMap((stream) => stream.oids));
  return files.map((streams) => fold(streams, contents));
}

/** The events of one stream, as far as they can be read, and what is wrong with it. */
export function decodeStream(
  { oids, problem, ...ref }: StreamFiles,
  contents: Map<string, Buffer>,
): { events: PortEvent[]; problem?: { path: string; message: string } } {
  const events: PortEvent[] = [];
  for (const [index, oid] of oids.entries()) {
    const path = eventPath(ref, index + 1);
    try {
      events.push(decodeEvent(contents.get(oid)!.toString('utf8')));
    } catch (error) {
      if (error instanceof TooNew) throw tooNew(path, error.message);
      if (error instanceof BrokenStream) return { events, problem: { path, message: error.message } };
      throw error;
    }
  }
  return { events, problem };
}

export async function streamsIn(objects: Objects, block: Block, oid: string): Promise<StreamFiles[]> {
  const streams: StreamFiles[] = [];
  for (const entry of await objects.readTree(oid)) {
    const port = portOfFolder(entry.name, block);
    if (port === undefined || entry.mode !== TREE) continue;
    streams.push({
      port,
      protocol: block.protocol,
      ...(await versionsIn(objects, { port, protocol: block.protocol }, entry.oid)),
    });
  }
  return streams;
}

async function versionsIn(
  objects: Objects,
  ref: PortRef,
  oid: string,
): Promise<Omit<StreamFiles, keyof PortRef>> {
  const found = new Map<number, string>();
  let problem: StreamFiles['problem'];
  for (const entry of await objects.readTree(oid)) {
    const version = entry.mode === FILE ? versionOfFile(entry.name) : undefined;
    if (version === undefined)
      problem = { path: `${streamPath(ref)}/${entry.name}`, message: 'is no event file' };
    else found.set(version, entry.oid);
  }
  const oids: string[] = [];
  while (found.has(oids.length + 1)) oids.push(found.get(oids.length + 1)!);
  if (oids.length < found.size) {
    problem ??= { path: eventPath(ref, oids.length + 1), message: `version ${oids.length + 1} is missing` };
  }
  return { oids, problem };
}

function fold(streams: StreamFiles[], contents: Map<string, Buffer>): FoldedBlock {
  const folded: FoldedBlock = { streams: [], damaged: [] };
  for (const files of streams) {
    const { port, protocol } = files;
    const { events, problem } = decodeStream(files, contents);
    if (problem) {
      folded.damaged.push({ port, protocol, ...problem, holder: lastHolder({ port, protocol }, events) });
      continue;
    }
    try {
      folded.streams.push(foldStream({ port, protocol }, events));
    } catch (error) {
      if (!(error instanceof BrokenStream)) throw error;
      folded.damaged.push({
        port,
        protocol,
        path: streamPath(files),
        message: error.message,
        holder: lastHolder({ port, protocol }, events),
      });
    }
  }
  return folded;
}

/** Who held a port before its history broke: a resource that asks for its port must not be told that it has none. */
function lastHolder(ref: PortRef, events: PortEvent[]): Damage['holder'] {
  let stream = emptyStream(ref);
  try {
    for (const event of events) stream = evolve(stream, event);
  } catch (error) {
    if (!(error instanceof BrokenStream)) throw error;
  }
  return stream.holding && { resource: stream.holding.resource, name: stream.holding.name };
}

function tooNew(path: string, what: string): VportsError {
  return new VportsError('LOG_TOO_NEW', `${path} was written by a newer vports: ${what}`, {
    hint: 'upgrade vports on this machine',
    details: { path },
  });
}
