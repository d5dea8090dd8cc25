import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { BatchAnswers, type Found } from './batch-answers.js';
import { startReadingGit } from './git-program.js';

interface Question {
  limit: number;
  answer: (found: Found | undefined) => void;
}

/** One `git cat-file --batch` while a repository is open. isomorphic-git would load every pack whole in each process: a second at 100,000 objects. */
export class CatFile {
  /** Running ones by directory: several logs may use one repository. */
  static readonly #running = new Map<string, CatFile>();
  #users = 0;
  /** Undefined after it has ended or was killed. */
  #child: ChildProcess | undefined;
  readonly #questions: Question[] = [];
  #next = 0;
  readonly #answers = new BatchAnswers(
    () => this.#questions[this.#next]!.limit,
    (found) => this.#answer(found),
  );

  /** Joins a running one, or starts it. Every open() needs a close(). */
  static open(gitdir: string): CatFile {
    const running = CatFile.#running.get(gitdir) ?? new CatFile(gitdir);
    running.#users++;
    return running;
  }

  private constructor(private readonly gitdir: string) {
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

  /** Keeps this process alive only while questions are pending: a crashing user may never call close(). */
  #hold(isAsked: boolean): void {
    for (const it of [this.#child, this.#child?.stdin as Socket, this.#child?.stdout as Socket])
      if (isAsked) it?.ref();
      else it?.unref();
  }

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
    // It ends by itself now; this process waits for that, so that nothing is left behind.
    this.#hold(true);
    this.#child?.stdin?.end();
  }

  #forget(): void {
    if (CatFile.#running.get(this.gitdir) === this) CatFile.#running.delete(this.gitdir);
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
