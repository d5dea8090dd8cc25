import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { put, temporaryFolder } from '../support/folders.js';
import { git, tryGit } from '../support/git.js';
import { runner } from '../support/program.js';
import { newRegistry } from '../support/registries.js';

interface Step {
  name?: string;
  run?: string;
  if?: string;
}
const workflow = () => parse(readFileSync('registry-repo/.github/workflows/ports.yml', 'utf8'));
const steps = (job: string): Step[] => workflow().jobs[job].steps;

/** Runs a step as the host does: its script in bash, `vports` on the PATH. */
function runStep(cwd: string, script: string, env: Record<string, string> = {}) {
  const home = temporaryFolder();
  const bin = put(
    join(home, 'bin/vports'),
    `#!/bin/sh\nexec '${process.execPath}' '${resolve('dist/vports.cjs')}' "$@"\n`,
  );
  chmodSync(bin, 0o755);
  return spawnSync('bash', ['-e', '-c', script], {
    cwd,
    encoding: 'utf8',
    env: {
      PATH: `${join(home, 'bin')}:${process.env.PATH}`,
      HOME: home,
      CI: 'true',
      GIT_CONFIG_NOSYSTEM: '1',
      ...env,
    },
  });
}

async function pullRequest() {
  const path = await newRegistry({ bare: false });
  const vports = runner(temporaryFolder(), { env: { VPORTS_REGISTRY: path } });
  await vports(['allocate', 'old', '--port', '26951']);
  git(path, 'switch', '-qc', 'topic');
  await vports(['allocate', 'web', '--port', '26952', '--reason', '$(touch pwned) `touch pwned`']);
  return { path, vports, base: git(path, 'rev-parse', 'main') };
}

test('the workflow is safe on forks, and no text of a pull request gets into a script', () => {
  const text = readFileSync('registry-repo/.github/workflows/ports.yml', 'utf8');
  expect(Object.keys(workflow().on)).toEqual(['pull_request', 'merge_group', 'push']);
  expect(text).not.toContain('pull_request_target');
  expect(workflow().permissions).toEqual({});
  for (const [name, { permissions }] of Object.entries<{ permissions: object }>(workflow().jobs)) {
    const runs = steps(name).map(({ run = '' }) => run);
    for (const run of runs) expect(run).not.toContain('${{');
    // Who may write runs nothing that was installed, and who runs it may only read.
    if (runs.some((run) => /npm|vports (review|verify|ci|list|map)/.test(run)))
      expect(permissions).toEqual({ contents: 'read' });
    for (const run of runs) expect(run).not.toMatch(/> *(?!"\$RUNNER_TEMP|>|"\$GITHUB_|\/dev)[\w./-]+/);
  }
  for (const { run = '' } of parse(readFileSync('action.yml', 'utf8')).runs.steps as Step[])
    expect(run).not.toContain('${{');
  expect(workflow().jobs.comment.if).toContain('head.repo.full_name == github.repository');
});

test('its review and its gate say what a pull request means, and stop one that takes back', {
  tags: ['slow'],
}, async () => {
  const { path, base } = await pullRequest();
  const summary = join(temporaryFolder(), 'summary.md');
  const step = (name: string) => steps('check').find((it) => it.name === name)!.run!;
  const output = join(temporaryFolder(), 'output');
  const env = {
    BASE: base,
    GITHUB_STEP_SUMMARY: summary,
    GITHUB_OUTPUT: output,
    RUNNER_TEMP: temporaryFolder(),
  };
  const review = runStep(path, step('review'), env);
  expect(review.status).toBe(0);
  expect(review.stdout).toContain('::notice title=allocated::web gets 26952/tcp');
  expect(readFileSync(summary, 'utf8')).toContain('| allocated | 26952/tcp | web |');
  expect(runStep(path, step('verify'), env).status).toBe(0);
  git(path, 'rm', '-q', 'events/tcp/26xxx/269xx/26951/0001.json');
  git(path, 'commit', '-qm', 'drop');
  expect(runStep(path, step('review'), env).stdout).toContain(
    '::error file=events/tcp/26xxx/269xx/26951/0001.json,title=EVENT_DELETED::',
  );
  expect(runStep(path, step('verify'), env).status).toBe(1);
  expect(git(path, 'status', '--porcelain', '--', 'pwned')).toBe('');
});

