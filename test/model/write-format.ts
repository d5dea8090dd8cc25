/**
 * A writer of format 1, written from docs/format.md alone: it takes no line of vports. What it writes, vports has to read and to go on
 * with.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { eventsAt, type FileEvent } from './read-format.js';

/** What a command says of an event; the rest follows from the log. */
export type Said = Pick<FileEvent, 'type' | 'protocol' | 'port' | 'resource' | 'name'> &
  Partial<Pick<FileEvent, 'range' | 'owner' | 'reason' | 'from' | 'to'>> & {
    exception?: string;
    lease?: object;
  };

const KEYS = [
  ...[
    'v',
    'id',
    'type',
    'protocol',
    'port',
    'version',
    'resource',
    'project',
    'local',
    'name',
    'range',
    'owner',
    'by',
    'at',
    'reason',
  ],
  ...['lease', 'exception', 'from', 'to', 'batch', 'prev'],
];
const BASE_32 = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
export const AUTHOR = { name: 'Barbara Liskov', email: 'barbara@example.com', host: 'mars' };

let lastTime = 0;
let lastRandom = 0n;

/** A ULID; those of one process ascend. */
function newUlid(time: number): string {
  lastRandom = time <= lastTime ? lastRandom + 1n : BigInt(`0x${randomBytes(9).toString('hex')}`);
  lastTime = Math.max(time, lastTime);
  const inBase32 = (value: bigint, length: number) =>
    Array.from({ length }, (_, at) => BASE_32[Number((value >> BigInt(5 * (length - 1 - at))) & 31n)]).join(
      '',
    );
  return inBase32(BigInt(lastTime), 10) + inBase32(lastRandom, 16);
}

function pathOf({ protocol, port, version }: { protocol: string; port: number; version: number }): string {
  const digits = String(port).padStart(5, '0');
  const file = `${String(version).padStart(4, '0')}.json`;
  return ['events', protocol, `${digits.slice(0, 2)}xxx`, `${digits.slice(0, 3)}xx`, digits, file].join('/');
}

export class FormatWriter {
  readonly #repository: string;

  private constructor(repository: string) {
    this.#repository = repository;
  }

  /** A new bare repository, with a policy and what keeps git from changing events. */
  static create(repository: string, policy: string): FormatWriter {
    execFileSync('git', ['init', '-q', '--bare', '-b', 'main', repository]);
    const writer = new FormatWriter(repository);
    writer.#commit('Begin', {
      'policy.json': policy,
      '.gitattributes': '* -text -filter -ident -working-tree-encoding merge\n',
    });
    return writer;
  }

  /** One command: one commit, in which all events have one time. Gives their ids. */
  append(said: Said[], now: number): string[] {
    const known = eventsAt(this.#repository, this.#git(['rev-parse', 'main']));
    const newestOf = ({ protocol, port }: Said) =>
      known
        .filter((it) => it.protocol === protocol && it.port === port)
        .reduce<FileEvent | undefined>(
          (newest, it) => (newest && newest.version > it.version ? newest : it),
          undefined,
        );
    const at = Math.max(now, ...said.map((it) => Date.parse(newestOf(it)?.at ?? '1970-01-01T00:00:00.000Z')));
    const ids = said.map(() => newUlid(at));
    const files: Record<string, string> = {};
    said.forEach((it, index) => {
      const newest = newestOf(it);
      const version = (newest?.version ?? 0) + 1;
      const event: Record<string, unknown> = {
        ...it,
        v: 1,
        id: ids[index],
        version,
        by: AUTHOR,
        at: new Date(at).toISOString(),
        ...(said.length > 1 && { batch: ids[0] }),
        prev: newest?.id ?? null,
      };
      const inOrder = Object.fromEntries(
        KEYS.flatMap((key) => (event[key] === undefined ? [] : [[key, event[key]]])),
      );
      files[pathOf({ ...it, version })] = `${JSON.stringify(inOrder, null, 2)}\n`;
    });
    this.#commit(`by hand\n\n${ids.map((id) => `Vports-Event: ${id}`).join('\n')}`, files, at);
    return ids;
  }

  #commit(message: string, files: Record<string, string>, at = Date.now()): void {
    const index = join(this.#repository, `index.${randomBytes(4).toString('hex')}`);
    const date = new Date(at).toISOString();
    const env = {
      ...process.env,
      GIT_INDEX_FILE: index,
      GIT_AUTHOR_NAME: AUTHOR.name,
      GIT_AUTHOR_EMAIL: AUTHOR.email,
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_NAME: AUTHOR.name,
      GIT_COMMITTER_EMAIL: AUTHOR.email,
      GIT_COMMITTER_DATE: date,
    };
    const head = this.#git(['for-each-ref', '--format=%(objectname)', 'refs/heads/main']);
    if (head) this.#git(['read-tree', head], { env });
    for (const [path, text] of Object.entries(files)) {
      const oid = this.#git(['hash-object', '-w', '--stdin'], { input: text });
      this.#git(['update-index', '--add', '--cacheinfo', `100644,${oid},${path}`], { env });
    }
    const tree = this.#git(['write-tree'], { env });
    const commit = this.#git(['commit-tree', tree, ...(head ? ['-p', head] : []), '-m', message], { env });
    this.#git(['update-ref', 'refs/heads/main', commit, head || '0'.repeat(40)]);
    rmSync(index);
  }

  #git(args: string[], options: { env?: NodeJS.ProcessEnv; input?: string } = {}): string {
    return execFileSync('git', ['-C', this.#repository, ...args], { encoding: 'utf8', ...options }).trim();
  }
}

/** Takes the writer lock for a process, as its text says. Gives what lets it go. */
export function takeWriterLock(gitdir: string, pid: number): () => void {
  const folder = join(gitdir, 'vports');
  mkdirSync(folder, { recursive: true });
  const nonce = Date.now().toString(16).padStart(11, '0') + randomBytes(7).toString('hex').slice(1);
  const [own, lock] = [join(folder, `writer.${nonce}`), join(folder, 'writer.lock')];
  const owner = {
    nonce,
    pid,
    started: readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')[19],
    boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    pidns: /\d+/.exec(readlinkSync('/proc/self/ns/pid'))![0],
    host: hostname(),
    since: new Date().toISOString(),
  };
  writeFileSync(own, JSON.stringify(owner));
  linkSync(own, lock);
  return () => {
    for (const it of [lock, own]) rmSync(it, { force: true });
  };
}
