import { decodeEvent, TooNew } from '../../../events/encoding.js';
import type { PortEvent } from '../../../events/event.js';
import {
  type Block,
  eventPath,
  portOfFolder,
  streamPath,
  versionOfFile,
} from '../../../events/event-path.js';
import { isPortName, isResourceName } from '../../../events/names.js';
import type { PortRef } from '../../../events/port.js';
import { portKey } from '../../../events/port.js';
import { StreamFold } from '../../../events/reducer.js';
import { BrokenStream, type Damage, type Stream } from '../../../events/stream.js';
import { allDone } from '../../all-done.js';
import { attempt } from '../../attempt.js';
import { VportsError } from '../../errors.js';
import { shallow } from '../../policy/json-depth.js';
import type { Objects } from '../git/objects.js';
import { FILE, TREE } from '../git/tree.js';

/** The folded streams of a block, free ports included: the next event of a stream needs its end. */
export interface FoldedBlock {
  streams: Stream[];
  damaged: DamagedStream[];
}

/** A stream whose current content cannot be trusted. */
export interface DamagedStream extends PortRef, Damage {
  path: string;
  /** The counting stream, if known: an event may follow it, and after an unsound event a release. */
  counted?: Stream | undefined;
  /** What the next write has to restore: paths of event files, with the oids of their blobs. */
  restores?: [string, string][] | undefined;
}

export interface StreamFiles extends PortRef {
  /** By version from 1 on; `problem` describes what does not fit. */
  oids: string[];
  problem?: { path: string; message: string } | undefined;
}

/** A block to fold, with another folded version: streams with the same folder are not folded again. */
export interface BlockToFold {
  block: Block;
  oid: string;
  before: (FoldedBlock & { oid: string }) | undefined;
}

/** Folds several blocks with one read. Throws LOG_TOO_NEW, LOG_DAMAGED. */
export async function foldBlocks(objects: Objects, blocks: BlockToFold[]): Promise<FoldedBlock[]> {
  const parts = await allDone(blocks.map((it) => partsOf(objects, it)));
  const contents = await objects.readEvents(
    parts.flatMap(({ changed }) => changed).flatMap(({ oids }) => oids),
  );
  return parts.map(({ changed, same }) => {
    const folded = fold(changed, contents);
    return {
      streams: [...same.streams, ...folded.streams].sort((a, b) => a.port - b.port),
      damaged: [...same.damaged, ...folded.damaged].sort((a, b) => a.port - b.port),
    };
  });
}

async function partsOf(
  objects: Objects,
  { block, oid, before }: BlockToFold,
): Promise<{ changed: StreamFiles[]; same: FoldedBlock }> {
  // A tree that git has pruned only means more to fold.
  const known = before ? await objects.readTree(before.oid).catch(() => []) : [];
  const folders = new Map(known.map(({ name, oid }) => [name, oid]));
  const ports = new Set<number>();
  const changed = await streamsIn(objects, block, oid, (name, folder, port) => {
    if (folders.get(name) !== folder) return true;
    ports.add(port);
    return false;
  });
  const { streams, damaged } = before ?? { streams: [], damaged: [] };
  return {
    changed,
    same: {
      streams: streams.filter(({ port }) => ports.has(port)),
      damaged: damaged.filter(({ port }) => ports.has(port)),
    },
  };
}

export function decodeStream(
  { oids, problem, ...ref }: StreamFiles,
  contents: ReadonlyMap<string, string | undefined>,
): { events: PortEvent[]; problem?: { path: string; message: string } | undefined } {
  const events: PortEvent[] = [];
  for (const [index, oid] of oids.entries()) {
    const path = eventPath(ref, index + 1);
    const text = contents.get(oid);
    if (text === undefined) return { events, problem: { path, message: TOO_LARGE } };
    try {
      events.push(decodeEvent(text));
    } catch (error) {
      if (error instanceof TooNew) throw tooNew(path, error.message);
      if (error instanceof BrokenStream) return { events, problem: { path, message: error.message } };
      throw error;
    }
  }
  return { events, problem };
}

/** The event files of a block's streams, limited to wanted folders. */
export async function streamsIn(
  objects: Objects,
  block: Block,
  oid: string,
  wanted: (name: string, oid: string, port: number) => boolean = () => true,
): Promise<StreamFiles[]> {
  const streams: StreamFiles[] = [];
  for (const entry of await objects.readTree(oid)) {
    const port = portOfFolder(entry.name, block);
    if (port === undefined || entry.mode !== TREE || !wanted(entry.name, entry.oid, port)) continue;
    const ref = { port, protocol: block.protocol };
    const { found, problem } = await versionsIn(objects, ref, entry.oid);
    streams.push({ ...ref, ...withoutGaps(ref, found, problem) });
  }
  return streams;
}

export async function filesOfStream(
  objects: Objects,
  block: Block,
  oid: string | undefined,
  ref: PortRef,
): Promise<Map<number, string>> {
  const entries = oid === undefined ? [] : await objects.readTree(oid);
  const folder = entries.find((it) => it.mode === TREE && portOfFolder(it.name, block) === ref.port);
  return folder ? (await versionsIn(objects, ref, folder.oid)).found : new Map();
}

