import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { LARGEST_EVENT } from '../objects.js';
import { BatchAnswers } from './batch-answers.js';
import { startReadingGit } from './git-program.js';

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
  const child = startReadingGit(gitdir, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  if (!child) return false;
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

/** So much of git's output is taken at once, in bytes, and so often it is looked whether there is more, in milliseconds. */
const [CHUNK, PAUSE] = [256 * 2 ** 10, 3];
/** What the texts of so many events may take on the disk, in bytes: far more than they do, and too little to fill it. */
const mostOf = (count: number) => 64 * 2 ** 20 + count * 4 * 2 ** 10;

/**
 * The texts of many event files, one after the other, by one `git cat-file`; undefined for one that is too large. git writes each
 * object by itself, and through a pipe each would wake the reader up: it writes to a file without a name, which is read while
 * it grows. False where git failed, did not have one of them, or had far too much to say.
 */
export async function readTexts(
  gitdir: string,
  oids: string[],
  each: (text: string | undefined, index: number) => void,
): Promise<boolean> {
  const output = openNameless();
  if (output === undefined) return false;
  const child = startReadingGit(gitdir, ['cat-file', '--batch', '--buffer'], {
    stdio: ['pipe', output, 'ignore'],
  });
  if (!child) {
    closeSync(output);
    return false;
  }
  let code: number | null | undefined;
  const ended = once(child, 'close').then(
    ([it]) => {
      code = it as number | null;
    },
    () => {
      code = null;
    },
  );
  child.stdin!.on('error', () => undefined);
  child.stdin!.end(`${oids.join('\n')}\n`);
  let [count, isWhole] = [0, true];
  const answers = new BatchAnswers(
    () => LARGEST_EVENT,
    (found) => {
      if (found) each(found.content?.toString('utf8'), count++);
      else isWhole = false;
    },
  );
  try {
    let chunk = Buffer.allocUnsafe(CHUNK);
    for (let at = 0; at <= mostOf(oids.length); ) {
      const last = code !== undefined;
      const length = readSync(output, chunk, 0, CHUNK, at);
      at += length;
      if (length > 0) {
        answers.take(chunk.subarray(0, length));
        if (!isWhole) return false;
        // What is left of an answer is kept from it until the rest has come.
        chunk = Buffer.allocUnsafe(CHUNK);
        await nextTurn();
      } else if (last) return code === 0 && count === oids.length;
      else await Promise.race([pause(PAUSE), ended]);
    }
    return false;
  } finally {
    child.kill();
    closeSync(output);
  }
}

/** A file that goes with whoever has it open. */
function openNameless(): number | undefined {
  try {
    const folder = mkdtempSync(join(tmpdir(), 'vports-'));
    try {
      return openSync(join(folder, 'texts'), 'wx+', 0o600);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  } catch {
    return undefined;
  }
}
