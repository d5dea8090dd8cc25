import { posix } from 'node:path';
import { MAIN } from '../../../events/names.js';
import { grouped } from '../../grouped.js';
import { compareVariants, isDefaultOverride } from '../formats/compose/compose-files.js';
import { isTemplate, TEMPLATE } from '../template.js';
import { asResource, isNameless, meaningfulFolders, portNameIn, qualified } from './names.js';
import { freeName, INSIDE, named } from './naming.js';
import {
  type FoundEntry,
  folderOf,
  type NamedEntry,
  placeOf,
  type ReadTree,
  type ServiceFile,
} from './tree-entry.js';

/** The entries of one service of one project, in the order of its files. */
interface Service {
  project: string;
  /** Candidate names, best first. */
  names: string[];
  /** Possible prefixes of its variables. */
  words: string[];
  serviceFile: ServiceFile | undefined;
  entries: FoundEntry[];
}

/** Services of compose files: the files of one folder are variants of one project. */
export function nameCompose(tree: ReadTree, entries: FoundEntry[], named: NamedEntry[]): NamedEntry[] {
  const services = [...grouped(entries, ({ file }) => folderOf(file))].flatMap(([folder, own]) => {
    const serviceFile = tree.serviceFileOf(folder);
    const folders = meaningfulFolders(folder);
    const builders = builtBy(own);
    const around = serviceFile?.resource ?? folders[0];
    const byFile = [...own].sort((a, b) => compareVariants(nameOf(a.file), nameOf(b.file)));
    const byService = grouped(
      byFile.map((it) => withNumberOfEnvironment(tree, folder, it)),
      ({ resource = '' }) => resource,
    );
    const publishing = [...byService.values()].filter((all) => all.some(isPublished)).length;
    return [...byService].map(([key, all]): Service => {
      const service = asResource(key);
      const inFolder = around === undefined ? service : qualified(around, service);
      const isAlone = publishing <= 1 && all.some(isPublished);
      const isItsOwn =
        serviceFile !== undefined && (service === around || (isAlone && isOf(serviceFile, all)));
      const first =
        packageOf(tree, folder, all, builders) ??
        (isItsOwn ? serviceFile.resource : isAlone || !isNameless(service) ? undefined : around) ??
        (isAlone ? service : inFolder);
      const above = folders.slice(serviceFile ? 0 : 1).map((it) => qualified(it, inFolder));
      const names = [...new Set([first, inFolder, ...above.slice(0, 2), service])];
      return { project: folder, names, words: [...names, service, around ?? ''], serviceFile, entries: all };
    });
  });
  return nameServices(services, named);
}

/** Whether the service.json of a folder describes what a service publishes. */
function isOf({ ports, variables }: ServiceFile, entries: FoundEntry[]): boolean {
  const numbers = entries.filter(isPublished);
  return numbers.some(
    ({ port, variable }) => ports.has(port ?? 0) || (variable !== undefined && variables.has(variable)),
  );
}

/** Services that publish ports, by their build context. */
function builtBy(entries: FoundEntry[]): Map<string, Set<string>> {
  const builders = new Map<string, Set<string>>();
  for (const { builds, resource = '' } of entries.filter(isPublished))
    if (builds !== undefined) builders.set(builds, (builders.get(builds) ?? new Set()).add(resource));
  return builders;
}

/** The package that only this service is built of, if it has the same number or a name that says more than `app`. */
function packageOf(
  tree: ReadTree,
  folder: string,
  entries: FoundEntry[],
  builders: ReadonlyMap<string, ReadonlySet<string>>,
): string | undefined {
  const [{ builds, scope, resource = '' } = {}] = entries.filter(isPublished);
  const isOnly = builds !== undefined && builders.get(builds)!.size === 1;
  const at = isOnly ? posix.join(folder, builds) : folder;
  const name = isOnly && !at.startsWith('..') ? tree.packageOf(at === '.' ? '' : at) : undefined;
  const file = posix.join(at, 'package.json');
  const isTold = () =>
    tree.entries.some(
      (it) => it.file === file && entries.some(({ port }) => port !== undefined && port === it.port),
    );
  if (name !== undefined && (isNameless(resource) || isTold())) return name;
  const project = scope === undefined ? undefined : asResource(scope);
  return isNameless(resource) ? project : undefined;
}

