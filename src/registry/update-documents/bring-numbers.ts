import { type Replacement, replaceDigits } from '../../documents/replace-digits.js';
import { readTree } from '../../documents/tree/read-tree.js';
import type { WalkedFolder } from '../../documents/walk.js';
import type { Warning } from '../../errors.js';
import type { ReadText } from '../../files/reading-once.js';
import { readRegularText } from '../../files/regular-file.js';
import type { DocumentProblem } from '../decide/drift/document-problem.js';
import type { View } from '../decide/view.js';
import type { Logs } from '../state/logs.js';
import { compareTree, comparisonProblems } from './compare-tree.js';
import { type DocumentChange, writeAll } from './write-documents.js';

export interface WalkedTree {
  root: string;
  folders: WalkedFolder[];
}

interface BroughtNumbers {
  documents: DocumentChange[];
  problems: DocumentProblem[];
  warnings: Warning[];
  /** If ports have moved, other files may still mention them. */
  hasMoved: boolean;
}

/** Fixes wrong numbers in documents, and mentions of moved ports in other files. */
export async function bringNumbers(
  logs: Logs,
  view: View,
  trees: WalkedTree[],
  { read, write }: { read: ReadText; write: boolean },
): Promise<BroughtNumbers> {
  const problems: DocumentProblem[] = [];
  const edits = new Map<string, Replacement[]>();
  const edit = (path: string, it: Replacement) => edits.set(path, [...(edits.get(path) ?? []), it]);
  let hasMoved = false;
  for (const { root, folders } of trees) {
    const tree = readTree(root, { folders, read });
    const { stale, mentions, former } = await compareTree(logs, view, { tree, folders }, { read });
    if (former.size > 0) hasMoved = true;
    for (const { entry, target, now } of stale)
      if (entry.digits) edit(target, { digits: entry.digits, wanted: now.port });
    for (const { path, digits, now, writable } of mentions)
      if (writable) edit(path, { digits, wanted: now.port });
    const left = write
      ? { stale: stale.filter(({ entry }) => !entry.digits), mentions: mentions.filter((it) => !it.writable) }
      : { stale, mentions };
    problems.push(...comparisonProblems(view, { ...left, former }));
  }
  const failed = write ? await writeAll(logs, edited(edits)) : new Map<string, Warning>();
  const documents = [...edits.keys()].map((path) => ({ path, changed: !failed.has(path) }));
  return { documents, problems, warnings: [...failed.values()], hasMoved };
}

function* edited(edits: ReadonlyMap<string, Replacement[]>) {
  for (const [path, own] of edits) yield { path, text: replaceDigits(readRegularText(path), own) };
}
