import type { ChildProcess } from 'node:child_process';
import { startQuietGit } from './git-program.js';

/** An object that git has; its content is undefined where it is larger than was asked for. */
export interface Found {
  type: string;
  content: Buffer | undefined;
}

interface Question {
  /** What is larger is read past and not kept, in bytes. */
  limit: number;
  answer: (found: Found | undefined) => void;
}

/**
 * One `git cat-file --batch` for as long as a repository is open: packs are git's to read. isomorphic-git loads every
 * pack whole in each process, which costs a second at 100,000 objects.
 */
export class CatFile {
  /** Undefined once it has gone: ended by itself, or killed. */
  #child: ChildProcess | undefined;
  readonly #questions: Question[] = [];
  #next = 0;
  #chunks: Buffer[] = [];
  #length = 0;
  #wanted = 0;
  /** Bytes of an answer that nobody wants, still to come. */
  #passing = 0;

  constructor(gitdir: string) {
    const child = startQuietGit(gitdir, ['cat-file', '--batch'], { stdio: ['pipe', 'pipe', 'ignore'] });
    if (!child) return;
    this.#child = child;
    child.stdout!.on('data', (chunk: Buffer) => this.#receive(chunk));
    child.on('close', () => this.#giveUp());
    child.on('error', () => this.#giveUp());
    child.stdin!.on('error', () => undefined);
  }

  /** Undefined where git does not have the object, or has gone. */
  read(oid: string, limit: number): Promise<Found | undefined> {
    return new Promise((answer) => {
      if (!this.#child) return answer(undefined);
      this.#questions.push({ limit, answer });
      this.#child.stdin!.write(`${oid}\n`);
    });
  }

  close(): void {
    this.#child?.stdin?.end();
  }

  #receive(all: Buffer): void {
    const passed = Math.min(this.#passing, all.length);
    this.#passing -= passed;
    const chunk = all.subarray(passed);
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#wanted) return;
    const received = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    let at = 0;
    for (;;) {
      const used = this.#answerFirst(received, at);
      if (used === 0) break;
      at += used;
    }
    this.#passing += Math.max(0, at - received.length);
    const rest = received.subarray(Math.min(at, received.length));
    this.#chunks = [rest];
    this.#length = rest.length;
  }

  /** Answers the oldest question if its answer is there whole; gives the bytes that took. */
  #answerFirst(all: Buffer, at: number): number {
    const end = all.indexOf(0x0a, at);
    if (end < 0) {
      this.#wanted = 0;
      return 0;
    }
    const [, type, size] = all.toString('latin1', at, end).split(' ');
    if (size === undefined) {
      this.#answer(undefined);
      return end + 1 - at;
    }
    const last = end + 1 + Number(size);
    if (Number(size) > this.#questions[this.#next]!.limit) {
      this.#answer({ type: type!, content: undefined });
      this.#wanted = 0;
      return last + 1 - at;
    }
    if (all.length < last + 1) {
      this.#wanted = last + 1 - at;
      return 0;
    }
    this.#answer({ type: type!, content: all.subarray(end + 1, last) });
    return last + 1 - at;
  }

  #answer(found: Found | undefined): void {
    this.#questions[this.#next++]?.answer(found);
    if (this.#next < this.#questions.length) return;
    this.#questions.length = 0;
    this.#next = 0;
  }

  #giveUp(): void {
    this.#child = undefined;
    for (const question of this.#questions.splice(0).slice(this.#next)) question.answer(undefined);
    this.#next = 0;
  }
}
