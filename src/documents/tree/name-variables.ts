import { MAIN } from '../../../events/names.js';
import { bareVariable, hasWords, portNameIn, tellingFolders } from './names.js';
import { freeName, named } from './naming.js';
import { type FoundEntry, folderOf, type NamedEntry, placeOf, type ReadTree } from './tree-entry.js';

/** What is looked for elsewhere by those who set such variables: they are clients of it. */
const SERVERS =
  /^(smtp|mail|mailer|imap|pop3?|db|database|postgres(ql)?|pg|mysql|mariadb|mongo(db)?|redis|cache|rabbitmq|rabbit|amqp|kafka|broker|elastic(search)?|opensearch|es|ldap|ad|memcached|mqtt|nats|s3|minio|clickhouse|cassandra|influx(db)?|consul|vault|etcd|zookeeper|statsd|graphite|syslog|graylog|logstash|loki|proxy|https?_proxy|ssh|sftp|ftp)(_|$)/;
/** What says of a prefix that it is reached over a network. */
const ADDRESSES = ['HOST', 'HOSTNAME', 'SERVER', 'ADDR', 'ADDRESS', 'URL', 'URI', 'ENDPOINT', 'IP'];
/** A program's own port, whatever the program is. */
const OWN =
  /^(app|http|https|server|listen|web|api|dev|ui|frontend|backend|admin|metrics|ws|websocket|grpc|debug)?$/;

/**
 * Variables of environment files. One that compose publishes, or that service.json names, is that one's port; others are of the
 * folder, unless they tell where something else is.
 */
export function nameVariables(tree: ReadTree, entries: FoundEntry[], claims: NamedEntry[]): NamedEntry[] {
  const byFolder = new Map<string, FoundEntry[]>();
  for (const it of entries) byFolder.set(folderOf(it.file), [...(byFolder.get(folderOf(it.file)) ?? []), it]);
  const services = new Map<string, NamedEntry[]>();
  for (const it of claims)
    if (it.format === 'compose')
      services.set(folderOf(it.file), [...(services.get(folderOf(it.file)) ?? []), it]);
  return [...byFolder].flatMap(([folder, own]) => {
    const naming = new FolderVariables(tree, folder, services.get(folder) ?? []);
    return [...own].sort(byRank).map((it) => naming.name(it));
  });
}

/** The variables of one folder, of which each file may be another version. */
class FolderVariables {
  readonly #tree: ReadTree;
  readonly #folder: string;
  readonly #resource: string;
  readonly #words: string[];
  readonly #here: NamedEntry[];
  readonly #first = new Map<string, NamedEntry>();
  readonly #taken = new Set<string>();

  /** `here`: what the compose files of the folder say. */
  constructor(tree: ReadTree, folder: string, here: NamedEntry[]) {
    this.#tree = tree;
    this.#folder = folder;
    const folders = tellingFolders(folder);
    this.#resource = tree.besideOf(folder)?.resource ?? folders[0] ?? tree.root;
    this.#words = [this.#resource, ...folders.slice(0, 1)];
    this.#here = here;
  }

  name(entry: FoundEntry): NamedEntry {
    const variable = entry.variable!;
    const before = this.#first.get(variable);
    if (before) return anotherVersion(before, entry);
    const found = this.#firstOf(entry, variable);
    this.#first.set(variable, found);
    return found;
  }

  #firstOf(entry: FoundEntry, variable: string): NamedEntry {
    const beside = this.#tree.besideOf(this.#folder);
    const declared = beside?.variables.get(variable);
    if (declared !== undefined) return named(entry, beside!.resource, declared);
    const published = this.#here.find(
      (it) =>
        it.side === 'host' && !it.mention && [it.variable, ...(it.otherVariables ?? [])].includes(variable),
    );
    if (published) {
      const same = named({ ...entry, protocol: published.protocol }, published.resource, published.name, {
        knownAs: published.knownAs,
      });
      if (published.port === entry.port) return { ...same, sameAs: published.sameAs ?? published };
      return { ...same, skipped: `${placeOf(published)} has ${published.port ?? 'no number'} for it` };
    }
    const skipped = this.#whyElsewhere(variable);
    const name = freeName(this.#taken, [portNameIn(variable, this.#words) || MAIN, `p${entry.port ?? ''}`]);
    if (skipped === undefined) this.#taken.add(name);
    return named(entry, this.#resource, name, { skipped });
  }

  /** Why a variable tells no port of this folder's; undefined where it does. */
  #whyElsewhere(variable: string): string | undefined {
    const bare = bareVariable(variable);
    const isOwn = bare === '' || this.#words.some((it) => hasWords(bare.replaceAll('_', '-'), it));
    if (isOwn) return undefined;
    const set = this.#tree.environmentOf(this.#folder);
    const address = ADDRESSES.map((it) => `${bare.toUpperCase()}_${it}`).find((it) => set?.has(it));
    if (address) return `it tells where something else is, as ${address} does`;
    if (this.#here.some((it) => it.variable === variable)) return 'it is inside a container';
    if (this.#here.length > 0 && !OWN.test(bare))
      return 'compose publishes it nowhere, and it is of no service here';
    return SERVERS.test(bare) ? 'it tells where a server is that this is a client of' : undefined;
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
