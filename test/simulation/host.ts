import { createHash } from 'node:crypto';
import { deflateSync, inflateSync } from 'node:zlib';
import { type Commit, encodeCommit, parseCommit } from '../../src/log/git/commit.js';
import { encodeTree, FILE, parseTree, TREE, type TreeEntry } from '../../src/log/git/tree.js';

/** The files of a commit by their paths, as the names of their blobs. */
export type Files = Map<string, string>;

/** What a push asks for: a branch to be moved to a commit, where it is at another one, or is not there. */
export interface Asked {
  ref: string;
  oid: string | undefined;
  /** Null where nothing is said of it: then it has to be an ancestor. */
  lease: string | undefined | null;
}

export type Answer = 'ok' | 'stale info' | 'non-fast-forward' | `cannot lock ref '${string}'`;

/** A git host: objects, branches that are compared and swapped, and the buttons of its pages. */
export class Host {
  readonly objects = new Map<string, Buffer>();
  readonly refs = new Map<string, string>();
  /** Called after each change of a branch. */
  onMoved: (ref: string, before: string | undefined, after: string | undefined) => void = () => undefined;
  /** A lock that a git of the host's has left, by the branch. */
  readonly locks = new Set<string>();
  readonly #files = new Map<string, Files>();

  receive({ ref, oid, lease }: Asked): Answer {
    const now = this.refs.get(ref);
    if (now === oid) return 'ok';
    if (this.locks.has(ref)) return `cannot lock ref '${ref}'`;
    for (const other of this.refs.keys())
      if (other.startsWith(`${ref}/`) || ref.startsWith(`${other}/`)) return `cannot lock ref '${ref}'`;
    if (lease !== null) {
      if (now !== lease) return 'stale info';
    } else if (now !== undefined && oid !== undefined && !this.isAncestor(now, oid))
      return 'non-fast-forward';
    this.move(ref, oid);
    return 'ok';
  }

  move(ref: string, oid: string | undefined): void {
    const before = this.refs.get(ref);
    if (before === oid) return;
    if (oid === undefined) this.refs.delete(ref);
    else this.refs.set(ref, oid);
    this.onMoved(ref, before, oid);
  }

  isAncestor(ancestor: string, of: string): boolean {
    const open = [of];
    const seen = new Set<string>();
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (at === ancestor) return true;
      if (seen.has(at)) continue;
      seen.add(at);
      open.push(...this.commit(at).parents);
    }
    return false;
  }

  commit(oid: string) {
    return parseCommit(this.#content(oid))!;
  }

  /** The objects that an object names. */
  referencesOf(oid: string): string[] {
    const { type, content } = this.#object(oid);
    if (type === 'tree') return parseTree(content).map((entry) => entry.oid);
    if (type !== 'commit') return [];
    const { tree, parents } = parseCommit(content)!;
    return [tree, ...parents];
  }

  text(oid: string): string {
    return this.#content(oid).toString('utf8');
  }

  /** All files of a commit. */
  filesOf(commit: string): Files {
    const known = this.#files.get(commit);
    if (known) return known;
    const found: Files = new Map();
    const walk = (tree: string, path: string) => {
      for (const { name, mode, oid } of parseTree(this.#content(tree))) {
        if (mode === TREE) walk(oid, `${path}${name}/`);
        else found.set(path + name, oid);
      }
    };
    walk(this.commit(commit).tree, '');
    this.#files.set(commit, found);
    return found;
  }

  put(type: string, content: Buffer): string {
    const whole = Buffer.concat([Buffer.from(`${type} ${content.length}\0`), content]);
    const oid = createHash('sha1').update(whole).digest('hex');
    this.objects.set(oid, deflateSync(whole, { level: 1 }));
    return oid;
  }

  putCommit(files: Files, commit: Omit<Commit, 'tree'>): string {
    return this.put('commit', encodeCommit({ ...commit, tree: this.#tree(files) }));
  }

  /** The files of both, where each path was changed by one of them only; undefined for a conflict. */
  merged(ours: string, theirs: string): Files | undefined {
    const base = this.#mergeBase(ours, theirs);
    const [before, here, there] = [
      base ? this.filesOf(base) : new Map(),
      this.filesOf(ours),
      this.filesOf(theirs),
    ];
    const result: Files = new Map();
    for (const path of new Set([...here.keys(), ...there.keys()])) {
      const [was, our, their] = [before.get(path), here.get(path), there.get(path)];
      if (our !== their && was !== our && was !== their) return undefined;
      const now = was === our ? their : our;
      if (now !== undefined) result.set(path, now);
    }
    return result;
  }

  /** Commits that one has and another has not, the oldest first, along first parents. */
  lineBeyond(head: string, base: string): string[] {
    const found: string[] = [];
    for (let at: string | undefined = head; at !== undefined && !this.isAncestor(at, base); ) {
      found.unshift(at);
      [at] = this.commit(at).parents;
    }
    return found;
  }

  #mergeBase(one: string, other: string): string | undefined {
    const seen = new Set<string>();
    for (let open = [one]; open.length > 0; ) {
      const next: string[] = [];
      for (const at of open) {
        if (seen.has(at)) continue;
        seen.add(at);
        if (this.isAncestor(at, other)) return at;
        next.push(...this.commit(at).parents);
      }
      open = next;
    }
    return undefined;
  }

  #content(oid: string): Buffer {
    return this.#object(oid).content;
  }

  #object(oid: string): { type: string; content: Buffer } {
    const found = this.objects.get(oid);
    if (!found) throw new Error(`the host has no ${oid}`);
    const whole = inflateSync(found);
    return {
      type: whole.toString('latin1', 0, whole.indexOf(0x20)),
      content: whole.subarray(whole.indexOf(0) + 1),
    };
  }

  #tree(files: Files): string {
    const folders = new Map<string, Files>();
    const entries: TreeEntry[] = [];
    for (const [path, oid] of files) {
      const slash = path.indexOf('/');
      if (slash < 0) entries.push({ mode: FILE, name: path, oid });
      else {
        const name = path.slice(0, slash);
        const inside = folders.get(name) ?? new Map();
        folders.set(name, inside.set(path.slice(slash + 1), oid));
      }
    }
    for (const [name, inside] of folders) entries.push({ mode: TREE, name, oid: this.#tree(inside) });
    return this.put('tree', encodeTree(entries));
  }
}