/** Services and pods of Kubernetes: a namespace is a project; without one, the folder is. */
export function namePods(entries: FoundEntry[], named: NamedEntry[]): NamedEntry[] {
  const scopeOf = (it: FoundEntry) => it.scope ?? meaningfulFolders(folderOf(it.file))[0] ?? '';
  const services = [...grouped(entries, (it) => `${scopeOf(it)} ${it.resource ?? ''}`).values()].map(
    (own): Service => {
      const [first] = own as [FoundEntry];
      const scope = asResource(scopeOf(first));
      const name = asResource(first.resource ?? (scope || 'service'));
      const names = scope === '' ? [name] : [...new Set([name, qualified(scope, name)])];
      return { project: `k8s ${scope}`, names, words: names, serviceFile: undefined, entries: own };
    },
  );
  return nameServices(services, named);
}

function nameServices(services: Service[], named: NamedEntry[]): NamedEntry[] {
  const chosen = choose(services, named);
  return services.flatMap((it) => nameOne(it, chosen.get(it)!));
}

/**
 * Names each service with the first candidate that no service of another project has; a name that other documents use fits only if they
 * share one of its numbers.
 */
function choose(services: Service[], named: NamedEntry[]): Map<Service, string> {
  const numbers = new Map<string, Set<number>>();
  for (const { resource, port, skipped } of named)
    if (port !== undefined && skipped === undefined)
      numbers.set(resource, (numbers.get(resource) ?? new Set()).add(port));
  const at = new Map(services.map((it) => [it, 0]));
  const nameOf = (it: Service) => it.names[at.get(it)!]!;
  for (let round = 0; round < 4; round++) {
    const projects = new Map<string, Set<string>>();
    for (const it of services.filter((one) => one.entries.some(isPublished)))
      projects.set(nameOf(it), (projects.get(nameOf(it)) ?? new Set()).add(it.project));
    const clashing = services.filter((it) => {
      const theirs = numbers.get(nameOf(it));
      const isTheirs =
        it.serviceFile?.resource === nameOf(it) || it.entries.some(({ port }) => theirs?.has(port ?? 0));
      return (projects.get(nameOf(it))?.size ?? 0) > 1 || (theirs !== undefined && !isTheirs);
    });
    const movable = clashing.filter((it) => at.get(it)! < it.names.length - 1);
    if (movable.length === 0) break;
    for (const it of movable) at.set(it, at.get(it)! + 1);
  }
  return new Map(services.map((it) => [it, nameOf(it)]));
}

/** Names for the ports of a service; `main` is the only one, or of several the only one on tcp. */
function nameOne({ names, words, serviceFile, entries }: Service, resource: string): NamedEntry[] {
  const { own, others } = variantsAmong(entries.filter(isPublished), entries);
  const taken = new Set<string>();
  const given = new Map<FoundEntry, NamedEntry>();
  const onTcp = new Set(
    own.filter(({ protocol }) => protocol === 'tcp').map(({ port, wish }) => port ?? wish),
  );
  const isPlain =
    own.length === 1 || (onTcp.size === 1 && own.length > 1 && own.some((it) => it.protocol === 'udp'));
  for (const it of [...own].sort((a, b) => Number(a.protocol === 'udp') - Number(b.protocol === 'udp'))) {
    const declared = it.variable && serviceFile?.variables.get(it.variable);
    const pair = it.protocol === 'udp' ? pairOf(it, own, given) : undefined;
    const spoken = it.name ?? (it.variable && spokenName(it.variable, [...words, resource]));
    const name = freeName(taken, [
      declared,
      pair && `${pair}-udp`,
      isPlain && (own.length === 1 || it.protocol === 'tcp') && !it.name ? MAIN : undefined,
      spoken,
      `p${it.port ?? it.inside ?? ''}`,
      `p${it.port ?? it.inside ?? ''}-${it.protocol}`,
    ]);
    taken.add(name);
    const owner = declared ? serviceFile!.resource : resource;
    given.set(
      it,
      named(it, owner, name, { knownAs: names, skipped: isTemplate(it.resource) ? TEMPLATE : undefined }),
    );
  }
  return entries.map((it) => {
    const before = others.get(it);
    const claim = before && given.get(before);
    if (claim) return variantOf(claim, it);
    if (before)
      return named(it, resource, MAIN, { knownAs: names, skipped: `removed by ${placeOf(before)}` });
    return given.get(it) ?? named(it, resource, it.name ?? MAIN, { knownAs: names, skipped: INSIDE });
  });
}

