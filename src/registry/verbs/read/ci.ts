import { existsSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import type { PortRef } from '../../../../events/port.js';
import { attempt } from '../../../attempt.js';
import type { DeclaredFolder } from '../../../documents/declared-ports.js';
import { type Excluded, excludedAt, PROJECT_FILE, patternsIn } from '../../../documents/excluded.js';
import { readDocumentText } from '../../../documents/read-documents.js';
import type { ReadFailure } from '../../../documents/read-failure.js';
import { readTree, type Tree } from '../../../documents/tree/read-tree.js';
import { type Coverage, unreadKinds } from '../../../documents/unread-kinds.js';
import { walk } from '../../../documents/walk.js';
import { readRegularText } from '../../../files/regular-file.js';
import { workTreeOf } from '../../../files/work-tree.js';
import { openRepository } from '../../../log/git/index.js';
import { Audit } from '../../../log/inspect/index.js';
import { checkDocuments, type OwnedEntry } from '../../decide/drift/document-check.js';
import type { DocumentProblem } from '../../decide/drift/document-problem.js';
import type { View } from '../../decide/view.js';
import type { Logs } from '../../state/logs.js';
import { compareTree, inOrder } from '../../update-documents/compare-tree.js';
import { declaredFolders } from '../../update-documents/declared-folders.js';
import { mentionProblem } from '../../update-documents/stale-mentions.js';
import { portMentionsIn, staleProse } from '../../update-documents/stale-prose.js';

export interface CheckedDocuments {
  ok: boolean;
  problems: DocumentProblem[];
  coverage: Coverage;
}

/**
 * Holds the documents at and below a folder against what a registry says. Paths in the answer start at the work tree's root.
 * With `base`, a revision of the repository of the documents, a branch cannot excuse itself: its own new `ignore` lines
 * are reported without effect, and so is another registry that it names. Events that it adds to the registry of a monorepo count:
 * `verify` judges those. `ports` are what the documents speak of, as the registry has it. Throws BAD_REVISION.
 */
export async function checkDocumentsBelow(
  logs: Logs,
  view: View,
  root: string,
  revision?: string | undefined,
): Promise<CheckedDocuments & { ports: PortRef[] }> {
  const base = workTreeOf(root) ?? root;
  const excuses = revision === undefined ? undefined : await excusesAt(revision, logs, root, base);
  const walked = [...walk(root, excuses?.excluded, logs.progress)];
  const tree = readTree(root, { isIgnored: excuses?.isKnown, folders: walked });
  const { folders, unreadable } = declaredFolders(tree.folders);
  const owners = new Map(folders.map((it) => [it.path, it]));
  const owned = tree.entries.map((entry): OwnedEntry => {
    const path = join(tree.base, entry.file);
    return { entry, path, owner: ownerOf(path, owners, root) };
  });
  const compared = await compareTree(logs, view, { tree, folders: walked }, { isIgnored: excuses?.isKnown });
  const problems = [
    ...(excuses?.problems ?? []),
    ...(excuses ? newIgnores(tree, excuses.isKnown) : []),
    ...checkDocuments(view, folders, owned, compared.stale),
    ...compared.mentions.map(mentionProblem),
    ...(await staleProse(
      logs,
      view,
      tree.texts.flatMap((file) => {
        const owner = ownerOf(file, owners, root);
        return owner ? portMentionsIn(file, owner.resource) : [];
      }),
    )),
    ...unreadable.map(unreadableProblem),
    ...tree.unread.map((it) => unreadableProblem({ ...it, file: join(tree.base, it.file) })),
  ];
  const all = inOrder(problems, base);
  const spokenOf = new Set([
    ...folders.map(({ resource }) => resource),
    ...owned.map(({ owner }) => owner?.resource),
  ]);
  const ports = [...view.registry].filter(({ resource }) => spokenOf.has(resource));
  const unread = tree.kinds.size > 0 ? new Map<string, number>() : unreadKinds(walked);
  const ok = all.every(({ level }) => level === 'warning');
  return { ok, problems: all, ports, coverage: { read: tree.kinds, unread } };
}

/** Ignore rules of the base. */
interface Excuses {
  problems: DocumentProblem[];
  excluded: Excluded;
  isKnown: (file: string, line: number) => boolean;
}

async function excusesAt(revision: string, logs: Logs, root: string, base: string): Promise<Excuses> {
  return Audit.of(openRepository(base), async (audit) => {
    const commit = await audit.commit(revision);
    const textThen = (file: string) => audit.textFromRoot(commit, relative(base, file).split(sep).join('/'));
    const problems = logs.place.from === 'project' ? await otherRegistry(root, base, textThen) : [];
    const here = excludedAt(root) ?? { folder: base, patterns: [] };
    const project = join(here.folder, PROJECT_FILE);
    const excluded: Excluded = { folder: here.folder, patterns: patternsIn((await textThen(project)) ?? '') };
    for (const it of here.patterns.filter((pattern) => !excluded.patterns.includes(pattern)))
      problems.push(newIgnore(project, null, `${JSON.stringify(it.slice(0, 200))} in "ignore" is new and`));
    const then = new Map<string, Set<string>>();
    for (const file of ignoringFiles(root, excluded)) {
      const lines = ((await textThen(file)) ?? '').split('\n').map((line) => line.trim());
      then.set(file, new Set(lines));
    }
    const now = new Map([...then.keys()].map((file) => [file, readRegularText(file).split('\n')]));
    const isKnown = (file: string, line: number) =>
      then.get(file)?.has(now.get(file)![line - 1]!.trim()) === true;
    return { problems, excluded, isKnown };
  });
}

function ignoringFiles(root: string, excluded: Excluded): string[] {
  return [...walk(root, excluded)].flatMap(({ path, files }) =>
    files
      .map((name) => join(path, name))
      .filter((file) => attempt(() => readDocumentText(file))?.includes('vports: ignore')),
  );
}

function newIgnores({ files }: Tree, isKnown: Excuses['isKnown']): DocumentProblem[] {
  return [...files].flatMap(([file, ignored]) =>
    [...ignored]
      .filter((line) => !isKnown(file, line))
      .map((line) => newIgnore(file, line, 'new `vports: ignore`')),
  );
}

function newIgnore(file: string, line: number | null, what: string): DocumentProblem {
  const message = `${what} has no effect until merged`;
  return { code: 'NEW_IGNORE', level: 'warning', file, line, column: null, port: null, message, fix: null };
}

/** A branch must not choose the registry it is checked against. */
async function otherRegistry(
  root: string,
  base: string,
  textThen: (file: string) => Promise<string | undefined>,
): Promise<DocumentProblem[]> {
  for (let at = root; ; at = dirname(at)) {
    const file = join(at, PROJECT_FILE);
    const now = existsSync(file) ? readRegularText(file) : undefined;
    const then = await textThen(file);
    if (registryIn(now) !== registryIn(then)) {
      const message = 'names another registry than on the base';
      const fix = 'vports ci --registry PATH';
      return [
        { code: 'OTHER_REGISTRY', level: 'error', file, line: null, column: null, port: null, message, fix },
      ];
    }
    if (now !== undefined || at === base || dirname(at) === at) return [];
  }
}

/** An unreadable .vports.json is compared as text. */
function registryIn(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text.replace(/^\uFEFF/, '')).registry;
  } catch {
    return text;
  }
}

function ownerOf(
  file: string,
  owners: ReadonlyMap<string, DeclaredFolder>,
  root: string,
): DeclaredFolder | undefined {
  for (let at = dirname(file); ; at = dirname(at)) {
    const found = owners.get(at);
    if (found || at === root || dirname(at) === at) return found;
  }
}

export function unreadableProblem({ file, line, column, why }: ReadFailure): DocumentProblem {
  const message = `cannot be read: ${why}`;
  return { code: 'UNREADABLE', level: 'error', file, line, column, port: null, message, fix: null };
}
