import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
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
  /** Those that run, by their directory: several logs are read from one repository. */
  static readonly #running = new Map<string, CatFile>();
  readonly #gitdir: string;
  #users = 0;
  /** Undefined once it has gone: ended by itself, or killed. */
  #child: ChildProcess | undefined;
  readonly #questions: Question[] = [];
  #next = 0;
  readonly #answers = new BatchAnswers(
    () => this.#questions[this.#next]!.limit,
    (found) => this.#answer(found),
  );

  /** The one that runs, or a new one. Whoever opens it closes it. */
  static open(gitdir: string): CatFile {
    const running = CatFile.#running.get(gitdir) ?? new CatFile(gitdir);
    running.#users++;
    return running;
  }

  private constructor(gitdir: string) {
    this.#gitdir = gitdir;
    const child = startReadingGit(gitdir, ['cat-file', '--batch'], { stdio: ['pipe', 'pipe', 'ignore'] });
    if (!child) return;
    this.#child = child;
    CatFile.#running.set(gitdir, this);
    child.stdout!.on('data', (chunk: Buffer) => this.#answers.take(chunk));
    child.on('close', () => this.#giveUp());
    child.on('error', () => this.#giveUp());
    child.stdin!.on('error', () => undefined);
    this.#hold(false);
  }

  /** Only while something is asked of it may it keep this process from ending: whoever closes it may never come to that. */
  #hold(isAsked: boolean): void {
    for (const it of [this.#child, this.#child?.stdin as Socket, this.#child?.stdout as Socket])
      if (isAsked) it?.ref();
      else it?.unref();
  }

  /** Undefined where git does not have the object, or has gone. */
  read(oid: string, limit: number): Promise<Found | undefined> {
    return new Promise((answer) => {
      if (!this.#child) return answer(undefined);
      if (this.#questions.length === 0) this.#hold(true);
      this.#questions.push({ limit, answer });
      this.#child.stdin!.write(`${oid}\n`);
    });
  }

  close(): void {
    if (--this.#users > 0) return;
    this.#forget();
    // From here on it ends by itself, and nothing of it is left when this process does.
    this.#hold(true);
    this.#child?.stdin?.end();
  }

  #forget(): void {
    if (CatFile.#running.get(this.#gitdir) === this) CatFile.#running.delete(this.#gitdir);
  }

  #answer(found: Found | undefined): void {
    this.#questions[this.#next++]?.answer(found);
    if (this.#next < this.#questions.length) return;
    this.#questions.length = 0;
    this.#next = 0;
    if (this.#users > 0) this.#hold(false);
  }

  #giveUp(): void {
    this.#child = undefined;
    this.#forget();
    for (const question of this.#questions.splice(0).slice(this.#next)) question.answer(undefined);
    this.#next = 0;
  }
}
