import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import { until } from './children.js';

/** A command that runs on a terminal of its own, and what it has shown there so far. */
export class Terminal {
  screen = '';
  readonly #ended: Promise<number | null>;
  private constructor(private readonly process: ChildProcessWithoutNullStreams) {
    process.stdout.setEncoding('utf8').on('data', (chunk) => {
      this.screen += chunk;
    });
    this.#ended = once(process, 'close').then(([status]) => status as number | null);
    onTestFinished(() => void process.kill('SIGKILL'));
  }

  /** `command` is for a shell. */
  static start(command: string, { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv }): Terminal {
    return new Terminal(
      spawn('script', ['-qec', command, '/dev/null'], {
        cwd,
        env: { PATH: process.env.PATH, TERM: 'dumb', ...env },
      }),
    );
  }

  /** `vports` as it was built, with `words` as a shell takes them. */
  static startVports(words: string, options: { cwd: string; env: NodeJS.ProcessEnv }): Terminal {
    return Terminal.start(`'${process.execPath}' '${resolve('dist/vports.cjs')}' ${words}`, options);
  }

  /** Types once it is asked: what is typed before has another meaning to a terminal that is not being read yet. */
  async answer(question: string | RegExp, keys: string): Promise<void> {
    await this.shows(question);
    this.type(keys);
  }

  type(keys: string): void {
    this.process.stdin.write(keys);
  }

  async shows(text: string | RegExp): Promise<void> {
    await until(() => (typeof text === 'string' ? this.screen.includes(text) : text.test(this.screen)));
  }

  /** The exit code. */
  ended(): Promise<number | null> {
    return this.#ended;
  }
}
