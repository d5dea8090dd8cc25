import { constants } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import type { Files } from '../../src/world/index.js';

type Node = FileNode | FolderNode;

interface FileNode {
  kind: 'file';
  ino: number;
  mode: number;
  mtimeMs: number;
  links: number;
  bytes: Buffer;
}

interface FolderNode {
  kind: 'folder';
  ino: number;
  mode: number;
  mtimeMs: number;
  entries: Map<string, Node>;
}

/** What is asked before each call: it may stop the caller, or let others go first. */
export type BeforeCall = (name: string, path: string, writes: boolean) => void;

type Options = {
  flag?: string;
  mode?: number;
  recursive?: boolean;
  force?: boolean;
  throwIfNoEntry?: boolean;
};

/**
 * A file system in memory with what vports uses of one: hard links, exclusive creation, renames that replace, open files that
 * outlive their names. Who calls it is told to `before`, and each process has its own view of it.
 */
export class Disk {
  #inodes = 1;
  readonly #root: FolderNode;
  readonly #watchers = new Map<string, Set<(change: 'rename' | 'change') => void>>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
    this.#root = this.#folder(0o755);
  }

  watch(path: string, happened: (change: 'rename' | 'change') => void): () => void {
    if (!this.#find(path)) throw failure('ENOENT', 'watch', path);
    const all = this.#watchers.get(path) ?? new Set();
    this.#watchers.set(path, all.add(happened));
    return () => void all.delete(happened);
  }

  /** The same disk for one process. */
  seenBy(before: BeforeCall): Files {
    const open = new Map<number, { node: FileNode; at: number; path: string }>();
    let descriptors = 3;
    const reads = (name: string, path: string) => before(name, path, false);
    const writes = (name: string, path: string) => before(name, path, true);
    const opened = (descriptor: number) => {
      const it = open.get(descriptor);
      if (!it) throw failure('EBADF', 'read', String(descriptor));
      return it;
    };
    const fileOf = (place: unknown, syscall: string) =>
      typeof place === 'number' ? opened(place).node : this.#file(String(place), syscall);
    const openFile = (path: string, flags: string | number, mode = 0o666): number => {
      const text = typeof flags === 'number' ? textOf(flags) : flags;
      if (text.startsWith('r')) reads('open', path);
      else writes('open', path);
      const node = text.startsWith('r') ? this.#file(path, 'open') : this.#create(path, text, mode);
      open.set(++descriptors, { node, at: text === 'a' ? node.bytes.length : 0, path });
      return descriptors;
    };
    const write = (place: unknown, data: unknown, { flag = 'w', mode = 0o666 }: Options = {}) => {
      const bytes = toBytes(data);
      if (typeof place === 'number') {
        const it = opened(place);
        writes('write', it.path);
        it.node.bytes = Buffer.concat([
          it.node.bytes.subarray(0, it.at),
          bytes,
          it.node.bytes.subarray(it.at + bytes.length),
        ]);
        it.at += bytes.length;
        this.#touched(it.node, it.path);
        return;
      }
      const path = String(place);
      writes('open', path);
      const node = this.#create(path, flag, mode);
      // Between the two the file is there, and empty.
      writes('write', path);
      node.bytes = bytes;
      this.#touched(node, path);
    };
    const stat =
      (name: string) =>
      (path: unknown, options: Options = {}) => {
        reads(name, String(path));
        const node = this.#find(String(path));
        if (node) return statsOf(node);
        if (options.throwIfNoEntry === false) return undefined;
        throw failure('ENOENT', name, String(path));
      };
    const remove = (path: string, name: string) => {
      const { parent, base, node } = this.#place(path, name);
      if (!node) throw failure('ENOENT', name, path);
      if (node.kind === 'folder') throw failure('EISDIR', name, path);
      parent.entries.delete(base);
      node.links--;
      this.#happened(path, 'rename');
    };
    const files = {
      chmodSync: (path: string, mode: number) => {
        writes('chmod', path);
        const node = this.#find(path);
        if (!node) throw failure('ENOENT', 'chmod', path);
        node.mode = (node.mode & ~0o7777) | mode;
      },
      closeSync: (descriptor: number) => void open.delete(descriptor),
      copyFileSync: (from: string, to: string) => write(to, this.#file(from, 'copyfile').bytes),
      existsSync: (path: string) => {
        reads('access', path);
        return this.#find(path) !== undefined;
      },
      fstatSync: (descriptor: number) => statsOf(opened(descriptor).node),
      fsyncSync: (descriptor: number) => writes('fsync', open.get(descriptor)?.path ?? ''),
      linkSync: (from: string, to: string) => {
        writes('link', to);
        const node = this.#file(from, 'link');
        const { parent, base, node: old } = this.#place(to, 'link');
        if (old) throw failure('EEXIST', 'link', to);
        parent.entries.set(base, node);
        node.links++;
        this.#happened(from, 'change');
      },
      lstatSync: stat('lstat'),
      statSync: stat('stat'),
      mkdirSync: (path: string, { recursive = false, mode = 0o777 }: Options = {}) => {
        writes('mkdir', path);
        this.#makeFolder(path, recursive, mode);
      },
      mkdtempSync: (prefix: string) => {
        const path = `${prefix}${++this.#inodes}`;
        this.#makeFolder(path, false, 0o700);
        return path;
      },
      openSync: openFile,
      readFileSync: (place: unknown, options?: unknown) => {
        if (typeof place !== 'number') reads('open', String(place));
        const { bytes } = fileOf(place, 'open');
        const encoding =
          typeof options === 'string' ? options : (options as { encoding?: string } | undefined)?.encoding;
        return encoding ? bytes.toString(encoding as BufferEncoding) : Buffer.from(bytes);
      },
      readSync: (descriptor: number, into: Buffer, offset: number, length: number, at: number | null) => {
        const it = opened(descriptor);
        const start = at ?? it.at;
        const read = it.node.bytes.copy(into, offset, start, start + length);
        if (at === null) it.at += read;
        return read;
      },
      readdirSync: (path: string, options: { withFileTypes?: boolean; recursive?: boolean } = {}) => {
        reads('scandir', path);
        const folder = this.#find(path);
        if (!folder) throw failure('ENOENT', 'scandir', path);
        if (folder.kind !== 'folder') throw failure('ENOTDIR', 'scandir', path);
        return listed(folder, path, '', options);
      },
      readlinkSync: (path: string) => {
        throw failure('EINVAL', 'readlink', path);
      },
      realpathSync: (path: string) => {
        reads('realpath', path);
        if (!this.#find(path)) throw failure('ENOENT', 'realpath', path);
        return posix.resolve('/', path);
      },
      renameSync: (from: string, to: string) => {
        writes('rename', to);
        const source = this.#place(from, 'rename');
        const target = this.#place(to, 'rename');
        if (!source.node) throw failure('ENOENT', 'rename', from);
        if (target.node === source.node) return;
        if (target.node?.kind === 'folder' && target.node.entries.size > 0)
          throw failure('ENOTEMPTY', 'rename', to);
        source.parent.entries.delete(source.base);
        target.parent.entries.set(target.base, source.node);
        this.#happened(from, 'rename');
        this.#happened(to, 'rename');
      },
      rmSync: (path: string, { recursive = false, force = false }: Options = {}) => {
        writes('rm', path);
        const { parent, base, node } = this.#place(path, 'rm', force);
        if (!node) {
          if (force) return;
          throw failure('ENOENT', 'rm', path);
        }
        if (node.kind === 'folder' && !recursive) throw failure('EISDIR', 'rm', path);
        parent.entries.delete(base);
        this.#happened(path, 'rename');
      },
      rmdirSync: (path: string) => {
        writes('rmdir', path);
        const { parent, base, node } = this.#place(path, 'rmdir');
        if (node?.kind !== 'folder') throw failure(node ? 'ENOTDIR' : 'ENOENT', 'rmdir', path);
        if (node.entries.size > 0) throw failure('ENOTEMPTY', 'rmdir', path);
        parent.entries.delete(base);
      },
      symlinkSync: (_: string, path: string) => {
        throw failure('EPERM', 'symlink', path);
      },
      unlinkSync: (path: string) => {
        writes('unlink', path);
        remove(path, 'unlink');
      },
      writeFileSync: write,
      writeSync: (descriptor: number, data: Buffer, offset: number, length: number, at: number) => {
        const it = opened(descriptor);
        writes('write', it.path);
        const bytes = Buffer.alloc(Math.max(it.node.bytes.length, at + length));
        it.node.bytes.copy(bytes);
        data.copy(bytes, at, offset, offset + length);
        it.node.bytes = bytes;
        return length;
      },
    };
    return files as unknown as Files;
  }

  #folder(mode: number): FolderNode {
    return { kind: 'folder', ino: ++this.#inodes, mode, mtimeMs: this.#now(), entries: new Map() };
  }

  #find(path: string): Node | undefined {
    let at: Node = this.#root;
    for (const name of partsOf(path)) {
      if (at.kind !== 'folder') return undefined;
      const next = at.entries.get(name);
      if (!next) return undefined;
      at = next;
    }
    return at;
  }

  #file(path: string, syscall: string): FileNode {
    const node = this.#find(path);
    if (!node) throw failure(this.#isBehindAFile(path) ? 'ENOTDIR' : 'ENOENT', syscall, path);
    if (node.kind === 'folder') throw failure('EISDIR', syscall, path);
    return node;
  }

  #isBehindAFile(path: string): boolean {
    for (let at = dirname(path); at !== '/'; at = dirname(at))
      if (this.#find(at)?.kind === 'file') return true;
    return false;
  }

  #place(
    path: string,
    syscall: string,
    force = false,
  ): { parent: FolderNode; base: string; node: Node | undefined } {
    const parent = this.#find(dirname(path));
    const base = posix.basename(path);
    if (parent?.kind !== 'folder') {
      if (force) return { parent: this.#folder(0), base, node: undefined };
      throw failure(parent ? 'ENOTDIR' : 'ENOENT', syscall, path);
    }
    return { parent, base, node: parent.entries.get(base) };
  }

  #create(path: string, flags: string, mode: number): FileNode {
    const { parent, base, node } = this.#place(path, 'open');
    if (node?.kind === 'folder') throw failure('EISDIR', 'open', path);
    if (node && flags.includes('x')) throw failure('EEXIST', 'open', path);
    if (node) {
      if (flags.startsWith('w')) node.bytes = Buffer.alloc(0);
      return node;
    }
    const made: FileNode = {
      kind: 'file',
      ino: ++this.#inodes,
      mode,
      mtimeMs: this.#now(),
      links: 1,
      bytes: Buffer.alloc(0),
    };
    parent.entries.set(base, made);
    return made;
  }

  #makeFolder(path: string, recursive: boolean, mode: number): void {
    const found = this.#find(path);
    if (found) {
      if (recursive && found.kind === 'folder') return;
      throw failure('EEXIST', 'mkdir', path);
    }
    if (recursive && !this.#find(dirname(path))) this.#makeFolder(dirname(path), true, mode);
    const { parent, base } = this.#place(path, 'mkdir');
    parent.entries.set(base, this.#folder(mode));
  }

  #touched(node: FileNode, path: string): void {
    node.mtimeMs = this.#now();
    this.#happened(path, 'change');
  }

  #happened(path: string, change: 'rename' | 'change'): void {
    for (const it of [...(this.#watchers.get(path) ?? [])]) it(change);
    if (change === 'rename') this.#watchers.delete(path);
  }
}

/** Flags of open(2) as node's letters for them. */
function textOf(flags: number): string {
  if (flags & constants.O_APPEND) return 'a';
  return (flags & 3) === constants.O_RDONLY ? 'r' : 'r+';
}

function listed(
  folder: FolderNode,
  path: string,
  below: string,
  options: { withFileTypes?: boolean; recursive?: boolean },
): unknown[] {
  return [...folder.entries].flatMap(([name, node]) => {
    const own = options.withFileTypes
      ? {
          name,
          parentPath: path,
          isFile: () => node.kind === 'file',
          isDirectory: () => node.kind === 'folder',
          isSymbolicLink: () => false,
        }
      : join(below, name);
    const inside =
      options.recursive && node.kind === 'folder'
        ? listed(node, join(path, name), join(below, name), options)
        : [];
    return [own, ...inside];
  });
}

function statsOf(node: Node) {
  const isFile = node.kind === 'file';
  return {
    dev: 1,
    ino: node.ino,
    mode: node.mode,
    nlink: isFile ? node.links : 2,
    uid: 0,
    gid: 0,
    size: isFile ? node.bytes.length : 0,
    mtimeMs: node.mtimeMs,
    isFile: () => isFile,
    isDirectory: () => !isFile,
    isSymbolicLink: () => false,
  };
}

/** The same paths are asked for again and again. */
const PARTS = new Map<string, string[]>();

function partsOf(path: string): string[] {
  const known = PARTS.get(path);
  if (known) return known;
  if (PARTS.size > 50_000) PARTS.clear();
  const parts = splitPath(path);
  PARTS.set(path, parts);
  return parts;
}

function splitPath(path: string): string[] {
  const parts = path.split('/').filter(Boolean);
  return parts.includes('..') || parts.includes('.')
    ? posix.resolve('/', path).split('/').filter(Boolean)
    : parts;
}

function toBytes(data: unknown): Buffer {
  return typeof data === 'string' ? Buffer.from(data) : Buffer.from(data as Uint8Array);
}

/** As node tells what the system refuses. */
export function failure(code: string, syscall: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${syscall} '${path}'`), { code, syscall, path });
}
