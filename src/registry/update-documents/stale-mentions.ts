import { join } from 'node:path';
import type { PortEvent } from '../../../events/event.js';
import { labelOf } from '../../../events/names.js';
import type { Holding } from '../../../events/stream.js';
import { attempt } from '../../attempt.js';
import {
  isGenerated,
  isInsideContainer,
  isProse,
  type PortMention,
  portMentions,
} from '../../documents/port-mentions.js';
import { readDocumentText } from '../../documents/read-documents.js';
import type { Tree, TreeOptions } from '../../documents/tree/read-tree.js';
import type { WalkedFolder } from '../../documents/walk.js';
import { isInside } from '../../files/is-inside.js';
import { shellWord } from '../../files/shell-word.js';
import type { DocumentProblem } from '../decide/drift/document-problem.js';
import { holderAt, type View } from '../decide/view.js';
import { isOwnHere } from '../project/own-view.js';
import type { Logs } from '../state/logs.js';

/** A mention of the old number of a moved port. */
export interface StaleMention extends PortMention {
  path: string;
  now: Holding;
  /** Whether `docs` may replace it: certainly a port, and not in prose. */
  writable: boolean;
}

export async function formerNumbers(
  logs: Logs,
  view: View,
  { entries }: Pick<Tree, 'entries'>,
): Promise<Map<number, Holding>> {
  const names = new Set(entries.flatMap(({ knownAs }) => knownAs));
  const isOfTree = (it: Holding) =>
    !it.lease && (names.has(it.resource) || (it.project !== undefined && isOwnHere(logs, it)));
  const { reader } = await logs.registry();
  const former = new Map<number, Holding>();
  let asked = [...view.registry]
    .filter(isOfTree)
    .map((now) => ({ ref: { port: now.port, protocol: now.protocol }, now }));
  for (let moves = 0; asked.length > 0 && moves < MOST_MOVES; moves++) {
    const events = (await reader.events(asked.map(({ ref }) => ref))) as PortEvent[];
    asked = asked.flatMap(({ ref, now }) => {
      const own = events.filter((it) => it.port === ref.port && it.protocol === ref.protocol);
      const froms = own.flatMap((it) =>
        it.type === 'port.allocated' && it.from !== undefined && it.resource === now.resource
          ? [it.from]
          : [],
      );
      return froms
        .filter((port) => !former.has(port) && !holderAt(view, { port, protocol: 'tcp' }))
        .map((port) => {
          former.set(port, now);
          return { ref: { port, protocol: ref.protocol }, now };
        });
    });
  }
  return former;
}

const MOST_MOVES = 20;

export type Reading = Pick<TreeOptions, 'read' | 'isIgnored'>;

/** Mentions of old numbers, except for entries of documents. */
export function staleMentions(
  former: ReadonlyMap<number, Holding>,
  folders: Iterable<WalkedFolder>,
  { entries, base }: Pick<Tree, 'entries' | 'base'>,
  { read = readDocumentText, isIgnored }: Reading = {},
): StaleMention[] {
  if (former.size === 0) return [];
  const inPlace = entries.filter(({ setIn }) => setIn === undefined);
  const known = new Set(inPlace.map((it) => `${join(base, it.file)}:${it.line}:${it.port}`));
  const found: StaleMention[] = [];
  for (const { path: folder, files } of outsideRegistries([...folders])) {
    for (const name of files) {
      const path = join(folder, name);
      if (isGenerated(path)) continue;
      const text = attempt(() => read(path)) ?? '';
      const all = portMentions(text, former.keys(), isIgnored && ((line) => isIgnored(path, line)));
      if (all.length === 0) continue;
      const isInside = isInsideContainer(path, text);
      for (const it of all)
        if (!known.has(`${path}:${it.line}:${it.port}`) && !isInside(it.line))
          found.push({ ...it, path, now: former.get(it.port)!, writable: it.isCertain && !isProse(path) });
    }
  }
  return found;
}

/** The files of a registry in the tree contain all old numbers. */
function outsideRegistries(folders: WalkedFolder[]): WalkedFolder[] {
  const paths = new Set(folders.map(({ path }) => path));
  const registries = folders.filter(
    ({ path, files }) => files.includes('policy.json') && paths.has(join(path, 'events')),
  );
  return folders.filter(({ path }) => !registries.some((it) => isInside(it.path, path)));
}

export function mentionProblem({ path, line, column, port, now, writable }: StaleMention): DocumentProblem {
  const folder = path.slice(0, path.lastIndexOf('/')) || '/';
  return {
    code: isProse(path) ? 'STALE_PROSE' : 'WRONG_PORT',
    level: 'error',
    file: path,
    line,
    column,
    port,
    message: `old port ${port} of ${labelOf(now)}, which now has ${now.port}`,
    fix: writable ? `vports docs ${shellWord(folder)}` : `write ${now.port}`,
  };
}
