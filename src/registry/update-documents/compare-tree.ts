import { relative, sep } from 'node:path';
import type { Holding } from '../../../events/stream.js';
import type { Tree } from '../../documents/tree/read-tree.js';
import type { WalkedFolder } from '../../documents/walk.js';
import type { DocumentProblem } from '../decide/drift/document-problem.js';
import { type StaleNumber, staleProblem } from '../decide/drift/stale-number.js';
import type { View } from '../decide/view.js';
import type { Logs } from '../state/logs.js';
import {
  formerNumbers,
  mentionProblem,
  type Reading,
  type StaleMention,
  staleMentions,
} from './stale-mentions.js';
import { staleNumbers } from './stale-numbers.js';

/** Differences between a tree and the registry, used by `ci`, `docs` and `reconcile`. */
export interface TreeComparison {
  stale: StaleNumber[];
  mentions: StaleMention[];
  former: ReadonlyMap<number, Holding>;
}

export async function compareTree(
  logs: Logs,
  view: View,
  { tree, folders }: { tree: Tree; folders: Iterable<WalkedFolder> },
  options: Reading = {},
): Promise<TreeComparison> {
  const stale = await staleNumbers(logs, view, tree);
  const former = await formerNumbers(logs, view, tree);
  return { stale, former, mentions: staleMentions(former, folders, tree, options) };
}

/** Each one once, with paths from `base` on. */
export function inOrder(problems: DocumentProblem[], base: string): DocumentProblem[] {
  const once = new Map(
    problems
      .map((it) => ({ ...it, file: relative(base, it.file).split(sep).join('/') }))
      .map((it) => [`${it.file} ${it.line} ${it.column} ${it.code} ${it.port}`, it]),
  );
  return [...once.values()].sort((a, b) =>
    a.file === b.file ? (a.line ?? 0) - (b.line ?? 0) : a.file < b.file ? -1 : 1,
  );
}

export function comparisonProblems(view: View, { stale, mentions }: TreeComparison): DocumentProblem[] {
  return [...stale.map((it) => staleProblem(view, it)), ...mentions.map(mentionProblem)];
}
