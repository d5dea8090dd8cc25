import { once } from 'node:events';
import { closeSync, readSync } from 'node:fs';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { LARGEST_EVENT } from '../objects.js';
import { BatchAnswers } from './batch-answers.js';
import { startReadingGit } from './git-program.js';
import { openNameless } from './nameless-file.js';

export interface ListedFile {
  mode: string;
  oid: string;
  path: string;
}

/** All files below a tree, in git's order, by one `git ls-tree`; undefined if git fails. */
export async function listFiles(
  gitdir: string,
  tree: string,
  keep: (path: string) => boolean = () => true,
): Promise<ListedFile[] | undefined> {
  return listed(gitdir, ['-r', tree], keep);
}

/** Also lists the trees, each before its entries. */
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

/** Streams the zero-terminated records of git's output. False if git failed. */
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

/** Limit for listings on the disk, in bytes: ten million events need less. */
const LARGEST_LISTING = 4 * 2 ** 30;
/** Cache for delta bases, in bytes; with its default of 96 MB git reads many of them twice. */
const DELTA_BASES = 256 * 2 ** 20;
/** Limit for the texts of events on the disk, in bytes: far above what they need, but too little to fill the disk. */
const mostOf = (count: number) => 64 * 2 ** 20 + count * 4 * 2 ** 10;

/**
 * Streams the texts of event files, by one `git cat-file`; undefined for one that is too large. `bytes` are a view: to keep them, copy
 * them. False if git failed, lacked an object or printed too much.
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

/** Bytes read at once, and milliseconds between looks for more. */
const [CHUNK, PAUSE] = [256 * 2 ** 10, 3];

/**
 * Streams git's output through an unlinked file, read while it grows: git writes object by object, and through a pipe each would wake
 * the reader. False if git failed, printed more than `most` bytes, or `take` returned false. To keep a chunk, copy it.
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
