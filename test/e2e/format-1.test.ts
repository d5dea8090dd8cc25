import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { folderNameFor } from '../../src/log/remote/remote-url.js';
import { put, temporaryFolder } from '../support/folders.js';
import { git } from '../support/git.js';
import { runner } from '../support/program.js';

const FIXTURES = resolve('test/fixtures/format-1');
const ANSWERS = join(FIXTURES, 'answers.json');
/** With this set what is answered now is recorded, where nothing was recorded before. */
const RECORDS = process.env.UPDATE_FORMAT_1 !== undefined;

/** What depends on who runs on this machine, on when it is asked, or on the version that answers. */
const OF_THE_MOMENT = ['listeners', 'warnings', 'findings', 'preview', '$schema'];

function unbundled(home: string, name: string, to: string, ...options: string[]): string {
  git(home, 'clone', '-q', ...options, join(FIXTURES, `${name}.bundle`), to);
  git(to, 'remote', 'remove', 'origin');
  return to;
}

/** A machine as the vports of that day left it: what it has borrowed, three registries, and a project in each. */
function machine() {
  const home = temporaryFolder();
  const data = join(home, '.local/share/vports');
  mkdirSync(data, { recursive: true, mode: 0o700 });
  unbundled(home, 'host', join(data, 'host.git'), '--mirror');
  const registry = unbundled(home, 'registry', join(home, 'ports'));
  for (const branch of ['loki', 'tempo'])
    git(registry, 'fetch', '-q', join(FIXTURES, 'registry.bundle'), `${branch}:${branch}`);
  const mono = unbundled(home, 'monorepo', join(home, 'mono'));
  const url = `file://${unbundled(home, 'remote', join(home, 'remote.git'), '--mirror')}`;
  const clone = unbundled(home, 'clone', join(data, 'remotes', folderNameFor(url)), '--mirror');
  git(clone, 'remote', 'add', 'origin', url);
  put(join(home, 'team/.vports.json'), JSON.stringify({ registry: url }));
  put(join(home, 'alone/package.json'), '{"name": "alone"}');
  const folders = {
    registry,
    host: join(home, 'alone'),
    monorepo: join(mono, 'web'),
    clone: join(home, 'team'),
  };
  const vports = runner(home);
  return {
    home,
    folders,
    ask: (where: keyof typeof folders, words: string[]) => {
      const own = where === 'registry' ? ['--registry', '.'] : [];
      return vports([...words, ...own, '--json'], { cwd: folders[where] });
    },
  };
}

const ALL = [
  'list',
  'list --leases',
  'list --claims',
  'log',
  'replay',
  'verify',
  'cleanup',
  'list --at 2026-11-01T17:30Z',
];
const QUESTIONS: Record<string, string[]> = {
  registry: [
    ...ALL,
    'ranges',
    'policy show',
    'port-registry list',
    'get web',
    'get api grpc',
    'show api',
    'check api',
    'check 25030',
    'check 25060',
    'check 25040',
    'port-registry check 25030',
    'who 30000',
    'who 25010/udp',
    'who 25030',
    'who 25050',
    'env api',
    'url web',
    'list --at HEAD~3',
    'diff HEAD~3',
    'diff main loki',
    'review main loki',
    'verify --base main --at loki',
    'log web',
    'log 25030',
    'log --owner team-shop',
    'log --type released',
    'log -n 2',
    'replay --until HEAD~5',
  ],
  host: [...ALL, 'get worker', 'get mine', 'show shop@login', 'env mine', 'who 31000'],
  monorepo: [...ALL, 'get web', 'show web', 'env', 'docs --check .', 'ci .', 'reconcile .'],
  clone: [...ALL, 'get db', 'show db', 'check 21000', 'review main cache'],
};

/** A server of another test that runs on this machine meanwhile. */
function isListener(value: unknown): boolean {
  return (value as { kind?: unknown } | null)?.kind === 'listening-unrecorded';
}

/** Without what is of the moment. */
function lasting(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((it) => !isListener(it)).map(lasting);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, it]) => (OF_THE_MOMENT.includes(key) ? [] : [[key, lasting(it)]])),
  );
}

type Answers = Record<string, { status: number | null; answer: unknown }>;

const recorded: Answers = existsSync(ANSWERS) ? JSON.parse(readFileSync(ANSWERS, 'utf8')) : {};

/** What vports wrote in format 1 when it began is read as it was then. Answers may have more keys, and keep those they had. */
test.each(Object.keys(QUESTIONS) as (keyof ReturnType<typeof machine>['folders'])[])(
  'format 1 as it was written first is read as it was then: %s',
  async (where) => {
    const { home, ask } = machine();
    for (const words of QUESTIONS[where]!) {
      const { status, stdout } = await ask(where, words.split(' '));
      const now = { status, answer: lasting(JSON.parse(stdout.replaceAll(home, '/home/ada'))) };
      const question = `${where}: ${words}`;
      if (RECORDS) recorded[question] ??= now;
      expect(recorded[question], `${question} was never recorded`).toBeDefined();
      expect(now, question).toMatchObject(recorded[question]!);
    }
    if (RECORDS) record(recorded);
  },
);

/** A line for each question: what changes in one shows where. */
function record(answers: Answers): void {
  const lines = Object.entries(answers).map((it) => it.map((part) => JSON.stringify(part)).join(': '));
  writeFileSync(ANSWERS, `{\n${lines.join(',\n')}\n}\n`);
}
