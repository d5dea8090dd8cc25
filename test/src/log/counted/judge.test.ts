import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventPath } from '../../../../events/event-path.js';
import { judge } from '../../../../src/log/counted/judge.js';
import { type Judgement, verdictOf } from '../../../../src/log/counted/judgement.js';
import { Objects } from '../../../../src/log/git/objects.js';
import { openRepository } from '../../../../src/log/git/repository.js';
import { put, temporaryFolder } from '../../../support/folders.js';
import { git, tryGit } from '../../../support/git.js';

/** A repository whose events are single words: what is judged are bytes. */
class Repo {
  readonly path: string;
  folder: string;

  /** Commits that say nothing, before all others. */
  static before = 0;

  constructor(path = temporaryFolder(), folder = '') {
    this.path = path;
    this.folder = folder;
    git(path, 'init', '-q', '-b', 'main');
    if (Repo.before > 0) addEmptyCommits(path, Repo.before);
    this.add(25000, 'root');
  }

  at(port: number): string {
    return join(this.folder, eventPath({ port, protocol: 'tcp' }, 1));
  }

  write(port: number, text: string): this {
    put(join(this.path, this.at(port)), JSON.stringify({ resource: text }));
    return this;
  }

  add(port: number, text: string, who = 'Ada'): this {
    return this.write(port, text).commit(`add ${text}`, who);
  }

  remove(port: number): this {
    rmSync(join(this.path, this.at(port)));
    return this;
  }

  commit(message: string, who = 'Ada'): this {
    git(this.path, 'add', '-A');
    git(this.path, 'commit', '-qm', message, '--author', `${who} <${who}@example.com>`);
    return this;
  }

  branch(name: string): this {
    return this.git('switch', '-q', '-c', name);
  }

  on(name: string): this {
    return this.git('switch', '-q', name);
  }

  git(...args: string[]): this {
    git(this.path, ...args);
    return this;
  }

  /** A merge that stops at a conflict, or before its commit. */
  stopped(...args: string[]): this {
    tryGit(this.path, 'merge', '--no-commit', '--no-ff', ...args);
    return this;
  }

  head(): string {
    return git(this.path, 'rev-parse', 'main');
  }

  async judge(before?: Judgement, head = this.head()): Promise<Judgement> {
    const opened = openRepository(this.path);
    const repository = { ...opened, prefix: this.folder && `${this.folder}/` };
    const objects = new Objects(repository.commondir);
    onTestFinished(() => objects.close());
    return judge({ repository, objects, ref: 'refs/heads/main' }, head, before);
  }

  /** `damaged root by Mallory`, by port. */
  told({ edited }: Judgement): Record<string, string> {
    return Object.fromEntries(
      [...edited].map(([path, it]) => {
        const { resource } = JSON.parse(git(this.path, 'cat-file', 'blob', it.first.oid));
        const by = it.trail.findLast(({ to }) => to?.oid !== it.first.oid)?.by;
        const who = by ? ` by ${git(this.path, 'log', '-1', '--format=%an', by)}` : '';
        return [path.slice(-15, -10), `${verdictOf(it)}: ${resource}${who}`];
      }),
    );
  }
}

function addEmptyCommits(path: string, count: number): void {
  const commit = (at: number) =>
    `commit refs/heads/main\ncommitter A <a@example.com> ${1_700_000_000 + at} +0000\ndata 1\nx\n`;
  const input = Array.from({ length: count }, (_, at) => commit(at)).join('');
  execFileSync('git', ['-C', path, 'fast-import', '--quiet'], { input });
}

/** A feature branch `f` with 25001, beside 25002 on main. */
const forked = () => new Repo().branch('f').add(25001, 'a').on('main').add(25002, 'm');
/** A clone whose main has 25002, while the main that it was cloned from has 25001. */
function pulled(change: (origin: Repo) => void): Repo {
  const origin = new Repo();
  const path = temporaryFolder();
  git(path, 'clone', '-q', origin.path, '.');
  const clone = Object.assign(Object.create(Repo.prototype) as Repo, { path, folder: '' });
  origin.add(25001, 'o');
  change(origin);
  clone.add(25002, 'l');
  return clone.git('pull', '-q', '--no-rebase', '--no-edit');
}

