import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
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
  expect(workflow().permissions).toEqual({ contents: 'read' });
  for (const job of ['review', 'publish'])
    for (const { run = '' } of steps(job)) expect(run).not.toContain('${{');
  for (const { run = '' } of parse(readFileSync('action.yml', 'utf8')).runs.steps as Step[])
    expect(run).not.toContain('${{');
  expect(steps('review').find(({ name }) => name === 'comment')!.if).toContain(
    'head.repo.full_name == github.repository',
  );
});

test('its review and its gate say what a pull request means, and stop one that takes back', async () => {
  const { path, base } = await pullRequest();
  const summary = join(temporaryFolder(), 'summary.md');
  const step = (name: string) => steps('review').find((it) => it.name === name)!.run!;
  const env = { BASE: base, GITHUB_STEP_SUMMARY: summary };
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

test('publishes ports.json on a branch of its own, and nothing where nothing changed', async () => {
  const { path, vports } = await pullRequest();
  git(path, 'switch', '-q', 'main');
  const remote = join(temporaryFolder(), 'remote.git');
  execFileSync('git', ['clone', '-q', '--bare', path, remote]);
  const publish = steps('publish').find(({ name }) => name === 'publish')!.run!;
  for (let round = 0; round < 2; round++) {
    const clone = join(temporaryFolder(), 'clone');
    execFileSync('git', ['clone', '-q', remote, clone]);
    const run = runStep(clone, publish, { RUNNER_TEMP: temporaryFolder() });
    expect([run.status, run.stderr]).toEqual([0, expect.any(String)]);
  }
  expect(git(remote, 'rev-list', '--count', 'published')).toBe('1');
  const published = JSON.parse(git(remote, 'show', 'published:ports.json'));
  expect(published).toEqual(JSON.parse((await vports(['list', '--format', 'json'])).stdout));
});

test('the pre-commit hook lets events be added, and nothing else', async () => {
  const { path, vports } = await pullRequest();
  const hook = join(path, '.git/hooks/pre-commit');
  put(hook, '');
  copyFileSync(join(path, 'hooks/pre-commit'), hook);
  chmodSync(hook, 0o755);
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
