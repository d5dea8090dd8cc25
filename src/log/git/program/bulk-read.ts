import { once } from 'node:events';
import { closeSync, readSync } from 'node:fs';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { LARGEST_EVENT } from '../objects.js';
import { BatchAnswers } from './batch-answers.js';
import { startReadingGit } from './git-program.js';
import { openNameless } from './nameless-file.js';

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
  return listed(gitdir, ['-r', tree], keep);
}

/** The same with the trees that they are in, each before what is in it. */
export async function listEntries(gitdir: string, tree: string): Promise<ListedFile[] | undefined> {
  return listed(gitdir, ['-r', '-t', tree], () => true);
}

async function listed(
  gitdir: string,
  args: string[],
  keep: (path: string) => boolean,
): Promise<ListedFile[] | undefined> {
  const files: ListedFile[] = [];
  const whole = await eachRecord(gitdir, ['ls-tree', '-z', '--full-tree', ...args], (entry) => {
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
  let rest: Buffer = Buffer.alloc(0);
  const whole = await followOutput(gitdir, args, { most: LARGEST_LISTING }, (chunk) => {
    const end = chunk.lastIndexOf(0);
    if (end < 0) rest = Buffer.concat([rest, chunk]);
    else {
      const records = Buffer.concat([rest, chunk.subarray(0, end)]).toString('utf8');
      for (const record of records.split('\0')) each(record);
      rest = Buffer.from(chunk.subarray(end + 1));
    }
    return true;
  });
  if (rest.length > 0) each(rest.toString('utf8'));
  return whole;
}

/** What a list of files or commits may take on the disk, in bytes: that of ten million events has less. */
const LARGEST_LISTING = 4 * 2 ** 30;
/** Bytes that git keeps of objects which others are told by their difference to; with its usual 96 MB it reads many twice. */
const DELTA_BASES = 256 * 2 ** 20;
/** What the texts of so many events may take there: far more than they do, and too little to fill it. */
const mostOf = (count: number) => 64 * 2 ** 20 + count * 4 * 2 ** 10;

/**
 * The texts of many event files, one after the other, by one `git cat-file`; undefined for one that is too large. `bytes` are of
 * a text, and whoever keeps them copies them. False where git failed, did not have one of them, or had far too much to say.
 */
export async function readTexts(
  gitdir: string,
  oids: string[],
  each: (text: string | undefined, index: number, bytes: Buffer | undefined) => void,
): Promise<boolean> {
  let [count, isWhole] = [0, true];
  const answers = new BatchAnswers(
    () => LARGEST_EVENT,
    (found) => {
      if (found) each(found.content?.toString('utf8'), count++, found.content);
      else isWhole = false;
    },
  );
  const output = { input: `${oids.join('\n')}\n`, most: mostOf(oids.length) };
  const command = ['-c', `core.deltaBaseCacheLimit=${DELTA_BASES}`, 'cat-file', '--batch', '--buffer'];
  const whole = await followOutput(gitdir, command, output, (chunk) => {
    answers.take(chunk);
    return isWhole;
  });
  return whole && count === oids.length;
}

/** So much of git's output is taken at once, in bytes, and so often it is looked whether there is more, in milliseconds. */
const [CHUNK, PAUSE] = [256 * 2 ** 10, 3];

/**
 * Hands on what git writes, as it comes. git writes each object and each commit by itself, and through a pipe each would wake
 * the reader up: it writes to a file without a name, which is read while it grows. False where git failed, had more to say
 * than `most` bytes, or where `take` wants no more. Whoever keeps a chunk copies it.
 */
async function followOutput(
  gitdir: string,
  args: string[],
  { input, most }: { input?: string; most: number },
  take: (chunk: Buffer) => boolean,
): Promise<boolean> {
  const output = openNameless();
  if (output === undefined) return false;
  const child = startReadingGit(gitdir, args, {
    stdio: [input === undefined ? 'ignore' : 'pipe', output, 'ignore'],
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
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  try {
    const chunk = Buffer.allocUnsafe(CHUNK);
    for (let at = 0; at <= most; ) {
      const last = code !== undefined;
      const length = readSync(output, chunk, 0, CHUNK, at);
      at += length;
      if (length > 0) {
        if (!take(chunk.subarray(0, length))) return false;
        await nextTurn();
      } else if (last) return code === 0;
      else await Promise.race([pause(PAUSE), ended]);
    }
    return false;
  } finally {
    child.kill();
    closeSync(output);
  }
}
