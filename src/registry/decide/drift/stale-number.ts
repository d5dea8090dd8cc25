import { labelOf } from '../../../../events/names.js';
import { formatPort, type PortKey, portKey } from '../../../../events/port.js';
import type { Holding } from '../../../../events/stream.js';
import type { NamedEntry } from '../../../documents/tree/tree-entry.js';
import { shellWord } from '../../../files/shell-word.js';
import { holderAt, holdingNamed, holdingsOf, type View } from '../view.js';
import type { DocumentProblem } from './document-problem.js';
import { wayToTake } from './ways-out.js';

/** A number in a document that differs from the registry. */
export interface StaleNumber {
  entry: NamedEntry;
  /** `target` is the file whose digits count, which may be an environment file. */
  path: string;
  target: string;
  now: Holding;
  /** True if the registry moved the port; false if the document was edited. */
  moved: boolean;
}

export function unheldEntries(view: View, entries: readonly NamedEntry[]): NamedEntry[] {
  return entries.filter(isClaim).filter((entry) => {
    const holder = holderAt(view, { port: entry.port!, protocol: entry.protocol });
    return !(holder && namesOf(entry).includes(holder.resource.split('@', 1)[0]!));
  });
}

/**
 * The registered port of an entry whose number was edited: of the ports that no document mentions any longer, the one imported from
 * this place, else the one of this name.
 */
export function changedHolding(
  view: View,
  entry: NamedEntry,
  mentioned: ReadonlySet<PortKey>,
): Holding | undefined {
  const own = unmentioned(view, entry, mentioned);
  const here = own.filter((it) => placeIn(it)?.file === entry.file);
  const { resource, name } = entry.sameAs ?? entry;
  const named = holdingNamed(view, resource, name);
  return (
    here.find((it) => it.name === name) ??
    here.find((it) => placeIn(it)?.line === entry.line) ??
    own.find((it) => it === named)
  );
}

/** The only port imported from the document of an entry, unless it is the port of an entry with another number (`taken`). */
export function onlyHolding(
  view: View,
  entry: NamedEntry,
  mentioned: ReadonlySet<PortKey>,
  taken: ReadonlyMap<PortKey, number>,
): Holding | undefined {
  const [only, ...others] = unmentioned(view, entry, mentioned).filter(
    (it) => placeIn(it)?.file === entry.file,
  );
  const isFree = only && (taken.get(portKey(only)) ?? entry.port) === entry.port;
  return isFree && others.length === 0 ? only : undefined;
}

function unmentioned(view: View, entry: NamedEntry, mentioned: ReadonlySet<PortKey>): Holding[] {
  return namesOf(entry)
    .flatMap((it) => holdingsOf(view, it))
    .filter((it) => !it.lease && it.protocol === entry.protocol && !mentioned.has(portKey(it)));
}

export function portsTold(entries: readonly NamedEntry[]): Set<PortKey> {
  return new Set(entries.filter(isClaim).map(({ port, protocol }) => portKey({ port: port!, protocol })));
}

/** Offers both fixes if there are two. */
export function staleProblem(view: View, { entry, path, now, moved }: StaleNumber): DocumentProblem {
  const { line, column, port, variable, protocol } = entry;
  const holder = holderAt(view, { port: port!, protocol });
  const who = variable === undefined ? labelOf(now) : `${labelOf(now)}, ${variable},`;
  const held = holder ? ` (held by ${labelOf(holder)})` : '';
  const folder = path.slice(0, path.lastIndexOf('/')) || '/';
  const write = entry.digits ? `vports docs ${shellWord(folder)}` : `write ${now.port}`;
  const take = moved ? undefined : wayToTake(view, now, port!);
  return {
    code: 'WRONG_PORT',
    level: 'error',
    file: path,
    line,
    column,
    port: port!,
    message: `${who} has ${formatPort({ port: port!, protocol }).replace('/tcp', '')} here${held}, but ${now.port} in the registry`,
    fix: take === undefined ? write : `${write}, or ${take}`,
  };
}

function isClaim({ port, side, format, skipped, elsewhere, mention }: NamedEntry): boolean {
  const isOurs = skipped === undefined && elsewhere === undefined && !mention;
  return port !== undefined && side === 'host' && isOurs && format !== 'service-json';
}

export function namesOf({ knownAs, sameAs }: NamedEntry): string[] {
  return [...new Set([...knownAs, ...(sameAs?.knownAs ?? [])])];
}

/** Parses the reason written by `import`. */
function placeIn({ reason }: Holding): { file: string; line: number } | undefined {
  const [, file, line] = /^imported from (.+):(\d+)$/.exec(reason ?? '') ?? [];
  return file === undefined ? undefined : { file, line: Number(line) };
}