test('where vports is installed from is set in one place, and names one version', () => {
  const { run } = steps('check').find(({ name }) => name === 'install')!;
  const script = run!.replace(/^npm install.*$/m, 'echo "installs $VPORTS_PACKAGE"');
  const install = (VPORTS_PACKAGE: string) =>
    runStep(temporaryFolder(), script, { VPORTS_PACKAGE, RUNNER_TEMP: temporaryFolder() });
  expect(install('')).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(/^::error::where vports is installed from is not set/),
  });
  for (const loose of ['vports', 'vports@latest', '--registry=x', 'git+https://example.com/vports.git#main'])
    expect(install(loose).status).toBe(1);
  for (const pinned of [
    '@team/vports@1.2.3',
    'https://example.com/vports-1.2.3.tgz',
    `git+https://example.com/vports.git#${'0'.repeat(40)}`,
  ])
    expect(install(pinned)).toMatchObject({ status: 0, stdout: `installs ${pinned}\n` });
});

test('what a branch says is text in the comment, and writes nothing through a link', async () => {
  const { path, vports, base } = await pullRequest();
  const victim = put(join(temporaryFolder(), 'victim'), 'mine');
  symlinkSync(victim, join(path, 'review.md'));
  git(path, 'add', 'review.md');
  git(path, 'commit', '-qm', 'a link');
  await vports([
    'allocate',
    'more',
    '--reason',
    '@team <img src=x> [x](http://evil.example) #1 ##[add-mask]x ::error::y',
  ]);
  const temp = temporaryFolder();
  const output = join(temp, 'output');
  const run = runStep(path, steps('check').find(({ name }) => name === 'review')!.run!, {
    BASE: base,
    GITHUB_STEP_SUMMARY: join(temp, 'summary.md'),
    GITHUB_OUTPUT: output,
    RUNNER_TEMP: temp,
  });
  expect(run.status).toBe(0);
  expect(readFileSync(victim, 'utf8')).toBe('mine');
  const review = readFileSync(output, 'utf8').replace(/^review<<.*\n/, '');
  expect(review).not.toMatch(/@team|(?<!\\)<|http:\/\/|(?<!\\)\[x/);
  expect(review.length).toBeLessThan(65_536);
  const [stopped] = run.stdout.split(/^::stop-[0-9a-f]{32}::$/m);
  expect(stopped).toMatch(/^::stop-commands::stop-[0-9a-f]{32}$/m);
  for (const line of run.stdout.slice(stopped!.length).split('\n').slice(1))
    expect(line).toMatch(/^(::(notice|warning|error) [^\n]*)?$/);
});

test('the comment is the one of its own account, whoever else wrote the marker', () => {
  const { run, env } = workflow().jobs.comment.steps[0];
  expect(Object.keys(env)).toEqual(['GH_TOKEN', 'PULL', 'REVIEW']);
  expect(run).toContain('.user.login == "github-actions[bot]"');
  const bin = temporaryFolder();
  const gh = put(
    join(bin, 'gh'),
    `#!/bin/sh
case "$*" in
  *--paginate*) echo "$*" | grep -o -- "--jq .*" > "${bin}/jq"; echo 77 ;;
  *) echo "$*" > "${bin}/args"; cat > "${bin}/body" ;;
esac
`,
  );
  chmodSync(gh, 0o755);
  const said = spawnSync('bash', ['-e', '-c', run], {
    encoding: 'utf8',
    env: {
      PATH: `${bin}:${process.env.PATH}`,
      GITHUB_REPOSITORY: 'a/b',
      PULL: '5',
      REVIEW: '$(touch pwned) `x`',
    },
  });
  expect(said.status).toBe(0);
  expect(readFileSync(join(bin, 'args'), 'utf8')).toContain('PATCH repos/a/b/issues/comments/77');
  expect(readFileSync(join(bin, 'body'), 'utf8')).toBe('<!-- vports -->\n$(touch pwned) `x`\n');
  expect(existsSync('pwned')).toBe(false);
});

test('publishes ports.json and the map on a branch of its own, and nothing where nothing changed', {
  tags: ['slow'],
}, async () => {
  const { path, vports } = await pullRequest();
  git(path, 'switch', '-q', 'main');
  const remote = join(temporaryFolder(), 'remote.git');
  execFileSync('git', ['clone', '-q', '--bare', path, remote]);
  const publish = steps('publish').find(({ name }) => name === 'publish')!.run!;
  const list = steps('check').find(({ name }) => name === 'list')!.run!;
  const map = steps('check').find(({ name }) => name === 'map')!.run!;
  for (let round = 0; round < 2; round++) {
    const clone = join(temporaryFolder(), 'clone');
    execFileSync('git', ['clone', '-q', remote, clone]);
    const temp = temporaryFolder();
    mkdirSync(join(temp, 'ports'));
    for (const step of [list, map]) expect(runStep(clone, step, { RUNNER_TEMP: temp }).status).toBe(0);
    for (const file of ['ports.json', 'ports.html'])
      copyFileSync(join(temp, file), join(temp, 'ports', file));
    const run = runStep(clone, publish, { RUNNER_TEMP: temp });
    expect([run.status, run.stderr]).toEqual([0, expect.any(String)]);
  }
  expect(git(remote, 'rev-list', '--count', 'published')).toBe('1');
  const published = JSON.parse(git(remote, 'show', 'published:ports.json'));
  expect(published).toEqual(JSON.parse((await vports(['list', '--format', 'json'])).stdout));
  expect(git(remote, 'show', 'published:ports.html')).toContain('vports map');
});

test('the pre-commit hook lets events be added, and nothing else', async () => {
  const { path, vports } = await pullRequest();
  // As the guide has it.
  const [install = ''] =
    /^hooks=\$\(git rev-parse.*$/m.exec(readFileSync('docs/guide/team.md', 'utf8')) ?? [];
  expect(readFileSync('registry-repo/hooks/pre-commit', 'utf8')).toContain(install);
  expect(runStep(path, install).status).toBe(0);
  await vports(['allocate', 'more', '--port', '26953']);
  put(join(path, 'notes.md'), 'x');
  git(path, 'add', '.');
  git(path, 'commit', '-qm', 'notes');
  const file = join(path, 'events/tcp/26xxx/269xx/26953/0001.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('more', 'less'));
  git(path, 'add', '.');
  const refused = tryGit(path, 'commit', '-qm', 'edit');
  expect(refused.status).toBe(1);
  expect(refused.output).toContain('Events are never changed or deleted');
});

test('the pre-commit hook names a write that was interrupted, and lets nothing be committed on it', async () => {
  const { path } = await pullRequest();
  const hook = join(path, '.git/hooks/pre-commit');
  put(hook, '');
  copyFileSync(join(path, 'hooks/pre-commit'), hook);
  chmodSync(hook, 0o755);
  put(join(path, '.git/vports/journal.json'), '{}');
  const refused = tryGit(path, 'commit', '-q', '--allow-empty', '-m', 'x');
  expect(refused.status).toBe(1);
  expect(refused.output).toContain('`vports doctor --fix` completes it. Leave index.lock there.');
});

test('a branch that deletes .vports.json does not turn the check of documents off', async () => {
  const { path, base } = await pullRequest();
  put(join(path, 'service.json'), '{"name": "shop", "ports": {"api": 26999}}\n');
  git(path, 'rm', '-q', '.vports.json');
  git(path, 'add', '-A');
  git(path, 'commit', '-qm', 'x');
  const run = runStep(path, steps('check').find(({ name }) => name === 'documents')!.run!, { BASE: base });
  expect(run.status).toBe(1);
  expect(run.stdout).toContain('::error file=service.json');
});

test('what is passed on names the packages whose code is in it, with their licences', () => {
  const notices = readFileSync('dist/THIRD-PARTY-NOTICES.txt', 'utf8');
  for (const name of ['@oclif/core', 'isomorphic-git', 'immer', 'zod', 'yaml', '@modelcontextprotocol/sdk'])
    expect(notices).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\([\\w.-]+\\)$`, 'm'));
});

test.each([
  ['https://gitlab.example/team/ports.git', '.gitlab-ci.yml'],
  ['git@codeberg.org:team/ports.git', '.forgejo/workflows/ports.yml'],
  ['ssh://git@forgejo.example:2222/team/ports.git', '.forgejo/workflows/ports.yml'],
  ['https://gitea.example/team/ports.git', '.gitea/workflows/ports.yml'],
  ['https://github.com/team/ports.git', '.github/workflows/ports.yml'],
  ['https://git.example/team/ports.git', '.github/workflows/ports.yml'],
])('init lays down the workflow of the host: %s', async (remote, workflow) => {
  const home = temporaryFolder();
  git(home, 'init', '-q', '--bare', 'remote.git');
  put(join(home, '.gitconfig'), `[url "file://${home}/remote.git"]\n\tinsteadOf = ${remote}\n`);
  const run = await runner(home, { env: { HOME: home } })(['init', 'ports', '--remote', remote]);
  expect([run.status, run.stderr]).toEqual([0, expect.stringContaining('created a registry')]);
  const all = git(join(home, 'remote.git'), 'ls-tree', '-r', '--name-only', 'main').split('\n');
  expect(all.filter((it) => /workflows|gitlab/.test(it))).toEqual([workflow]);
  expect((await runner(join(home, 'ports'))(['verify'])).stdout).toMatch(/^OK: /);
});

interface GitLabJob {
  variables: object;
  rules: { if: string }[];
  before_script: [string];
  script: [string];
}

test('the workflow of GitLab stops a merge request that takes back, and installs one version only', async () => {
  const job: GitLabJob = parse(readFileSync('registry-repo/.gitlab-ci.yml', 'utf8')).ports;
  expect(job.variables).toEqual({ GIT_DEPTH: 0 });
  expect(job.rules[0]).toEqual({ if: '$CI_PIPELINE_SOURCE == "merge_request_event"' });
  const { path } = await pullRequest();
  const clone = join(temporaryFolder(), 'clone');
  git(path, 'clone', '-q', '--branch', 'topic', path, clone);
  const env = { CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main', CI_PROJECT_DIR: clone };
  const [script] = job.script;
  const sound = runStep(clone, script, env);
  expect([sound.status, sound.stdout]).toEqual([
    0,
    expect.stringMatching(/^web gets 26952\/tcp[\s\S]*\nOK: 2 events/),
  ]);
  expect(runStep(clone, script, { CI_PROJECT_DIR: clone }).stdout).toMatch(/^OK: 2 events/);
  git(clone, 'rm', '-q', 'events/tcp/26xxx/269xx/26951/0001.json');
  git(clone, 'commit', '-qm', 'drop');
  expect(runStep(clone, script, env).status).toBe(1);
  const install = job.before_script[0].replace(/^npm install.*$/m, 'echo "installs $VPORTS_PACKAGE"');
  for (const loose of ['', 'vports', '--registry=x'])
    expect(runStep(clone, install, { ...env, VPORTS_PACKAGE: loose }).status).toBe(1);
  expect(runStep(clone, install, { ...env, VPORTS_PACKAGE: '@team/vports@1.2.3' })).toMatchObject({
    status: 0,
    stdout: 'installs @team/vports@1.2.3\n',
  });
});

test('the workflow of Forgejo does the same', async () => {
  const { jobs } = parse(readFileSync('registry-repo/.forgejo/workflows/ports.yml', 'utf8'));
  const own: (Step & { with?: object })[] = jobs.check.steps;
  expect(own[0]?.with).toEqual({ 'fetch-depth': 0, 'persist-credentials': false });
  for (const { run = '' } of own) expect(run).not.toContain('${{');
  const { path, base } = await pullRequest();
  const verify = own.find(({ name }) => name === 'verify')!.run!;
  const sound = runStep(path, verify, { BASE: base });
  expect([sound.status, sound.stdout]).toEqual([
    0,
    expect.stringMatching(/^::stop-commands::stop-[\s\S]*OK: 2 events[\s\S]*::stop-\w+::\n$/),
  ]);
  git(path, 'rm', '-q', 'events/tcp/26xxx/269xx/26951/0001.json');
  git(path, 'commit', '-qm', 'drop');
  expect(runStep(path, verify, { BASE: base }).status).toBe(1);
  const install = own.find(({ name }) => name === 'install')!.run!;
  expect(runStep(path, install, { VPORTS_PACKAGE: 'vports', RUNNER_TEMP: path }).status).toBe(1);
});