async function versionsIn(
  objects: Objects,
  ref: PortRef,
  oid: string,
): Promise<{ found: Map<number, string>; problem: StreamFiles['problem'] }> {
  const found = new Map<number, string>();
  let problem: StreamFiles['problem'];
  const entries = await objects.readTree(oid).catch((error: unknown) => {
    // A file that is unreadable now may be readable tomorrow under the same oid: that says nothing about the stream.
    if (!(error instanceof VportsError) || error.details.lasting !== true) throw error;
    problem = { path: streamPath(ref), message: error.message };
    return [];
  });
  for (const entry of entries) {
    const version = isEventMode(entry.mode) ? versionOfFile(entry.name) : undefined;
    if (version === undefined)
      problem = { path: `${streamPath(ref)}/${entry.name}`, message: 'is not an event file' };
    else found.set(version, entry.oid);
  }
  return { found, problem };
}

/** An executable file has the same bytes; `verify` reports it. */
export function isEventMode(mode: string): boolean {
  return mode === FILE || mode === '100755';
}

/** The files of a stream by version, up to the first missing one. */
export function withoutGaps(
  ref: PortRef,
  found: ReadonlyMap<number, string>,
  problem: StreamFiles['problem'],
): Omit<StreamFiles, keyof PortRef> {
  const oids: string[] = [];
  while (found.has(oids.length + 1)) oids.push(found.get(oids.length + 1)!);
  if (problem || oids.length === found.size) return { oids, problem };
  const missing = oids.length + 1;
  return { oids, problem: { path: eventPath(ref, missing), message: `version ${missing} is missing` } };
}

function fold(streams: StreamFiles[], contents: ReadonlyMap<string, string | undefined>): FoldedBlock {
  const folded: FoldedBlock = { streams: [], damaged: [] };
  for (const files of streams) {
    const one = new FilesFold(files);
    for (const oid of files.oids) one.add(contents.get(oid));
    one.endIn(folded);
  }
  return folded;
}

export class FilesFold {
  readonly #fold: StreamFold;
  #version = 0;
  #problem: { path: string; message: string } | undefined;
  #unsoundAt: string | undefined;
  #mentioned: Damage['holders'] | undefined;

  constructor(private readonly files: StreamFiles) {
    this.#fold = new StreamFold(files);
  }

  /** Adds the text of the next version; undefined if it is too large to be an event. Throws LOG_TOO_NEW. */
  add(text: string | undefined): void {
    this.#version++;
    if (this.#problem) {
      this.#noteMentions(text);
      return;
    }
    const path = eventPath(this.files, this.#version);
    try {
      if (text === undefined) this.#problem = { path, message: TOO_LARGE };
      else {
        this.#fold.take(decodeEvent(text));
        this.#unsoundAt = this.#fold.stream.unsound === undefined ? undefined : (this.#unsoundAt ?? path);
      }
    } catch (error) {
      if (error instanceof TooNew) throw tooNew(path, error.message);
      if (!(error instanceof BrokenStream)) throw error;
      this.#problem = { path, message: error.message };
      // A copy of another stream's event does not say who holds this port.
      if (!this.#belongsElsewhere(text)) this.#noteMentions(text);
    }
  }

  #belongsElsewhere(text: string | undefined): boolean {
    const event = attempt(() => decodeEvent(text ?? ''));
    return event !== undefined && portKey(event) !== portKey(this.files);
  }

  /** Notes the resources that a broken event mentions. It grants nothing, but lookups of these names report the damage. */
  #noteMentions(text = ''): void {
    const { types, resources, names } = mentionsIn(text);
    const holders = resources
      .filter(isResourceName)
      .flatMap((resource) => names.filter(isPortName).map((name) => ({ resource, name })));
    if (types.length > 0 && types.every((it) => it === 'port.released')) this.#mentioned = [];
    else if (holders.length > 0) this.#mentioned = holders;
  }

  /** Adds the result to the folded or the damaged streams; damaged ones with their holder as far as known. */
  endIn({ streams, damaged }: FoldedBlock): void {
    const { port, protocol } = this.files;
    const problem = this.#problem ?? this.files.problem;
    const counted = this.#fold.stream;
    const { unsound: message } = counted;
    const holders = holdersIn(counted);
    if (problem) damaged.push({ port, protocol, ...problem, holders: this.#mentioned ?? holders });
    else if (message === undefined) streams.push(counted);
    else damaged.push({ port, protocol, path: this.#unsoundAt!, message, holders, counted });
  }
}

export function holdersIn({ holding }: Stream): Damage['holders'] {
  return holding ? [{ resource: holding.resource, name: holding.name }] : [];
}

/** Types, resources and names in a text that was an event once: lines of several events in one file, or JSON in another layout. */
function mentionsIn(text: string): { types: string[]; resources: string[]; names: string[] } {
  const lines = [...text.matchAll(/^ {2}"(type|resource|name)": "([^"\\]{1,200})",?$/gm)].slice(0, 30);
  // JSON.parse() would drop duplicate keys; the lines have all of them.
  const entries = lines.length > 0 ? lines.map(([, key, value]) => [key!, value!] as const) : parsed(text);
  const values = (wanted: string) => [
    ...new Set(entries.flatMap(([key, it]) => (key === wanted ? [it] : []))),
  ];
  return { types: values('type'), resources: values('resource'), names: values('name') };
}

function parsed(text: string): [string, string][] {
  const value: unknown = attempt(() => shallow(text) && JSON.parse(text));
  return Object.entries(value ?? {}).filter((it): it is [string, string] => typeof it[1] === 'string');
}

const TOO_LARGE = 'is too large to be an event';

function tooNew(path: string, what: string): VportsError {
  return new VportsError('LOG_TOO_NEW', `${path} was written by a newer vports: ${what}`, {
    hint: 'upgrade vports on this machine',
    details: { path },
  });
}
