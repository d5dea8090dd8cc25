import { MAIN } from '../../../events/names.js';
import { isTemplate, TEMPLATE } from '../template.js';
import { nameCompose, namePods } from './name-services.js';
import { nameVariables } from './name-variables.js';
import { asResource, isNameless } from './names.js';
import { freeName, INSIDE, named } from './naming.js';
import { byStrength, settleRivals } from './rivals.js';
import { type FoundEntry, folderOf, type NamedEntry, type ReadTree } from './tree-entry.js';

/**
 * Gives every entry of a tree whose port it is and what it is called, and says which of them claim no port of their own. The answer
 * depends on the documents alone, not on where the tree stands: `import`, `ci` and `docs` all go by it.
 */
export function nameEntries(tree: ReadTree): NamedEntry[] {
  const isOf = (format: string) => (it: FoundEntry) => it.format === format;
  const variables = tree.entries.filter(({ says }) => says === 'variable');
  const told = byTheirOwnWords(
    tree,
    tree.entries.filter(
      ({ format, says }) => !['compose', 'kubernetes', 'dockerfile'].includes(format) && says !== 'variable',
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
  settleRivals(all);
  settleNames(all);
  return all;
}

/** What the documents themselves say, or else the folders they are in. */
function byTheirOwnWords({ besideOf, namesOf }: ReadTree, entries: FoundEntry[]): NamedEntry[] {
  const nameless = new Map<string, number>();
  const keyOf = ({ file, resource }: FoundEntry) => `${file} ${resource ?? ''}`;
  for (const it of entries)
    if (it.name === undefined && it.port !== undefined)
      nameless.set(keyOf(it), (nameless.get(keyOf(it)) ?? 0) + 1);
  const aroundOf = (folder: string) => besideOf(folder)?.resource ?? namesOf(folder)[0]!;
  return entries.map((entry) => {
    const isPackage = entry.format === 'package-json';
    const around = entry.resource === undefined || isPackage ? aroundOf(folderOf(entry.file)) : '';
    const own = isPackage && isNameless(entry.resource ?? '') ? around : (entry.resource ?? around);
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

/** Names that are left for one number each: alone it is `main`, and what is less telling than another one of that name yields. */
function settleNames(entries: NamedEntry[]): void {
  const claims = new Map<string, NamedEntry[]>();
  for (const it of entries) {
    if (it.port === undefined || it.side !== 'host' || it.skipped || it.elsewhere || it.sameAs || it.mention)
      continue;
    claims.set(it.resource, [...(claims.get(it.resource) ?? []), it]);
  }
  for (const own of claims.values()) {
    const [only] = own;
    if (own.length === 1 && only!.says === 'option') only!.name = MAIN;
    const taken = new Set<string>();
    for (const it of own.sort(byStrength)) {
      const isWeaker = it.says === 'option' || it.says === 'variable' || it.says === 'forward';
      const isContradiction = own.some(
        (one) =>
          one.name === it.name && (one.says === 'list' || (one !== it && one.variable === it.variable)),
      );
      if (isWeaker && !isContradiction && taken.has(it.name))
        it.name = freeName(taken, [`p${it.port}`, `p${it.port}-${it.protocol}`]);
      taken.add(it.name);
    }
  }
}
