import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import type { FsClient } from 'isomorphic-git';
import { allDone } from '../../all-done.js';
import { errno, VportsError } from '../../errors.js';
import { ignoreErrors } from '../../files/ignore-errors.js';
import { readRegularBytes } from '../../files/regular-file.js';
import { shellWord } from '../../files/shell-word.js';
import { refusalOf } from '../../system-error.js';
import { existsSync, readdirSync } from '../../world/files.js';
import { type Commit, encodeCommit, type ParsedCommit, parseCommit } from './commit.js';
import { wantsSignature } from './config.js';
import { deflated } from './deflate.js';
import { durableFs } from './durable-fs.js';
import { rmSync } from './guarded-files.js';
import type { NewObject, ObjectType } from './pack.js';
import type { Found } from './program/batch-answers.js';
import { CatFile } from './program/cat-file.js';
import { hasGit } from './program/git-program.js';
import { encodeTree, FILE, parseTree, TREE, type TreeEntry } from './tree.js';

/** Bytes; no event, policy or folder of a registry comes near. A larger object is meant to exhaust memory. */
const LARGEST = 8 * 2 ** 20;
/** Bytes; ten times the longest event of format 1. */
export const LARGEST_EVENT = 64 * 2 ** 10;

/** From this number of new objects on they are written as one pack: separate files take longer than all the rest. */
const WORTH_A_PACK = 200;

const TREES_KEPT = 2_000;

/** git knows it without storing it. */
const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/** The objects of one repository. isomorphic-git encodes them, node hashes and compresses. */
export class Objects {
  readonly #cache = {};
  #wrappedFs: object | undefined;
  readonly #trees = new Map<string, TreeEntry[]>();
  readonly #staged = new Map<string, NewObject>();
  readonly #written: string[] = [];
  readonly #packs: string[] = [];

  /** Null without git, and after close(). */
  #packed: CatFile | null | undefined;

  constructor(readonly commondir: string) {}

  /** The content of an object. Throws LOG_DAMAGED if it is missing, corrupt or far too large. */
  async read(oid: string): Promise<{ type: string; content: Buffer }> {
    const { type, content } = await this.#readUpTo(oid, LARGEST);
    if (content) return { type, content };
    throw this.#damaged(oid, `is a ${type} of more than ${LARGEST / 2 ** 20} MB`, undefined, true);
  }

  async readText(oid: string): Promise<string> {
    return (await this.read(oid)).content.toString('utf8');
  }

  async #readUpTo(oid: string, limit: number): Promise<Found> {
    const staged = this.#staged.get(oid);
    if (staged) return staged;
    if (oid === EMPTY_TREE) return { type: 'tree', content: Buffer.alloc(0) };
    const loose = this.#readLoose(oid, limit);
    return loose ?? (await this.#readPacked(oid, limit)) ?? this.#readByCodec(oid, limit);
  }

