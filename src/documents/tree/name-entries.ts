import { MAIN } from '../../../events/names.js';
import { grouped } from '../../grouped.js';
import { bareVariable, isOwnWord } from '../formats/variable-words.js';
import { isTemplate, TEMPLATE } from '../template.js';
import { nameCompose, namePods } from './name-services.js';
import { nameVariables } from './name-variables.js';
import { asResource, isNameless, portNameIn } from './names.js';
import { freeName, INSIDE, named } from './naming.js';
import { areNested, byStrength, isOwnClaim, settleRivals } from './rivals.js';
import { type FoundEntry, folderOf, type NamedEntry, placeOf, type ReadTree } from './tree-entry.js';

/**
 * Finds owner and name of each entry of a tree, and marks entries that claim no port of their own. The result depends on the documents
 * alone, wherever the tree is checked out; `import`, `ci` and `docs` all use it.
 */
export function nameEntries(tree: ReadTree): NamedEntry[] {
  const isOf = (format: string) => (it: FoundEntry) => it.format === format;
  const variables = tree.entries.filter(({ says }) => says === 'variable');
  const stated = byTheirOwnWords(
    tree,
    tree.entries.filter(
      ({ format, says }) => !['compose', 'kubernetes', 'dockerfile'].includes(format) && says !== 'variable',
    ),
  );
  const services = [
    ...nameCompose(tree, tree.entries.filter(isOf('compose')), stated),
    ...namePods(tree.entries.filter(isOf('kubernetes')), stated),
  ];
  const claims = [...stated, ...services];
  const inside = tree.entries
    .filter(isOf('dockerfile'))
    .map((it) => named(it, it.resource ?? '', it.name ?? MAIN, { skipped: INSIDE }));
  const all = [...claims, ...nameVariables(tree, variables, claims), ...inside];
  markInside(all, tree.hasDockerfile);
  settleRivals(all);
  settleNames(all);
  return all;
}

/** Names by the documents themselves, else by their folders. */
function byTheirOwnWords({ serviceFileOf, namesOf }: ReadTree, entries: FoundEntry[]): NamedEntry[] {
  const keyOf = ({ file, resource }: FoundEntry) => `${file} ${resource ?? ''}`;
  const unnamed = entries.filter(({ name, port }) => name === undefined && port !== undefined);
  const onTcp = new Set(
    unnamed.filter(({ protocol }) => protocol === 'tcp').map((it) => `${keyOf(it)} ${it.port}`),
  );
  const nameless = new Map(
    [...grouped(unnamed, keyOf)].map(([key, own]) => [key, new Set(own.map(({ port }) => port))]),
  );
  const aroundOf = (folder: string) => serviceFileOf(folder)?.resource ?? namesOf(folder)[0]!;
  return entries.map((entry) => {
    const isPackage = entry.format === 'package-json';
    const around = entry.resource === undefined || isPackage ? aroundOf(folderOf(entry.file)) : '';
    const said = saidOf(entry, namesOf(folderOf(entry.file)));
    const own = isPackage && isNameless(said.resource ?? '') ? around : (said.resource ?? around);
    const resource = entry.format === 'service-json' ? own : asResource(own);
    const isAlone = (nameless.get(keyOf(entry))?.size ?? 0) <= 1;
    const isPair = entry.protocol === 'udp' && onTcp.has(`${keyOf(entry)} ${entry.port}`);
    const plain = isAlone || entry.port === undefined ? MAIN : `p${entry.port}`;
    const name = said.name ?? (isPair ? `${plain}-udp` : plain);
    const skipped = isTemplate(entry.resource) ? TEMPLATE : entry.side === 'container' ? INSIDE : undefined;
    return named(entry, resource, name, {
      knownAs: isPackage ? [around] : [],
      skipped,
    });
  });
}

/** The owner by the document itself: at the root of an unnamed tree, each process is a service of its own. */
function saidOf(entry: FoundEntry, names: readonly string[]): Pick<FoundEntry, 'resource' | 'name'> {
  if (entry.format === 'ansible') return roleOf(entry, names);
  return entry.format === 'procfile' && names.length === 1 ? { resource: entry.name } : entry;
}

/** `grafana_http_port` in the role grafana is its `http`; elsewhere the variable itself names the owner. */
function roleOf(entry: FoundEntry, names: readonly string[]): Pick<FoundEntry, 'resource' | 'name'> {
  const variable = (entry.variable ?? '').replace(/_port_(\w+)$/, '_$1_port');
  const bare = bareVariable(variable);
  const plain = bare.replaceAll('_', '-');
  const role = names.find((it) => plain === it || plain.startsWith(`${it}-`));
  const name = role === undefined ? '' : portNameIn(variable, [role]);
  if (role !== undefined) return { resource: role, name: name || MAIN };
  return isOwnWord(bare) ? { name: bare || MAIN } : { resource: plain, name: MAIN };
}

/** Marks the ports of a server that is known to run inside a container of the same folder. */
function markInside(entries: NamedEntry[], isImage: ReadTree['hasDockerfile']): void {
  const inside = entries.filter(({ format }) => format === 'compose' || format === 'dockerfile');
  for (const it of entries) {
    if (!['nginx', 'apache', 'haproxy', 'traefik', 'caddyfile', 'puma'].includes(it.format)) continue;
    const isExposed = inside.some(
      (one) =>
        areNested(folderOf(one.file), folderOf(it.file)) &&
        (one.side === 'container' ? one.port === it.port : one.inside === it.port && one.port !== it.port),
    );
    if (isExposed || isImage(folderOf(it.file))) it.skipped = INSIDE;
  }
}

/** `vite` for vite.config.ts, `spring` for its properties: distinguishes otherwise unnamed ports of a program. */
function kindOf({ name, says, format, file }: NamedEntry): string | undefined {
  if (says !== 'option' || name !== MAIN) return undefined;
  return format === 'web-config' ? /[^/.]+(?=[^/]*$)/.exec(file)?.[0] : format;
}

/** Leaves one number per name: a single port becomes `main`, and of two with one name the weaker claim yields. */
function settleNames(entries: NamedEntry[]): void {
  const claims = entries.filter((it) => it.port !== undefined && isOwnClaim(it));
  for (const own of grouped(claims, ({ resource }) => resource).values()) {
    const [only] = own;
    if (own.length === 1 && only!.says === 'option') only!.name = MAIN;
    const taken = new Set<string>();
    for (const it of own.sort((a, b) => byStrength(a, b) || a.file.length - b.file.length)) {
      const isWeaker =
        it.says === 'option' ||
        it.says === 'variable' ||
        it.says === 'forward' ||
        (it.says === 'publisher' && own.some((one) => one.name === it.name && one.format !== it.format));
      const isContradiction = own.some(
        (one) =>
          one.name === it.name &&
          (one.says === 'list' || (it.variable !== undefined && one !== it && one.variable === it.variable)),
      );
      const before = own.find((one) => one !== it && one.name === it.name && byStrength(one, it) < 0);
      if (it.says === 'forward' && before) it.skipped = `${placeOf(before)} sets it to ${before.port}`;
      else if (isWeaker && !isContradiction && taken.has(it.name))
        it.name = freeName(taken, [kindOf(it), `p${it.port}`, `p${it.port}-${it.protocol}`]);
      taken.add(it.name);
    }
  }
}
