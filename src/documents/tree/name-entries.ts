import { environmentName, MAIN } from '../../../events/names.js';
import { type PortKey, portKey } from '../../../events/port.js';
import { nameCompose, namePods } from './name-services.js';
import { nameVariables } from './name-variables.js';
import { asResource, hasWords, tellingFolders } from './names.js';
import { INSIDE, isTemplate, named, TEMPLATE } from './naming.js';
import { type FoundEntry, folderOf, type NamedEntry, type ReadTree } from './tree-entry.js';

/**
 * Gives every entry of a tree whose port it is and what it is called, and says which of them claim no port of their own. The answer
 * depends on the documents alone, not on where the tree stands: `import`, `ci` and `docs` all go by it.
 */
export function nameEntries(tree: ReadTree): NamedEntry[] {
  const isOf = (format: string) => (it: FoundEntry) => it.format === format;
  const variables = tree.entries.filter(isVariable);
  const told = byTheirOwnWords(
    tree,
    tree.entries.filter(
      (it) => !['compose', 'kubernetes', 'dockerfile'].includes(it.format) && !isVariable(it),
    ),
  );
  const services = [
    ...nameCompose(tree, tree.entries.filter(isOf('compose')), told),
    ...namePods(tree.entries.filter(isOf('kubernetes')), told),
  ];
  const claims = [...told, ...services];
  const inside = tree.entries
    .filter(isOf('dockerfile'))
    .map((it) => named(it, it.resource ?? '', it.name ?? MAIN, { skipped: INSIDE }));
  const all = [...claims, ...nameVariables(tree, variables, claims), ...inside];
  markTheSame(all);
  return all;
}

/** Of a file that sets variables, and says nothing of whose port they carry. */
function isVariable({ format, resource }: FoundEntry): boolean {
  return ['dotenv', 'mise', 'shell-defaults'].includes(format) && resource === undefined;
}

/** What the documents themselves say, or else the folders they are in. */
function byTheirOwnWords({ root, besideOf }: ReadTree, entries: FoundEntry[]): NamedEntry[] {
  const nameless = new Map<string, number>();
  const keyOf = ({ file, resource }: FoundEntry) => `${file} ${resource ?? ''}`;
  for (const it of entries)
    if (it.name === undefined && it.port !== undefined)
      nameless.set(keyOf(it), (nameless.get(keyOf(it)) ?? 0) + 1);
  const aroundOf = (folder: string) => besideOf(folder)?.resource ?? tellingFolders(folder)[0] ?? root;
  return entries.map((entry) => {
    const isPackage = entry.format === 'package-json';
    const around = entry.resource === undefined || isPackage ? aroundOf(folderOf(entry.file)) : '';
    const own = entry.resource ?? around;
    const resource = entry.format === 'service-json' ? own : asResource(own);
    const isAlone = (nameless.get(keyOf(entry)) ?? 0) <= 1;
    const name = entry.name ?? (isAlone || entry.port === undefined ? MAIN : `p${entry.port}`);
    const skipped = isTemplate(entry.resource) ? TEMPLATE : entry.side === 'container' ? INSIDE : undefined;
    return named(entry, resource, name, {
      knownAs: isPackage ? [around] : [],
      skipped,
    });
  });
}

/** The first one that speaks of a port claims it; later ones that mean the same thing tell it as well. */
function markTheSame(entries: NamedEntry[]): void {
  const known = new Map<PortKey, NamedEntry[]>();
  for (const it of entries) {
    if (it.port === undefined || it.skipped !== undefined || it.sameAs || it.wish === 'dynamic') continue;
    const key = portKey({ port: it.port, protocol: it.protocol });
    const before = known.get(key) ?? [];
    known.set(key, before);
    const same = before.find((other) => isTheSame(other, it));
    if (same) it.sameAs = same;
    else before.push(it);
  }
}

function isTheSame(before: NamedEntry, later: NamedEntry): boolean {
  const isOne = later.knownAs.includes(before.resource) || before.knownAs.includes(later.resource);
  // Two names for one number in a service.json are two claims of which one is wrong.
  if (isOne)
    return before.name === later.name || before.format !== 'service-json' || later.format !== 'service-json';
  if (before.format !== later.format && later.resource.startsWith(`${before.resource}-`)) return true;
  // `DB_PORT` beside a service `db` that has this number tells where that is.
  if (later.format !== 'dotenv' || later.variable === undefined) return false;
  const variable = later.variable.toLowerCase().replaceAll('_', '-');
  return (
    hasWords(variable, before.resource) || later.variable === environmentName(before.resource, before.name)
  );
}
