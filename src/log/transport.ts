import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VportsError } from '../errors.js';
import { FETCHED } from './branch-heads.js';
import { type GitAnswer, git, gitTransport } from './git-program.js';
import { withoutSecrets } from './remote-url.js';
import { privateFolder, type Repository } from './repository.js';

/** A push that the remote has not taken because its branch has moved. */
export class RemoteMoved extends Error {
  override readonly name = 'RemoteMoved';
}

/**
 * Talks to the remote of a registry through the system's git: ssh, https and credential helpers as the user has them.
 *
 * It works in a git directory of its own, beside the registry's objects: a registry's own configuration may come from
 * anybody, and could name programs to run. Of that configuration only the headers for HTTP are taken along, which is where
 * CI systems put their tokens.
 */
export class Transport {
  readonly url: string;
  readonly #repository: Repository;
  #prepared = false;

  constructor(repository: Repository, url: string) {
    this.#repository = repository;
    this.url = url;
  }

  /** Where what was fetched stands: the refs below `refs/remotes/origin/` of this git directory. */
  get gitdir(): string {
    return join(privateFolder(this.#repository), 'transport');
  }

  /** Fetches all branches. Throws REMOTE_UNREACHABLE. */
  async fetch(): Promise<void> {
    const options = [
      '--quiet',
      '--no-tags',
      '--no-write-fetch-head',
      '--no-auto-maintenance',
      '--prune',
      '--no-recurse-submodules',
    ];
    const { status, stderr } = await this.#git([
      'fetch',
      ...options,
      '--',
      this.url,
      `+refs/heads/*:${FETCHED}*`,
    ]);
    if (status !== 0) throw this.#unreachable(stderr);
  }

  /** The branch that the remote's HEAD names; undefined for a remote without one. Throws REMOTE_UNREACHABLE. */
  async defaultBranch(): Promise<string | undefined> {
    const { status, stdout, stderr } = await this.#git(['ls-remote', '--symref', '--', this.url, 'HEAD']);
    if (status !== 0) throw this.#unreachable(stderr);
    return /^ref: (refs\/heads\/\S+)\tHEAD$/m.exec(stdout)?.[1];
  }

  /**
   * Moves a branch of the remote forward to a commit: never by force, so the remote itself compares and swaps.
   * Throws RemoteMoved, PUSH_REJECTED (a hook, a protected branch), REMOTE_UNREACHABLE (it may have arrived all the same).
   */
  async push(oid: string, ref: string): Promise<void> {
    const { status, stdout, stderr } = await this.#git([
      'push',
      '--porcelain',
      '--no-verify',
      '--',
      this.url,
      `${oid}:${ref}`,
    ]);
    if (status === 0) return;
    const reason = /^!\t[^\t]*\t\[?(?:remote )?rejected\]? ?\(?([^)\n]*)\)?$/m.exec(stdout)?.[1];
    if (reason === undefined) throw this.#unreachable(stderr);
    if (
      /fetch first|non-fast-forward|stale info|cannot lock ref|failed to update ref|reference already exists|incorrect old value/.test(
        reason,
      )
    ) {
      throw new RemoteMoved(reason);
    }
    const said = [...stderr.matchAll(/^remote: (.*)$/gm)].map((match) => match[1]!.trim()).filter(Boolean);
    throw new VportsError(
      'PUSH_REJECTED',
      `${withoutSecrets(this.url)} does not take the change: ${[reason, ...said].join('; ').slice(0, 500)}`,
      {
        hint: 'a branch that may only change by pull request: --branch NAME commits to another one',
        details: { remote: withoutSecrets(this.url), reason },
      },
    );
  }

  async #git(args: string[]): Promise<GitAnswer> {
    this.#prepare();
    return gitTransport(args, {
      gitdir: this.gitdir,
      env: {
        GIT_OBJECT_DIRECTORY: join(this.#repository.commondir, 'objects'),
        GIT_TERMINAL_PROMPT: process.stdin.isTTY ? '1' : '0',
        ...(await this.#headers()),
      },
    });
  }

  #prepare(): void {
    if (this.#prepared) return;
    this.#prepared = true;
    for (const part of ['objects', 'refs/heads']) mkdirSync(join(this.gitdir, part), { recursive: true });
    writeFileSync(join(this.gitdir, 'HEAD'), 'ref: refs/heads/none\n');
    writeFileSync(join(this.gitdir, 'config'), '[core]\n\trepositoryformatversion = 0\n\tbare = true\n');
  }

  /** Handed on by the environment, whose values do not show in the list of processes. */
  async #headers(): Promise<Record<string, string>> {
    const config = join(this.#repository.commondir, 'config');
    if (!/extraheader/i.test(readFileSync(config, 'latin1'))) return {};
    const told = await git([
      'config',
      '--file',
      config,
      '-z',
      '--get-regexp',
      '^http\\.(.*\\.)?extraheader$',
    ]);
    const pairs = (told?.toString('utf8') ?? '').split('\0').filter(Boolean);
    const env = pairs.flatMap((pair, index) => {
      const end = pair.indexOf('\n');
      return [
        [`GIT_CONFIG_KEY_${index}`, pair.slice(0, end)],
        [`GIT_CONFIG_VALUE_${index}`, pair.slice(end + 1)],
      ];
    });
    return { ...Object.fromEntries(env), GIT_CONFIG_COUNT: String(pairs.length) };
  }

  #unreachable(stderr: string): VportsError {
    const lines = stderr.split('\n').map((line) => line.trim());
    const why = lines.filter(
      (line) => line && !/^(fatal: Could not read from|Please make sure|and the repository)/.test(line),
    );
    return new VportsError(
      'REMOTE_UNREACHABLE',
      `${withoutSecrets(this.url)} cannot be reached: ${(why.join('; ') || 'git says nothing').slice(0, 500)}`,
      {
        hint: 'leases need no network (--ttl, exec); --branch NAME commits now, to be pushed later with `vports sync`',
        details: { remote: withoutSecrets(this.url) },
      },
    );
  }
}
