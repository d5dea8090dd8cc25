import type { ChildProcess } from 'node:child_process';
import { BatchAnswers, type Found } from './batch-answers.js';
import { startReadingGit } from './git-program.js';

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
  readonly #answers = new BatchAnswers(
    () => this.#questions[this.#next]!.limit,
    (found) => this.#answer(found),
  );

  constructor(gitdir: string) {
    const child = startReadingGit(gitdir, ['cat-file', '--batch'], { stdio: ['pipe', 'pipe', 'ignore'] });
    if (!child) return;
    this.#child = child;
    child.stdout!.on('data', (chunk: Buffer) => this.#answers.take(chunk));
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
