import {
  type Block,
  blockPath,
  EVENTS,
  streamOfFolder,
  streamPath,
  versionOfFile,
} from '../../../events/event-path.js';
import type { PortRef } from '../../../events/port.js';
import type { Progress } from '../../progress.js';
import { type ListedFile, listFiles, readTexts } from '../git/program/bulk-read.js';
import { FilesFold, type FoldedBlock, isEventMode, type StreamFiles, withoutGaps } from './fold.js';

/**
 * Folds all blocks below the tree of `events/`, by path, with two runs of git. Undefined if git fails: then the slow way finds the
 * cause. Throws LOG_TOO_NEW.
 */
export async function foldAll(
  gitdir: string,
  events: string,
  progress: Progress | undefined,
): Promise<Map<string, FoldedBlock> | undefined> {
  const files = await listFiles(gitdir, events);
  if (!files) return undefined;
  const streams = streamsAmong(files);
  const total = files.length;
  let read = 0;
  const count = () => {
    if (++read % 1_000 === 0) progress?.({ done: read, total });
  };
  const blocks = new Map<string, FoldedBlock>();
  const whole = await foldStreams(gitdir, streams, blocks, count);
  const byPort = (a: PortRef, b: PortRef) => a.port - b.port;
  for (const { streams: own, damaged } of blocks.values()) {
    own.sort(byPort);
    damaged.sort(byPort);
  }
  return whole ? blocks : undefined;
}

async function foldStreams(
  gitdir: string,
  streams: ListedStream[],
  blocks: Map<string, FoldedBlock>,
  count: () => void,
): Promise<boolean> {
  const oids = streams.flatMap(({ files: { oids: own } }) => own);
  let [at, left] = [-1, 0];
  let fold: FilesFold | undefined;
  const next = () => {
    if (fold) fold.endIn(blockAt(blocks, streams[at]!.block));
    at++;
    fold = streams[at] && new FilesFold(streams[at]!.files);
    left = streams[at]?.files.oids.length ?? 0;
  };
  next();
  const whole = await readTexts(gitdir, oids, (text) => {
    while (left === 0) next();
    fold!.add(text);
    left--;
    count();
  });
  while (fold) next();
  return whole;
}

interface ListedStream {
  block: Block;
  files: StreamFiles;
}

/** The streams in a list of files below `events/`, as streamsIn of fold.ts finds them folder by folder. */
function streamsAmong(files: ListedFile[]): ListedStream[] {
  const found = new Map<string, StreamEntry>();
  // The files of a stream are adjacent: its folder is parsed once.
  let [folder, stream]: [string | undefined, StreamEntry | undefined] = [undefined, undefined];
  for (const { mode, oid, path } of files) {
    const slash = path.lastIndexOf('/');
    if (folder === undefined || slash !== folder.length || !path.startsWith(folder)) {
      folder = path.slice(0, Math.max(slash, 0));
      stream = streamAt(folder, found);
    }
    if (!stream) continue;
    const name = path.slice(stream.folder.length + 1);
    const version = isEventMode(mode) ? versionOfFile(name) : undefined;
    if (version === undefined) stream.odd = name.split('/', 1)[0]!;
    else stream.versions.set(version, oid);
  }
  return [...found.values()].map(({ block, port, versions, odd }) => {
    const ref = { port, protocol: block.protocol };
    const odds =
      odd === undefined ? undefined : { path: `${streamPath(ref)}/${odd}`, message: 'is not an event file' };
    return { block, files: { ...ref, ...withoutGaps(ref, versions, odds) } };
  });
}

interface StreamEntry {
  block: Block;
  port: number;
  folder: string;
  versions: Map<number, string>;
  odd?: string | undefined;
}

function streamAt(folder: string, found: Map<string, StreamEntry>): StreamEntry | undefined {
  const place = streamOfFolder(`${EVENTS}/${folder}`);
  if (!place) return undefined;
  const own = place.folder.slice(EVENTS.length + 1);
  const { block, ref } = place;
  const stream = found.get(own) ?? { block, port: ref.port, folder: own, versions: new Map() };
  found.set(own, stream);
  return stream;
}

function blockAt(blocks: Map<string, FoldedBlock>, block: Block): FoldedBlock {
  const path = blockPath(block).slice(EVENTS.length + 1);
  const folded = blocks.get(path) ?? { streams: [], damaged: [] };
  blocks.set(path, folded);
  return folded;
}