const HISTORIES: [string, () => Repo, Record<string, string>][] = [
  ['events that are added', () => new Repo().add(25001, 'a'), {}],
  ['a merge', () => forked().git('merge', '-q', '--no-edit', 'f'), {}],
  ['a pull', () => pulled(() => undefined), {}],
  [
    'an event that its author changed before the merge',
    () => forked().on('f').add(25001, 'a2').on('main').git('merge', '-q', '--no-edit', 'f'),
    {},
  ],
  [
    'the same, fast-forwarded: every commit of it is on the line',
    () =>
      new Repo().branch('f').add(25001, 'a').add(25001, 'a2').on('main').git('merge', '-q', '--ff-only', 'f'),
    { 25001: 'damaged: a by Ada' },
  ],
  [
    'the same, squashed',
    () => forked().on('f').add(25001, 'a2').on('main').git('merge', '-q', '--squash', 'f').commit('f (#1)'),
    {},
  ],
  [
    'the same, after the host had merged main into it, fast-forwarded',
    () =>
      forked()
        .on('f')
        .add(25001, 'a2')
        .git('merge', '-q', '--no-edit', 'main')
        .on('main')
        .git('merge', '-q', '--ff-only', 'f'),
    {},
  ],
  [
    'the same, where only the trailer says what was shared',
    () => {
      const repo = forked();
      const main = repo.head();
      repo.on('f').add(25001, 'a2').git('merge', '-q', '-m', `settled\n\nVports-Shared: ${main}`, 'main');
      return repo.on('main').git('merge', '-q', '--ff-only', 'f');
    },
    {},
  ],
  ['a changed event', () => new Repo().add(25000, 'X', 'Mallory'), { 25000: 'damaged: root by Mallory' }],
  [
    'a changed event, and others after it',
    () => new Repo().add(25000, 'X', 'Mallory').add(25001, 'a'),
    { 25000: 'damaged: root by Mallory' },
  ],
  [
    'bytes that came back',
    () => new Repo().add(25000, 'X').add(25000, 'root'),
    { 25000: 'restored: root by Ada' },
  ],
  [
    'a revert',
    () => new Repo().add(25001, 'a').git('revert', '--no-commit', 'HEAD').commit('Revert "add a"', 'Bob'),
    { 25001: 'damaged: a by Bob' },
  ],
  [
    'a revert, and another event at that path',
    () => new Repo().add(25001, 'a').git('revert', '--no-edit', 'HEAD').add(25001, 'b'),
    { 25001: 'damaged: a by Ada' },
  ],
  [
    'a branch that changed an event of main, merged by another',
    () => forked().on('f').add(25000, 'X', 'Mallory').on('main').git('merge', '-q', '--no-edit', 'f'),
    { 25000: 'damaged: root by Mallory' },
  ],
  [
    'a merge that changes what neither side had',
    () => forked().stopped('f').write(25000, 'X').commit('Merge', 'Mallory'),
    { 25000: 'damaged: root by Mallory' },
  ],
  [
    'a merge that takes the other side of a conflict',
    () => {
      const repo = new Repo().branch('f').add(25001, 'f').on('main').add(25001, 'm').stopped('f');
      return repo.git('checkout', '-q', '--theirs', '.').commit('Merge branch f', 'Mallory');
    },
    { 25001: 'damaged: m by Mallory' },
  ],
  [
    'a merge whose subject turns away from main, and that drops what no conflict explains',
    () => {
      const repo = forked().stopped('f').remove(25002);
      return repo.commit("Merge branch 'main' into f", 'Mallory');
    },
    { 25002: 'damaged: m by Mallory' },
  ],
  [
    'what was changed before somebody pulled it',
    () => pulled((origin) => origin.add(25001, 'X', 'Mallory')),
    { 25001: 'damaged: o by Mallory' },
  ],
  [
    'an event that is a program now',
    () =>
      new Repo()
        .git('update-index', '--chmod=+x', eventPath({ port: 25000, protocol: 'tcp' }, 1))
        .git('commit', '-qm', 'x'),
    { 25000: 'mode: root' },
  ],
  [
    'an event that is a link now',
    () => {
      const repo = new Repo().remove(25000);
      symlinkSync('/etc/passwd', join(repo.path, repo.at(25000)));
      return repo.commit('link', 'Mallory');
    },
    { 25000: 'damaged: root by Mallory' },
  ],
  [
    'a folder that was moved',
    () => {
      const repo = new Repo(temporaryFolder(), 'ports').add(25001, 'a');
      mkdirSync(join(repo.path, 'infra'));
      repo.git('mv', 'ports', 'infra/ports').folder = 'infra/ports';
      return repo.commit('mv').add(25002, 'b');
    },
    {},
  ],
  [
    'a folder that was moved, and its event changed with it',
    () => {
      const repo = new Repo(temporaryFolder(), 'ports').add(25001, 'a').git('mv', 'ports', 'p2');
      repo.folder = 'p2';
      return repo.write(25000, 'X').commit('mv', 'Mallory');
    },
    { 25000: 'damaged: root by Mallory' },
  ],
];

/** With so many commits on the line git compares them, and with fewer we do. */
const MANY = 20;

describe.each([
  ['of a short history', 0, []],
  ['of a long history', MANY, ['slow']],
])('a first reader %s', (_, commits, tags) => {
  test.for(HISTORIES)('%s', { tags }, async ([, build, right]) => {
    Repo.before = commits;
    const repo = build();
    Repo.before = 0;
    expect(repo.told(await repo.judge())).toEqual(right);
    if (commits > 0) return;
    const [path, head] = [process.env.PATH, repo.head()];
    process.env.PATH = '/nowhere';
    const withoutGit = await repo.judge(undefined, head).finally(() => {
      process.env.PATH = path;
    });
    // Then nobody is named for what a merge brought.
    const words = (it: Record<string, string>) =>
      Object.entries(it).map(([port, text]) => [port, text.split(' by ')[0]]);
    expect(words(repo.told(withoutGit))).toEqual(words(right));
  });
});

describe('who looks at every head comes to the same, of', { tags: ['slow'] }, () => {
  test.each(HISTORIES)('%s', async (_, build) => {
    const repo = build();
    const whole = await repo.judge();
    const line = git(repo.path, 'log', '--first-parent', '--reverse', '--format=%H', 'main').split('\n');
    let judgement: Judgement | undefined;
    for (const head of line) judgement = await repo.judge(judgement, head);
    const firsts = (it: Judgement) => [...it.edited].map(([path, { first }]) => [path, first.oid]).sort();
    // Who has seen a head knows more: of what another line had on it, and of a folder from before it was moved.
    for (const it of firsts(whole)) if (repo.folder === '') expect(firsts(judgement!)).toContainEqual(it);
  });
});

test('a head whose merge hides what it dropped is found by whoever has seen the one before', async () => {
  const repo = forked();
  const before = await repo.judge();
  repo.on('f').git('merge', '-q', '-s', 'ours', '-m', "Merge branch 'x' into f", 'main');
  repo.on('main').git('reset', '-q', '--hard', 'f');
  expect(repo.told(await repo.judge(before))).toEqual({ 25002: expect.stringContaining('damaged: m') });
});