  /** Recent objects of other writers are loose: a write under contention reads dozens of them. */
  #readLoose(oid: string, limit: number): Found | undefined {
    const path = this.#loosePath(oid);
    if (!existsSync(path)) return undefined;
    let deflated: Buffer;
    try {
      deflated = readRegularBytes(path);
    } catch (cause) {
      // It was packed just now.
      if (errno(cause) === 'ENOENT') return undefined;
      throw refusalOf(cause, { path }) ?? this.#damaged(oid, 'is unreadable', cause);
    }
    return this.#inflate(oid, deflated, limit);
  }

  #loosePath(oid: string): string {
    return join(this.commondir, 'objects', oid.slice(0, 2), oid.slice(2));
  }

  /** Reads packs through git, if installed: isomorphic-git would load them whole. */
  async #readPacked(oid: string, limit: number): Promise<Found | undefined> {
    this.#packed ??= hasGit() ? CatFile.open(this.commondir) : null;
    return this.#packed?.read(oid, limit);
  }

  async #fs(): Promise<FsClient> {
    const { FileSystem } = await import('./codec.js');
    this.#wrappedFs ??= new FileSystem(durableFs(join(this.commondir, 'objects')));
    return this.#wrappedFs as FsClient;
  }

  async #readByCodec(oid: string, limit: number): Promise<Found> {
    const { readObject } = await import('./codec.js');
    const fs = await this.#fs();
    let found: Awaited<ReturnType<typeof readObject>>;
    try {
      found = await readObject({
        fs,
        gitdir: this.commondir,
        oid,
        format: 'deflated',
        cache: this.#cache,
      });
    } catch (cause) {
      throw refusalOf(cause) ?? this.#damaged(oid, 'is unreadable', cause);
    }
    if (found.format === 'deflated') return this.#inflate(oid, found.object as Uint8Array, limit);
    const content = Buffer.from(found.object as Uint8Array);
    return { type: found.type, content: content.length > limit ? undefined : content };
  }

  async readTree(oid: string): Promise<TreeEntry[]> {
    const known = this.#trees.get(oid);
    if (known) return known;
    const { type, content } = await this.read(oid);
    if (type !== 'tree') throw this.#damaged(oid, `is a ${type}, not a tree`);
    return this.#keepTree(oid, parseTree(content));
  }

  async readCommit(oid: string): Promise<ParsedCommit> {
    const { type, content } = await this.read(oid);
    if (type !== 'commit') throw this.#damaged(oid, `is a ${type}, not a commit`);
    const commit = parseCommit(content);
    if (!commit) throw this.#damaged(oid, 'is a commit without a tree');
    return commit;
  }

  /** Texts of event files by oid; undefined for one that is too large to be an event. */
  async readEvents(oids: string[]): Promise<Map<string, string | undefined>> {
    const found = await allDone(
      oids.map(async (oid) => {
        const { content } = await this.#readUpTo(oid, LARGEST_EVENT);
        return [oid, content?.toString('utf8')] as const;
      }),
    );
    return new Map(found);
  }

  /** The tree of a commit, or one below it. */
  async treeOf(commit: string, path = ''): Promise<string | undefined> {
    return this.treeAt((await this.readCommit(commit)).tree, path);
  }

  async treeAt(root: string, path: string): Promise<string | undefined> {
    return (await this.entryAt(root, path, TREE))?.oid;
  }

  async entryAt(root: string, path: string, mode: string): Promise<TreeEntry | undefined> {
    const found = await this.anyAt(root, path);
    return found?.mode === mode ? found : undefined;
  }

  async anyAt(root: string, path: string): Promise<TreeEntry | undefined> {
    const names = path.split('/').filter(Boolean);
    let at: TreeEntry = { mode: TREE, name: '', oid: root };
    for (const name of names) {
      if (at.mode !== TREE) return undefined;
      const next = (await this.readTree(at.oid)).find((entry) => entry.name === name);
      if (!next) return undefined;
      at = next;
    }
    return at;
  }

  stage(type: ObjectType, content: Buffer): string {
    const oid = objectName(type, content);
    this.#staged.set(oid, { type, content });
    return oid;
  }

  /** Stages a commit, signed if git would sign it. Throws CANNOT_WRITE if signing fails. */
  async stageCommit(commit: Commit, { sign = true }: { sign?: boolean | undefined } = {}): Promise<string> {
    if (!sign || !wantsSignature(this.commondir)) return this.stage('commit', encodeCommit(commit));
    const { signedCommit } = await import('./program/signatures.js');
    const needed = [commit.tree, ...commit.parents].filter((oid) => this.#staged.has(oid));
    const staged = new Map(needed.map((oid) => [oid, this.#staged.get(oid)!]));
    return this.stage('commit', await signedCommit(this.commondir, commit, staged));
  }

  /** Stages the trees with these files set or deleted. Returns the new root, and the previous oids by path. */
  async stageFiles(
    root: string | undefined,
    files: ReadonlyMap<string, string | undefined>,
  ): Promise<{ root: string; before: Map<string, string> }> {
    const before = new Map<string, string>();
    return { root: await this.#stageFolder('', root, foldersOf(files), before), before };
  }

  async #stageFolder(
    at: string,
    root: string | undefined,
    folder: NewFolder,
    before: Map<string, string>,
  ): Promise<string> {
    const entries = new Map(root ? (await this.readTree(root)).map((entry) => [entry.name, entry]) : []);
    for (const [name, inside] of folder) {
      const old = entries.get(name);
      if (inside === undefined) {
        if (old && old.mode !== TREE) before.set(at + name, old.oid);
        if (old?.mode !== TREE) entries.delete(name);
        continue;
      }
      if (typeof inside === 'string') {
        if (old?.mode === FILE) before.set(at + name, old.oid);
        entries.set(name, { mode: FILE, name, oid: inside });
        continue;
      }
      if (old && old.mode !== TREE) throw this.#damaged(old.oid, `is in place of the folder ${name}`);
      const oid = await this.#stageFolder(`${at}${name}/`, old?.oid, inside, before);
      if (oid === EMPTY_TREE) entries.delete(name);
      else entries.set(name, { mode: TREE, name, oid });
    }
    const list = [...entries.values()];
    const oid = this.stage('tree', encodeTree(list));
    this.#keepTree(oid, list);
    return oid;
  }

  async flush(): Promise<void> {
    if (this.#staged.size >= WORTH_A_PACK && hasGit()) {
      const pack = await (await import('./pack.js')).writePack(this.commondir, this.#staged.values());
      if (pack !== undefined) {
        this.#packs.push(pack);
        return this.#staged.clear();
      }
    }
    const { writeObject } = await import('./codec.js');
    const fs = await this.#fs();
    const staged = [...this.#staged];
    await allDone(
      staged.map(([oid, { type, content }]) => {
        const object = deflated(Buffer.concat([Buffer.from(`${type} ${content.length}\0`), content]));
        return writeObject({ fs, gitdir: this.commondir, format: 'deflated', oid, object });
      }),
    );
    for (const [oid] of staged) this.#written.push(this.#loosePath(oid));
    this.#staged.clear();
  }

  /** Whether everything flushed since the last letGo() still exists: a git that repacks or prunes keeps only what a ref reaches. */
  areThere(): boolean {
    return this.#written.every((it) => existsSync(it)) && this.#packs.every((it) => existsSync(`${it}.pack`));
  }

  /** Leaves flushed objects to git: a ref reaches them now, or never will. */
  letGo(): void {
    for (const pack of this.#packs) ignoreErrors(() => rmSync(`${pack}.keep`, { force: true }));
    this.#packs.length = 0;
    this.#written.length = 0;
  }

  discard(): void {
    this.#staged.clear();
    this.letGo();
  }

  /** Later reads work without git: what is under way when a command fails must not start one again. */
  close(): void {
    this.#packed?.close();
    this.#packed = null;
  }

  #inflate(oid: string, object: Uint8Array, limit: number): Found {
    let whole: Buffer;
    try {
      // The content has a header with type and size.
      whole = inflateSync(object, { maxOutputLength: limit + 64 });
    } catch (cause) {
      if (errno(cause) === 'ERR_BUFFER_TOO_LARGE') return { type: 'blob', content: undefined };
      throw this.#damaged(oid, 'is not valid zlib data', cause);
    }
    if (createHash('sha1').update(whole).digest('hex') !== oid)
      throw this.#damaged(oid, 'does not match its name');
    const content = whole.subarray(whole.indexOf(0) + 1);
    const type = whole.toString('latin1', 0, whole.indexOf(0x20));
    return { type, content: content.length > limit ? undefined : content };
  }

  #keepTree(oid: string, entries: TreeEntry[]): TreeEntry[] {
    if (this.#trees.size >= TREES_KEPT) this.#trees.delete(this.#trees.keys().next().value!);
    this.#trees.set(oid, entries);
    return entries;
  }

  /** vports never fetches implicitly, and does not let git do so. */
  #lacking(oid: string, cause: unknown): VportsError {
    return new VportsError(
      'UNSUPPORTED_REPOSITORY',
      `${this.commondir} is a partial clone without object ${oid}`,
      {
        hint: `\`git --git-dir=${shellWord(this.commondir)} fetch --refetch --no-filter\` fetches missing objects`,
        details: { oid, path: this.commondir },
        cause,
      },
    );
  }

  /** `lasting`: the object is intact, but unusable for vports. */
  #damaged(oid: string, what: string, cause?: unknown, lasting = false): VportsError {
    if (cause !== undefined && isPartial(this.commondir)) return this.#lacking(oid, cause);
    return new VportsError('LOG_DAMAGED', `object ${oid} of ${this.commondir} ${what}`, {
      hint: '`vports doctor` reports what refers to it; `vports doctor --fix` restores objects found elsewhere',
      details: { oid, path: this.commondir, lasting },
      cause,
    });
  }
}

/** For a promise that reads objects: `value` where one is intact, but unusable for vports. */
export function ifUnusable<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof VportsError && error.details.lasting === true) return value;
    throw error;
  };
}

/** Whether a clone lacks objects that git fetches on demand: git marks such packs. */
export function isPartial(commondir: string): boolean {
  const folder = join(commondir, 'objects/pack');
  return existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.promisor'));
}

/** New files by name, as the oids of their blobs, and nested folders. */
type NewFolder = Map<string, string | undefined | NewFolder>;

function foldersOf(files: ReadonlyMap<string, string | undefined>): NewFolder {
  const root: NewFolder = new Map();
  for (const [path, oid] of files) {
    const names = path.split('/');
    const file = names.pop()!;
    let at = root;
    for (const name of names) {
      const known = at.get(name);
      const folder: NewFolder = known instanceof Map ? known : new Map();
      at.set(name, folder);
      at = folder;
    }
    at.set(file, oid);
  }
  return root;
}

export function objectName(type: ObjectType, content: Buffer): string {
  return createHash('sha1').update(`${type} ${content.length}\0`).update(content).digest('hex');
}