/**
 * The ports of a service, without those that variants of its file replace. Files that compose reads by default add ports, except with
 * `!override` (docs.docker.com/reference/compose-file/merge).
 */
function variantsAmong(
  published: FoundEntry[],
  entries: FoundEntry[],
): { own: FoundEntry[]; others: Map<FoundEntry, FoundEntry> } {
  const override = entries.find((it) => it.replaces && isDefaultOverride(nameOf(it.file)));
  const counted = override
    ? [...published].sort((a, b) => Number(b.file === override.file) - Number(a.file === override.file))
    : published;
  const first = new Map<string, FoundEntry>();
  const own: FoundEntry[] = [];
  const others = new Map<FoundEntry, FoundEntry>();
  for (const it of counted) {
    const before = first.get(sideOf(it));
    const adds = isDefaultOverride(nameOf(it.file)) && !it.replaces && before?.port !== it.port;
    // Another file of the project that publishes the same inside port is a variant of the first one.
    if (override && it.file !== override.file) others.set(it, before ?? override);
    else if (
      before &&
      (before.file !== it.file || (it.port !== undefined && before.port === it.port)) &&
      !adds
    )
      others.set(it, before);
    else {
      if (!before) first.set(sideOf(it), it);
      own.push(it);
    }
  }
  return { own, others };
}

function variantOf(claim: NamedEntry, it: FoundEntry): NamedEntry {
  const same = named(it, claim.resource, claim.name, { knownAs: claim.knownAs });
  if (it.port === claim.port) return { ...same, sameAs: claim };
  const number = claim.port ?? claim.wish ?? 'another one';
  return { ...same, skipped: `another variant of ${placeOf(claim)}, which has ${number}` };
}

/** The name of the tcp port with the same number, which the one on udp shares. */
function pairOf(
  it: FoundEntry,
  own: FoundEntry[],
  given: ReadonlyMap<FoundEntry, NamedEntry>,
): string | undefined {
  const other = own.find((one) => one.protocol === 'tcp' && one.port !== undefined && one.port === it.port);
  return other && given.get(other)?.name;
}

/** Takes the number that the folder's environment file sets for the variable, as compose does. */
function withNumberOfEnvironment({ environmentOf }: ReadTree, folder: string, it: FoundEntry): FoundEntry {
  if (it.variable === undefined || it.side !== 'host') return it;
  const set = environmentOf(folder);
  const variable = [it.variable, ...(it.otherVariables ?? [])].find(
    (one) => one !== undefined && set?.has(one),
  );
  if (variable === undefined) return it;
  const { value, offset, file } = set!.get(variable)!;
  const digits = /^["']?(\d{1,5})["']?$/.exec(value)?.[1];
  const port = Number(digits);
  if (digits === undefined || port < 1 || port > 65_535) return it;
  const { wish: _, fallback: __, ...rest } = it;
  // The fallback in the compose file does not count: the number is changed where it is set.
  const place = { offset: offset + value.indexOf(digits), length: digits.length };
  return { ...rest, variable, port, digits: place, setIn: file, unused: it.port };
}

function isPublished({ side, mention }: FoundEntry): boolean {
  return side === 'host' && !mention;
}

function sideOf({ inside, port, wish, protocol, name }: FoundEntry): string {
  return `${name ?? inside ?? `=${port ?? wish}`}/${protocol}`;
}

function nameOf(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}

/** `http` of `QUESTDB_HTTP_PORT`; main if it only repeats the service. */
function spokenName(variable: string, words: string[]): string {
  return portNameIn(variable, words.filter(Boolean)) || MAIN;
}
