import { crc32 } from 'node:zlib';
import type { Block } from '../../../events/event-path.js';
import { Holdings } from '../../../events/holdings.js';
import { type PortKey, type Protocol, portKey } from '../../../events/port.js';
import type { Damage, Holding } from '../../../events/stream.js';
import type { Policy } from '../../policy/policy.js';
import type { FoldedBlock } from './fold.js';
import { fromRows, type Rows, toRows } from './rows.js';

/** Tree objects of folded event folders: those with the same oid need no second look. */
interface FoldedFolder {
  oid: string;
  /** By `250xx`. */
  blocks: Record<string, string>;
}

interface PolicyFault {
  message: string;
  sound: string;
}

export interface Snapshot {
  head: string;
  tree: string;
  policyOid: string;
  policy: Policy;
  /** Why policy.json is unreadable, and the blob of `policy` instead: the last readable one in the history. */
  policyFault?: PolicyFault | undefined;
  /** By `tcp/25xxx`. */
  folders: Map<string, FoldedFolder>;
  holdings: Holdings;
  /** The highest event id: new events of the same time need a higher one. */
  newest: string;
  damaged: Map<PortKey, Damage>;
  /** The blocks with lost events, and an identifier of the losses. */
  lost: { blocks: Block[]; what: string };
}

export function mergeBlock(folded: Snapshot, block: Block, { streams, damaged }: FoldedBlock): void {
  const first = Number(block.hundreds.slice(0, 3)) * 100;
  for (let port = first; port < first + 100; port++) {
    const ref = { port, protocol: block.protocol };
    folded.holdings.remove(ref);
    folded.damaged.delete(portKey(ref));
  }
  for (const { holding, last } of streams) {
    if (holding) folded.holdings.put(holding);
    if (last > folded.newest) folded.newest = last;
  }
  for (const it of damaged) {
    const { path, message, holders, counted } = it;
    const isUnsound = counted?.unsound !== undefined;
    if (counted?.holding && !isUnsound) folded.holdings.put(counted.holding);
    folded.damaged.set(portKey(it), {
      message: `${path}: ${message}`,
      holders,
      ...(counted && { mendable: isUnsound ? 'ended' : 'restored' }),
    });
  }
}

/** Claims per part of a snapshot: most commands parse only one part. */
const PART = 128;

/**
 * The cached snapshot as JSON texts: everything but claims, then the claims. Contains live ports only, so its size does not grow with the history.
 */
export function toTexts(folded: Snapshot): string[] {
  const held = [...folded.holdings];
  const claims = held.filter(({ lease }) => !lease);
  const parts = Array.from({ length: Math.ceil(claims.length / PART) }, (): Holding[] => []);
  for (const claim of claims) parts[partOf(claim.resource, parts.length)]!.push(claim);
  const first = {
    ...folded,
    folders: [...folded.folders],
    holdings: held.filter(({ lease }) => lease),
    haveProjects: claims.some(({ project }) => project !== undefined),
    damaged: [...folded.damaged],
  };
  return [first, ...parts.map(toRows)].map((it) => JSON.stringify(it));
}

function partOf(resource: string, parts: number): number {
  return crc32(resource) % parts;
}

export function fromTexts([first, ...claims]: Uint8Array[]): Snapshot {
  const snapshot = parsed(first!) as Omit<Snapshot, 'folders' | 'holdings' | 'damaged'> & {
    folders: [string, FoldedFolder][];
    holdings: Holding[];
    haveProjects: boolean;
    damaged: [PortKey, Damage][];
  };
  const { haveProjects, ...rest } = snapshot;
  return {
    ...rest,
    folders: new Map(snapshot.folders),
    holdings: new Holdings(snapshot.holdings, {
      parts: claims.length,
      haveProjects,
      partOf: (resource) => partOf(resource, claims.length),
      read: (part) => fromRows(parsed(claims[part]!) as Rows),
    }),
    damaged: new Map(snapshot.damaged),
  };
}

function parsed({ buffer, byteOffset, byteLength }: Uint8Array): unknown {
  return JSON.parse(Buffer.from(buffer, byteOffset, byteLength).toString('utf8'));
}

export interface BlockAt {
  block: Block;
  oid: string;
}

export function* blocksOf(folded: Snapshot): Generator<BlockAt> {
  for (const [key, { blocks }] of folded.folders) {
    const [protocol, thousands] = key.split('/') as [Protocol, string];
    for (const [hundreds, oid] of Object.entries(blocks)) {
      yield { block: { protocol, thousands, hundreds }, oid };
    }
  }
}
