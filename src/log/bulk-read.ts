import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cleanEnvironment, NO_PROGRAMS } from './git-program.js';
import { LARGEST_EVENT } from './objects.js';

/** A file below a tree, as git lists it. */
export interface ListedFile {
  mode: string;
  oid: string;
  /** From the tree on. */
  path: string;
}

/** All files below a tree, in git's order, by one `git ls-tree`; undefined where git fails. */
export async function listFiles(
  gitdir: string,
  tree: string,
  keep: (path: string) => boolean = () => true,
): Promise<ListedFile[] | undefined> {
  const files: ListedFile[] = [];
  const whole = await eachRecord(gitdir, ['ls-tree', '-r', '-z', '--full-tree', tree], (entry) => {
    // `100644 blob OID\tPATH`
    const tab = entry.indexOf('\t');
    const path = entry.slice(tab + 1);
    if (keep(path)) files.push({ mode: entry.slice(0, 6), oid: entry.slice(tab - 40, tab), path });
  });
  return whole ? files : undefined;
}

/** Each record that git prints, as it comes, without the zero byte at its end. False where git failed. */
export async function eachRecord(
  gitdir: string,
  args: string[],
  each: (record: string) => void,
): Promise<boolean> {
  const child = start(gitdir, args, 'ignore');
  let rest = '';
  child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
    const records = (rest + chunk).split('\0');
    rest = records.pop()!;
    records.forEach(each);
  });
  const [code] = await once(child, 'close').catch(() => [1]);
  if (rest !== '') each(rest);
  return code === 0;
}

/**
 * The texts of many event files, one after the other, by one `git cat-file`; undefined for one that is too large. Decoding goes
 * on while git reads. False where git failed, or did not have one of them.
 */
export async function readTexts(
  gitdir: string,
  oids: string[],
  each: (text: string | undefined, index: number) => void,
): Promise<boolean> {
  const child = start(gitdir, ['cat-file', '--batch', '--buffer'], 'pipe');
  child.stdin!.on('error', () => undefined);
  child.stdin!.end(`${oids.join('\n')}\n`);
  const answers = new BatchAnswers(each);
  let [failure, sound]: [unknown, boolean] = [undefined, true];
  child.stdout!.on('data', (chunk: Buffer) => {
    if (!sound || failure !== undefined) return;
    try {
      sound = answers.take(chunk);
    } catch (error) {
      failure = error;
      child.kill();
    }
  });
  const [code] = await once(child, 'close').catch(() => [1]);
  if (failure !== undefined) throw failure;
  return sound && code === 0 && answers.count === oids.length;
}

/** The output of `git cat-file --batch`, cut into answers: `OID TYPE SIZE\n`, the content, `\n`. */
class BatchAnswers {
  count = 0;
  readonly #each: (text: string | undefined, index: number) => void;
  #rest: Buffer = Buffer.alloc(0);
  /** Bytes of a content that nobody wants, still to come. */
  #passing = 0;

  constructor(each: (text: string | undefined, index: number) => void) {
    this.#each = each;
  }

  /** False where git does not have an object that was asked for. */
  take(chunk: Buffer): boolean {
    let at = Math.min(this.#passing, chunk.length);
    this.#passing -= at;
    const all = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk.subarray(at)]) : chunk;
    if (this.#rest.length > 0) at = 0;
    for (;;) {
      const line = all.indexOf(0x0a, at);
      if (line < 0) break;
      const size = Number(all.toString('latin1', all.lastIndexOf(0x20, line) + 1, line));
      if (Number.isNaN(size)) return false;
      const end = line + 1 + size;
      if (size > LARGEST_EVENT) {
        this.#each(undefined, this.count++);
        this.#passing = Math.max(0, end + 1 - all.length);
        at = Math.min(end + 1, all.length);
        continue;
      }
      if (all.length < end + 1) break;
      this.#each(all.toString('utf8', line + 1, end), this.count++);
      at = end + 1;
    }
    this.#rest = all.subarray(at);
    return true;
  }
}

function start(gitdir: string, args: string[], stdin: 'pipe' | 'ignore'): ChildProcess {
  return spawn('git', [...NO_PROGRAMS, ...args], {
    env: { ...cleanEnvironment(), GIT_DIR: gitdir },
    stdio: [stdin, 'pipe', 'ignore'],
  });
}
