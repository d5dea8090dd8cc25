import { labelOf, MAIN } from '../../../../events/names.js';
import { formatPort, type PortKey, portKey, refOf } from '../../../../events/port.js';
import type { Damage } from '../../../../events/stream.js';
import type { DeclaredFolder } from '../../../documents/declared-ports.js';
import type { NamedEntry } from '../../../documents/tree/tree-entry.js';
import { shellWord } from '../../../files/shell-word.js';
import { damageOf, firstClaims, holderAt, type View } from '../view.js';
import { inDocuments, variableOf } from './document-drift.js';
import type { DocumentProblem } from './document-problem.js';
import type { Drift } from './drift.js';
import { namesOf, type StaleNumber, staleProblem } from './stale-number.js';
import { wayToAllocate, wayToRegister } from './ways-out.js';

/** `owner`: the folder of the resource that the document belongs to, if any. */
export interface OwnedEntry {
  entry: NamedEntry;
  path: string;
  owner: DeclaredFolder | undefined;
}

/** Ports in documents that differ from the registry, or that nobody holds. */
export function checkDocuments(
  view: View,
  folders: DeclaredFolder[],
  entries: OwnedEntry[],
  stale: StaleNumber[],
): DocumentProblem[] {
  const inside = new Set(entries.flatMap(({ entry }) => entry.inside ?? []));
  const wrong = new Map(stale.map((it) => [it.entry, it]));
  return [
    ...folders.flatMap((folder) => damageOfFolder(view, folder)),
    ...folders.flatMap((folder) => inDocuments(view, folder, folders).drift.map(fromDrift)),
    ...entries.flatMap(({ entry, path, owner }) => {
      if (entry.format === 'service-json' || entry.port === undefined) return [];
      const other = wrong.get(entry);
      if (other) return [staleProblem(view, other)];
      const found = judge(view, entry, { owner, inside });
      if (!found) return [];
      return [{ port: entry.port, ...found, file: path, line: entry.line, column: entry.column }];
    }),
  ];
}

type Judgement = Pick<DocumentProblem, 'code' | 'level' | 'message' | 'fix'> & { port?: number };

function judge(
  view: View,
  entry: NamedEntry,
  { owner, inside }: Pick<OwnedEntry, 'owner'> & { inside: ReadonlySet<number> },
): Judgement | undefined {
  const ref = { port: entry.port!, protocol: entry.protocol };
  const held = owner ? firstClaims(view, owner.resource) : [];
  const meant = entry.variable && held.find((it) => variableOf(owner!, it) === entry.variable);
  if (meant) {
    // Reported at the environment file instead.
    const here = entry.setIn === undefined ? ref.port : (entry.unused ?? meant.port);
    // Inside a container the variable may hold the inner port.
    const isInside = entry.side === 'container' && !entry.fallback && inside.has(ref.port);
    if (meant.port === here || isInside) return undefined;
    return {
      code: 'WRONG_PORT',
      level: 'error',
      message: `${entry.variable} is ${here} here, but ${meant.port} in the registry (${meant.resource}, ${meant.name})`,
      port: here,
      fix: `vports docs ${shellWord(owner!.path)}`,
    };
  }
  if (entry.side === 'container' || entry.skipped !== undefined || entry.elsewhere !== undefined)
    return undefined;
  const damage = view.damaged.get(portKey(ref));
  if (damage) return damaged(portKey(ref), damage);
  const holder = holderAt(view, ref);
  if (!holder) return unknown(view, entry);
  const names = namesOf(entry);
  if (names.includes(holder.resource) || names.includes(holder.resource.split('@', 1)[0]!)) return undefined;
  return {
    code: 'FOREIGN_PORT',
    level: 'error',
    message: `${formatPort(ref)} is used here for ${entry.resource}, but held by ${labelOf(holder)}`,
    fix: wayToAllocate(view, { ...entry, ...(entry.sameAs && { name: entry.sameAs.name }) }),
  };
}

function unknown(view: View, entry: NamedEntry): Judgement {
  const ref = { port: entry.port!, protocol: entry.protocol };
  const { resource, name } = entry.sameAs ?? entry;
  const variable = entry.variable === undefined ? '' : ` (${entry.variable})`;
  return {
    code: 'UNKNOWN_PORT',
    level: 'error',
    message: `${formatPort(ref)}${variable} is not registered`,
    fix:
      wayToRegister(view, { resource, name, ...ref }) ??
      wayToRegister(view, { resource, name: `p${ref.port}`, ...ref }) ??
      wayToAllocate(view, { resource, name, protocol: ref.protocol }),
  };
}

/** With a damaged history, the documents of this resource cannot be checked. */
function damageOfFolder(view: View, { resource, service: { file } }: DeclaredFolder): DocumentProblem[] {
  return [...view.damaged]
    .filter(([, { holders }]) => holders.some((it) => it.resource === resource))
    .map(([key, damage]) => {
      const { port } = refOf(key);
      return { ...damaged(key, damage), file, line: null, column: null, port };
    });
}

function damaged(key: PortKey, damage: Damage): Judgement {
  return {
    code: 'DAMAGED',
    level: 'error',
    message: damageOf(key, damage).message,
    fix: 'vports doctor --fix',
  };
}

export function fromDrift(drift: Drift): DocumentProblem {
  const { kind, resource, name, port, file, line, expected, actual, fix } = drift;
  const about = { file: file ?? '', line, column: null, fix };
  const who = resource === null ? 'a resource' : labelOf({ resource, name: name ?? MAIN });
  if (kind === 'service-json-unrecorded') {
    const why = expected === null ? 'not registered' : String(expected);
    return { ...about, code: 'UNKNOWN_PORT', level: 'error', port, message: `${actual} of ${who}: ${why}` };
  }
  if (kind === 'readme' && typeof actual !== 'number') {
    const message =
      expected === null
        ? `the ports block is broken: ${actual}`
        : `the ports block differs from the registry: ${JSON.stringify(expected)} is missing`;
    return { ...about, code: 'STALE_README', level: 'error', port: null, message };
  }
  const [then, now] = [expected ?? 'no port', actual ?? 'no number'];
  const message = `${who} has ${now} here, but ${then} in the registry`;
  return { ...about, code: 'WRONG_PORT', level: 'error', port, message };
}
