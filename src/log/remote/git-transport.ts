import { join } from 'node:path';
import { VportsError } from '../../errors.js';
import { isInside } from '../../files/is-inside.js';
import { existsSync, readdirSync, realpathSync } from '../../world/files.js';
import type { RemoteMove, Transport } from '../../world/index.js';
import { makeBareFolder } from '../git/durable-fs.js';
import { type GitAnswer, gitTransport } from '../git/program/git-program.js';
import { SYSTEM_TROUBLE } from '../git/program/system-trouble.js';
import type { Repository } from '../git/repository.js';
import { FETCHED, transportFolder } from './branch-heads.js';
import { hostLines } from './host-lines.js';
import { refusedAccess } from './refused-access.js';
import { LockedHere, linesOf, lockIn, reasonIn, refusedPush, unreachable } from './remote-answers.js';
import { REMOTE, remoteSettings } from './remote-settings.js';
import { withoutSecrets } from './remote-url.js';

/**
 * Talks to the remote of a registry through the system's git, with the user's ssh, https and credential helpers.
 *
 * Uses a separate git directory with the registry's objects: the registry's own configuration may come from anybody, and could name
 * programs to run. Only its HTTP headers are adopted, where CI systems put their tokens.
 */
export class GitTransport implements Transport {
  #prepared = false;

  constructor(
    private readonly repository: Repository,
    readonly url: string,
  ) {}

  get gitdir(): string {
    return transportFolder(this.repository);
  }

  async fetch(): Promise<void> {
    const options = [
      '--progress',
      '--no-tags',
      '--no-write-fetch-head',
      '--no-auto-maintenance',
      '--prune',
      '--no-recurse-submodules',
    ];
    const { status, stderr } = await this.#git([
      '-c',
      'fetch.fsckObjects=true',
      'fetch',
      ...options,
      '--',
      REMOTE,
      `+refs/heads/*:${FETCHED}*`,
    ]);
    if (status === 0) return this.#gatherRefs();
    if (SYSTEM_TROUBLE.test(stderr)) {
      throw new VportsError(
        'CANNOT_WRITE',
        `cannot write to ${this.repository.commondir}: ${lastLine(stderr)}`,
        {
          hint: 'fix it and retry',
          details: { path: this.repository.commondir },
        },
      );
    }
    if (/fsck error|index-pack failed|unpack-objects failed|invalid index-pack output/.test(stderr)) {
      throw new VportsError(
        'LOG_DAMAGED',
        `${withoutSecrets(this.url)} sent objects that git rejects: ${lastLine(
          stderr
            .split('\n')
            .filter((it) => it.includes('error'))
            .join('\n') || stderr,
        )}`,
        {
          hint: 'nothing was changed; ask the administrator of that repository',
          details: { stderr: stderr.slice(0, 1_000) },
        },
      );
    }
    throw this.#unreachable(stderr);
  }

  /** Packs refs: thousands of loose ones would be read and synced at every command. */
  async #gatherRefs(): Promise<void> {
    const folder = join(this.gitdir, FETCHED);
    const loose = existsSync(folder) ? readdirSync(folder, { recursive: true }).length : 0;
    if (loose > MANY_REFS) await this.#git(['pack-refs', '--all']);
  }

  async defaultBranch(): Promise<string | undefined> {
    const { status, stdout, stderr } = await this.#git(['ls-remote', '--symref', '--', REMOTE, 'HEAD']);
    if (status !== 0) throw this.#unreachable(stderr);
    return /^ref: (refs\/heads\/\S+)\tHEAD$/m.exec(stdout)?.[1];
  }

  async push({ ref, oid, lease, options = [] }: RemoteMove): Promise<string[]> {
    const { status, stdout, stderr } = await this.#git([
      'push',
      '--porcelain',
      '--progress',
      '--no-verify',
      // Compare and swap: the expected value is the commit that the decision was based on, never one read now.
      `--force-with-lease=${ref}:${lease ?? ''}`,
      ...options.map((it) => `--push-option=${it}`),
      '--',
      REMOTE,
      `${oid ?? ''}:${ref}`,
    ]);
    if (status === 0) return hostLines(this.url, stderr);
    if (options.length > 0 && stderr.includes('does not support push options'))
      return this.push({ ref, oid, lease });
    const reason = /^!\t[^\t]*\t\[?(?:remote )?rejected\]? ?\(?([^)\n]*)\)?$/m.exec(stdout)?.[1];
    if (reason === undefined)
      throw refusedAccess(this.url, stderr, 'PUSH_REJECTED') ?? this.#unreachable(stderr);
    const said = [...stderr.matchAll(/^remote: (.*)$/gm)].map((match) => match[1]!.trim()).filter(Boolean);
    throw refusedPush(this.url, ref, { reason, said, stderr });
  }

  /** Throws LockedHere if a git lock in this directory is in the way. */
  async #git(args: string[]): Promise<GitAnswer> {
    const answer = await this.#once(args);
    const lock = answer.status === 0 ? undefined : lockIn(answer.stderr);
    if (lock !== undefined && isInside(realpathSync(this.gitdir), lock)) throw new LockedHere(lock);
    return answer;
  }

  async #once(args: string[]): Promise<GitAnswer> {
    this.#prepare();
    return gitTransport(args, {
      gitdir: this.gitdir,
      env: {
        GIT_OBJECT_DIRECTORY: join(this.repository.commondir, 'objects'),
        GIT_TERMINAL_PROMPT: process.stdin.isTTY ? '1' : '0',
        ...remoteSettings(this.url, this.repository.config.matching(/^http\.(.*\.)?extraheader$/s)),
      },
    });
  }

  #prepare(): void {
    if (this.#prepared) return;
    this.#prepared = true;
    makeBareFolder(this.gitdir);
  }

  #unreachable(stderr: string): Error {
    const lines = linesOf(stderr);
    const bad = lines.find((line) => /\bbad (numeric )?config |unable to parse .*config/i.test(line));
    if (bad !== undefined) {
      return new VportsError(
        'UNSUPPORTED_REPOSITORY',
        `git cannot read its configuration: ${bad.slice(0, 300)}`,
        {
          hint: 'fix that line and retry',
        },
      );
    }
    return refusedAccess(this.url, stderr, 'REMOTE_UNREACHABLE') ?? unreachable(this.url, reasonIn(stderr));
  }
}

/** Loose refs below this number are not worth starting git. */
const MANY_REFS = 200;

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)!.slice(0, 300);
}
