import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { EXIT_CODES } from '../../src/codes.js';
import { testWith } from '../support/needs.js';
import { play, steady, stepsOf, update } from '../support/transcript.js';

test('README.md shows what its commands print', () => requireOutput('README.md'));

test.each([
  'docs/guide/walk-through.md',
  'docs/guide/projects.md',
  'docs/guide/from-my-machine.md',
  'docs/guide/every-day.md',
  'docs/guide/monorepo.md',
  'docs/guide/team.md',
  'docs/guide/protected-main.md',
  'docs/guide/policy.md',
  'docs/guide/audit.md',
  'docs/guide/adopt.md',
  'docs/guide/agents.md',
  'docs/guide/when-something-is-wrong.md',
])('%s shows what its commands print', { tags: ['slow'] }, requireOutput);

testWith('ssh-keygen')('docs/guide/signatures.md shows what its commands print', { tags: ['slow'] }, () =>
  requireOutput('docs/guide/signatures.md'),
);

testWith('caddy', 'nginx', 'curl')(
  'docs/guide/names.md shows what its commands print',
  { tags: ['slow'] },
  () => requireOutput('docs/guide/names.md'),
);

testWith('gitolite', 'ssh-keygen')(
  'docs/guide/gitolite.md shows what its commands print',
  { tags: ['slow'] },
  () => requireOutput('docs/guide/gitolite.md'),
);

test('README.md says which commands take --at, --dry-run, --reason and --branch', () => {
  const { COMMANDS } = createRequire(import.meta.url)('../../dist/cli.cjs') as {
    COMMANDS: Record<string, { flags: Record<string, unknown> }>;
  };
  const withFlag = (flag: string) =>
    Object.keys(COMMANDS).filter((name) => !name.startsWith('port') && flag in COMMANDS[name]!.flags);
  const [, named = ''] = /^(`check`.*) take `--at`/m.exec(readFileSync('README.md', 'utf8')) ?? [];
  expect([...named.matchAll(/`(\w+)`/g)].map(([, name]) => name)).toEqual(withFlag('at'));
  expect(withFlag('dry-run')).toEqual(withFlag('reason'));
  const withoutBranch = ['cleanup', 'renew'];
  expect(withFlag('branch')).toEqual(withFlag('reason').filter((name) => !withoutBranch.includes(name)));
});

test('docs/guide/services.md has every code with its exit code', () => {
  const rows = [...readFileSync('docs/guide/services.md', 'utf8').matchAll(/^\| (\d+) \|.*\| (.*) \|$/gm)];
  const documented = rows.flatMap(([, exit, codes]) =>
    [...codes!.matchAll(/`(\w+)`/g)].map(([, code]) => [code, Number(exit)] as const),
  );
  // Only `run` and `exec` say it, and theirs are the exit codes of the command.
  expect(Object.fromEntries(documented)).toEqual({ ...EXIT_CODES, NOT_LISTENING: 125 });
});

function requireOutput(path: string): void {
  const steps = stepsOf(readFileSync(path, 'utf8'));
  expect(steps.length).toBeGreaterThan(5);
  const outputs = play(steps);
  if (process.env.UPDATE_TRANSCRIPTS) update(path, outputs);
  const shown = stepsOf(readFileSync(path, 'utf8'));
  expect(shown.map(({ command }, index) => `$ ${command}\n${steady(outputs[index]!)}`)).toEqual(
    shown.map(({ command, output }) => `$ ${command}\n${steady(output)}`),
  );
}
