import { environmentName, labelOf, MAIN } from '../../../../events/names.js';
import { formatPort, type PortKey, portKey } from '../../../../events/port.js';
import type { Damage, Holding } from '../../../../events/stream.js';
import type { DeclaredFolder } from '../../../documents/declared-ports.js';
import type { PortEntry } from '../../../documents/formats/port-entry.js';
import { shellWord } from '../../../files/shell-word.js';
import { damageOf, holderAt, holdingNamed, holdingsOf, type View } from '../view.js';
import { inDocuments } from './document-drift.js';
import type { Drift } from './drift.js';

/** A place in a document that does not agree with the registry. */
export interface DocumentProblem {
  code:
    | 'WRONG_PORT'
    | 'UNKNOWN_PORT'
    | 'FOREIGN_PORT'
    | 'STALE_README'
    | 'STALE_PROSE'
    | 'UNREADABLE'
    | 'NEW_IGNORE'
    | 'OTHER_REGISTRY'
    | 'DAMAGED';
  /** A warning is about the inside of a container, which the registry need not know. */
  level: 'error' | 'warning';
  file: string;
  line: number | null;
  column: number | null;
  port: number | null;
  message: string;
  /** The command that mends it. */
  fix: string | null;
}

/** A document with its entries, and the folder of the resource that it belongs to, where there is one. */
export interface OwnedDocument {
  file: string;
  entries: PortEntry[];
  ignored: ReadonlySet<number>;
  owner: DeclaredFolder | undefined;
}

/** Where the documents of a service's repository tell another port than the registry, or one that nobody holds. */
export function checkDocuments(
  view: View,
  folders: DeclaredFolder[],
  documents: OwnedDocument[],
): DocumentProblem[] {
  const inside = new Set(documents.flatMap(({ entries }) => entries.flatMap((it) => it.inside ?? [])));
  return [
    ...folders.flatMap((folder) => damageOfFolder(view, folder)),
    ...folders.flatMap((folder) => inDocuments(view, folder, folders).drift.map(fromDrift)),
    ...documents.flatMap(({ file, entries, ignored, owner }) =>
      entries.flatMap((entry) => {
        if (ignored.has(entry.line) || entry.port === undefined) return [];
        const found = judge(view, entry, owner, inside);
        return found ? [{ ...found, file, line: entry.line, column: entry.column, port: entry.port }] : [];
      }),
    ),
  ];
}

type Judgement = Pick<DocumentProblem, 'code' | 'level' | 'message' | 'fix'>;

function judge(
  view: View,
  entry: PortEntry,
  owner: DeclaredFolder | undefined,
  inside: ReadonlySet<number>,
): Judgement | undefined {
  const { side, protocol } = entry;
  const ref = { port: entry.port!, protocol };
  const held = owner ? claimsOf(view, owner.resource) : [];
  const meant = entry.variable && held.find((it) => variableOf(owner!, it) === entry.variable);
  if (meant) {
    // Inside a container the variable may well have the port inside.
    if (meant.port === ref.port || (side === 'container' && !entry.fallback && inside.has(ref.port)))
      return undefined;
    return {
      code: 'WRONG_PORT',
      level: 'error',
      message: `${entry.variable} is ${meant.port} in the registry (${meant.resource}, ${meant.name}), and ${ref.port} here`,
      fix: `vports docs ${shellWord(owner!.path)}`,
    };
  }
  const damage = view.damaged.get(portKey(ref));
  if (damage && side !== 'container') return damaged(portKey(ref), damage);
  const holder = holderAt(view, ref);
  if (side === 'container') {
    if (holder || inside.has(ref.port)) return undefined;
    return {
      code: 'UNKNOWN_PORT',
      level: 'warning',
      message: `${formatPort(ref)} is inside a container, is published by no compose file here, and the registry does not know it`,
      fix: null,
    };
  }
  if (!holder) return unknown(entry, owner);
  const own = [...new Set([owner?.resource, entry.resource].filter((it) => it !== undefined))];
  const published = entry.inside !== undefined || entry.variable === undefined;
  if (!published || own.length === 0 || own.includes(holder.resource.split('@', 1)[0]!)) return undefined;
  return {
    code: 'FOREIGN_PORT',
    level: 'error',
    message: `${formatPort(ref)} is held by ${labelOf(holder)}, and ${own.join(', ')} wants it here`,
    fix: `vports allocate ${own[0]}`,
  };
}

/** What this folder's resource held, as far as a damaged history tells: nobody can say whether its documents are right. */
function damageOfFolder(view: View, { resource, service: { file } }: DeclaredFolder): DocumentProblem[] {
  return [...view.damaged]
    .filter(([, { holders }]) => holders.some((it) => it.resource === resource))
    .map(([key, damage]) => {
      const port = Number(key.split('/')[1]);
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

function unknown(entry: PortEntry, owner: DeclaredFolder | undefined): Judgement {
  const resource = owner?.resource ?? entry.resource ?? 'RESOURCE';
  const ref = { port: entry.port!, protocol: entry.protocol };
  const told = entry.variable === undefined ? '' : ` (${entry.variable})`;
  return {
    code: 'UNKNOWN_PORT',
    level: 'error',
    message: `${formatPort(ref)}${told} is held by nobody: the registry does not know it`,
    fix: `vports register ${shellWord(resource)} NAME=${formatPort(ref)}`,
  };
}

/** What a folder's own documents say otherwise than the registry, as a place in a document. */
export function fromDrift(drift: Drift): DocumentProblem {
  const { kind, resource, name, port, file, line, expected, actual, fix } = drift;
  const about = { file: file ?? '', line, column: null, fix };
  const who = resource === null ? 'a resource' : labelOf({ resource, name: name ?? MAIN });
  if (kind === 'service-json-unrecorded') {
    const why = expected === null ? 'the registry does not know it' : String(expected);
    return { ...about, code: 'UNKNOWN_PORT', level: 'error', port, message: `${actual} of ${who}: ${why}` };
  }
  if (kind === 'readme' && typeof actual !== 'number') {
    const message = `the block of ports is not what the registry says: ${JSON.stringify(expected)} is missing`;
    return { ...about, code: 'STALE_README', level: 'error', port: null, message };
  }
  const [then, now] = [expected ?? 'no port', actual ?? 'no number'];
  const message = `${who} has ${then} in the registry, and ${now} here`;
  return { ...about, code: 'WRONG_PORT', level: 'error', port, message };
}

function claimsOf(view: View, resource: string): Holding[] {
  return holdingsOf(view, resource).filter((it) => !it.lease && holdingNamed(view, resource, it.name) === it);
}

function variableOf({ resource, variables }: DeclaredFolder, { name }: Holding): string {
  return variables.get(name) ?? environmentName(resource, name);
}
