import { posix } from 'node:path';
import { MAIN } from '../../../events/names.js';
import { grouped } from '../../grouped.js';
import { bareVariable, isOfServer, isOwnWord } from '../formats/variable-words.js';
import { hasWords, portNameIn } from './names.js';
import { freeName, INSIDE, named } from './naming.js';
import { type FoundEntry, folderOf, type NamedEntry, placeOf, type ReadTree } from './tree-entry.js';

/**
 * Variables of environment files. One that compose publishes, or that service.json names, is that one's port; others belong to
 * the folder, except addresses of other servers.
 */
export function nameVariables(tree: ReadTree, entries: FoundEntry[], claims: NamedEntry[]): NamedEntry[] {
  const inFolder = ({ file }: FoundEntry) => folderOf(file);
  const composed = claims.filter(({ format }) => format === 'compose');
  const services = grouped(composed, inFolder);
  return [...grouped(entries, inFolder)].flatMap(([folder, own]) =>
    own.sort(byRank).map(namingIn(tree, folder, services.get(folder) ?? [])),
  );
}

/** Names the variables of one folder, of which each file may be another version. `here`: what its compose files say. */
function namingIn(tree: ReadTree, folder: string, here: NamedEntry[]): (entry: FoundEntry) => NamedEntry {
  const names = tree.namesOf(folder);
  const serviceFile = tree.serviceFileOf(folder);
  const resource = serviceFile?.resource ?? names[0]!;
  const words = [resource, ...names.slice(0, 2)];
  const first = new Map<string, NamedEntry>();
  const taken = new Set<string>();

  return (entry) => {
    const variable = entry.variable!;
    const before = first.get(variable);
    if (before) return anotherVersion(before, entry);
    const found = firstOf(entry, variable);
    first.set(variable, found);
    return found;
  };

  function firstOf(entry: FoundEntry, variable: string): NamedEntry {
    const declared = serviceFile?.variables.get(variable);
    if (declared !== undefined) return named(entry, serviceFile!.resource, declared);
    const published = here.find(
      (it) =>
        it.side === 'host' && !it.mention && [it.variable, ...(it.otherVariables ?? [])].includes(variable),
    );
    if (published) {
      const same = named({ ...entry, protocol: published.protocol }, published.resource, published.name, {
        knownAs: published.knownAs,
      });
      if (published.port === entry.port) return { ...same, sameAs: published.sameAs ?? published };
      return { ...same, skipped: `${placeOf(published)} sets it to ${published.port ?? 'no number'}` };
    }
    const skipped = insideOnly(entry) ?? whyElsewhere(entry, variable);
    const name = freeName(taken, [portNameIn(variable, words) || MAIN, `p${entry.port ?? ''}`]);
    if (skipped === undefined) taken.add(name);
    return named(entry, resource, name, { skipped });
  }

  /** Handed to a container by its service, which publishes another number. */
  function insideOnly({ file, port }: FoundEntry): string | undefined {
    const users = here.filter(({ environmentFiles = [] }) =>
      environmentFiles.some((it) => posix.join(folder, it) === file),
    );
    const isPublished = users.some((it) => it.side === 'host' && it.port === port);
    return users.length > 0 && !isPublished ? INSIDE : undefined;
  }

  /** Why a variable is not a port of this folder; undefined if it is. */
  function whyElsewhere({ address, port }: FoundEntry, variable: string): string | undefined {
    const bare = bareVariable(variable);
    const plain = bare.replaceAll('_', '-');
    if (bare === '' || words.includes(plain)) return undefined;
    if (address) return `address of a remote server, see ${address}`;
    if (words.some((it) => hasWords(plain, it))) return undefined;
    const isService = ({ side, port: number, knownAs }: NamedEntry) =>
      side === 'host' && number === port && knownAs.some((it) => hasWords(plain, it));
    if (here.some(isService)) return undefined;
    if (here.some((it) => it.variable === variable)) return 'inside a container';
    if (here.length > 0 && !isOwnWord(bare)) return 'not a port of any service here';
    return isOfServer(bare) ? 'address of a remote server' : undefined;
  }
}

function anotherVersion(before: NamedEntry, entry: FoundEntry): NamedEntry {
  const same = named({ ...entry, protocol: before.protocol }, before.resource, before.name, {
    knownAs: before.knownAs,
    skipped: before.skipped,
  });
  if (before.skipped !== undefined) return same;
  if (before.port === entry.port) return { ...same, sameAs: before.sameAs ?? before };
  return {
    ...same,
    skipped: `another version of ${placeOf(before)}, which has ${before.port ?? before.wish}`,
  };
}

/** `.env` first, then what is handed out in its place, then the others by name. */
function byRank(a: FoundEntry, b: FoundEntry): number {
  return rankOf(a.file) - rankOf(b.file) || (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1);
}

export function rankOf(file: string): number {
  const name = file.slice(file.lastIndexOf('/') + 1);
  if (name === '.env') return 0;
  return /example|sample|dist|template|default/i.test(name) ? 1 : 2;
}
