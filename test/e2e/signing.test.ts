import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { put, shortFolder, temporaryFolder } from '../support/folders.js';
import { fsck, git, tryGit } from '../support/git.js';
import { testWith } from '../support/needs.js';
import { runner } from '../support/program.js';

/** A person whose git signs every commit by ssh, and the line by which others know her. */
function signer() {
  const home = temporaryFolder();
  const key = join(home, 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  put(
    join(home, '.gitconfig'),
    `[user]\n\tsigningKey = ${key}.pub\n[gpg]\n\tformat = ssh\n[commit]\n\tgpgSign = true\n`,
  );
  const [kind, text] = readFileSync(`${key}.pub`, 'utf8').split(' ');
  const registry = join(home, 'ports');
  const vports = runner(home, { env: { VPORTS_REGISTRY: registry } });
  return { home, registry, vports, allowed: `ada@example.com ${kind} ${text}\n` };
}

const unsigned = (registry: string) =>
  git(registry, 'log', '--format=%H', '--all')
    .split('\n')
    .filter(
      (it) => !git(registry, 'cat-file', 'commit', it).includes('\ngpgsig -----BEGIN SSH SIGNATURE-----'),
    );

describe('commit.gpgSign', () => {
  testWith('ssh-keygen')('signs whatever vports commits to a registry, by ssh', async () => {
    const { home, registry, vports, allowed } = signer();
    expect((await vports(['init', registry])).status).toBe(0);
    expect((await vports(['allocate', 'web', '--port', '26700', '--reason', 'π, and "more"'])).status).toBe(
      0,
    );
    await vports(['policy', 'set', 'reserved', '["1-9999", "26750"]', '-y']);
    await vports(['allocate', 'api', '--branch', 'topic']);
    expect(unsigned(registry)).toEqual([]);
    const signers = put(join(home, 'signers'), allowed);
    for (const commit of git(registry, 'log', '--format=%H', '--all').split('\n'))
      git(registry, '-c', `gpg.ssh.allowedSignersFile=${signers}`, 'verify-commit', commit);
    expect(git(registry, 'status', '--porcelain')).toBe('');
    fsck(registry);
    expect((await vports(['get', 'web'])).stdout).toBe('26700');
    expect((await vports(['verify'])).status).toBe(0);
  });

  testWith('ssh-keygen')('is what verify --signed asks for, by the signers of the base', async () => {
    const { registry, vports, allowed } = signer();
    await vports(['init', registry]);
    writeFileSync(join(registry, 'allowed_signers'), allowed);
    git(registry, 'add', 'allowed_signers');
    git(registry, 'commit', '-qm', 'signers');
    await vports(['allocate', 'web', '--branch', 'good']);
    const ask = async (head: string) => {
      const run = await vports(['verify', '--base', 'main', '--at', head, '--signed', '--json']);
      return JSON.parse(run.stdout).problems.map(({ code }: { code: string }) => code);
    };
    expect(await ask('good')).toEqual([]);
    await vports(['allocate', 'api', '--branch', 'bare'], {
      env: { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'commit.gpgSign', GIT_CONFIG_VALUE_0: 'false' },
    });
    expect(await ask('bare')).toEqual(['NOT_SIGNED']);
    const other = signer();
    await other.vports(['allocate', 'api', '--branch', 'strange'], { env: { VPORTS_REGISTRY: registry } });
    expect(await ask('strange')).toEqual(['BAD_SIGNATURE']);
  });

  testWith('ssh-keygen')(
    'of one person does not speak for another, and patterns speak for all whom they name',
    async () => {
      const { registry, vports, allowed } = signer();
      await vports(['init', registry]);
      const admit = (text: string) => {
        writeFileSync(join(registry, 'allowed_signers'), text);
        git(registry, 'add', 'allowed_signers');
        git(registry, '-c', 'commit.gpgSign=false', 'commit', '-qm', 'signers');
      };
      admit(allowed);
      const asBob = { env: { GIT_AUTHOR_NAME: 'Bob', GIT_AUTHOR_EMAIL: 'bob@example.com' } };
      expect((await vports(['allocate', 'web', '--branch', 'bob'], asBob)).status).toBe(0);
      const ask = async (head: string) => {
        const run = await vports(['verify', '--base', 'main', '--at', head, '--signed', '--json']);
        return JSON.parse(run.stdout).problems.map(({ code }: { code: string }) => code);
      };
      expect(await ask('bob')).toEqual(['BAD_SIGNATURE']);
      admit(allowed.replace('ada@', '*@'));
      expect(await ask('bob')).toEqual([]);
    },
  );

  testWith('ssh-keygen')('of one of them is what a change of allowed_signers needs', async () => {
    const { home, registry, vports, allowed } = signer();
    await vports(['init', registry]);
    const change = (text: string, sign: boolean) => {
      writeFileSync(join(registry, 'allowed_signers'), text);
      git(registry, 'add', 'allowed_signers');
      const key = ['-c', 'gpg.format=ssh', '-c', `user.signingKey=${join(home, 'key.pub')}`];
      git(registry, ...(sign ? [...key, '-c', 'commit.gpgSign=true'] : []), 'commit', '-qm', 'signers');
    };
    const ask = async () => {
      const run = await vports(['verify', '--base', 'main', '--json']);
      return JSON.parse(run.stdout).problems.map(({ code, path }: Record<string, string>) => [code, path]);
    };
    git(registry, 'switch', '-qc', 'first');
    change(allowed, false);
    expect(await ask()).toEqual([]);
    git(registry, 'switch', '-qC', 'main');
    git(registry, 'switch', '-qc', 'unsigned');
    change(`${allowed}${allowed.replace('ada@', 'mallory@')}`, false);
    expect(await ask()).toEqual([['NOT_SIGNED', 'allowed_signers']]);
    git(registry, 'switch', '-qC', 'signed', 'main');
    change(`${allowed}${allowed.replace('ada@', 'bob@')}`, true);
    expect(await ask()).toEqual([]);
  });

  testWith('ssh-keygen')('is not asked of leases, which nobody else sees', async () => {
    const { home, vports } = signer();
    const run = await vports(['allocate', 'web', '--ttl', '1h'], { env: { VPORTS_REGISTRY: 'embedded' } });
    expect(run.status).toBe(0);
    expect(unsigned(join(home, '.local/share/vports/host.git')).length).toBeGreaterThan(0);
  });

  testWith('ssh-keygen')('where it cannot be met is an error, and nothing is written', async () => {
    const { home, registry, vports } = signer();
    await vports(['init', registry]);
    const before = git(registry, 'rev-parse', 'HEAD');
    const without = await vports(['allocate', 'web', '--json'], { env: { PATH: '/nonexistent' } });
    expect(without.status).toBe(73);
    expect(JSON.parse(without.stdout).error.message).toContain(
      'ssh-keygen did not sign the events: it cannot be started',
    );
    put(
      join(home, '.gitconfig'),
      '[user]\n\tsigningKey = /nowhere.pub\n[gpg]\n\tformat = ssh\n[commit]\n\tgpgSign = true\n',
    );
    const broken = await vports(['allocate', 'web', '--json']);
    expect([broken.status, JSON.parse(broken.stdout).error.code]).toEqual([73, 'CANNOT_WRITE']);
    expect(git(registry, 'rev-parse', 'HEAD')).toBe(before);
    expect(git(registry, 'status', '--porcelain')).toBe('');
    git(registry, 'config', 'commit.gpgSign', 'false');
    expect((await vports(['allocate', 'web'])).status).toBe(0);
  });

  testWith('ssh-keygen')("runs no signing program that the registry's configuration names", async () => {
    const { home, registry, vports } = signer();
    await vports(['init', registry]);
    const evil = put(join(home, 'evil'), `#!/bin/sh\ntouch ${home}/marker\n`);
    chmodSync(evil, 0o755);
    for (const key of ['gpg.program', 'gpg.ssh.program', 'gpg.openpgp.program'])
      git(registry, 'config', key, evil);
    expect((await vports(['allocate', 'web'])).status).toBe(0);
    await vports(['verify', '--base', 'HEAD~1', '--signed']);
    expect(readdirSync(home)).not.toContain('marker');
    expect(unsigned(registry)).toEqual([]);
  });

  testWith('gpg', 'gpgconf')('signs by openpgp', async () => {
    const { home, registry, vports } = signer();
    const env = { GNUPGHOME: join(shortFolder(), 'gnupg') };
    put(join(env.GNUPGHOME, 'gpg.conf'), '');
    chmodSync(env.GNUPGHOME, 0o700);
    const gpg = (...args: string[]) =>
      execFileSync('gpg', ['--batch', '-q', '--pinentry-mode', 'loopback', '--passphrase', '', ...args], {
        env: { ...process.env, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    gpg('--quick-gen-key', 'Ada Lovelace <ada@example.com>', 'ed25519', 'sign');
    put(join(home, '.gitconfig'), '[user]\n\tsigningKey = ada@example.com\n[commit]\n\tgpgSign = true\n');
    try {
      expect((await vports(['init', registry], { env })).status).toBe(0);
      expect((await vports(['allocate', 'web'], { env })).status).toBe(0);
      expect(git(registry, 'cat-file', 'commit', 'HEAD')).toContain('\ngpgsig -----BEGIN PGP SIGNATURE-----');
      const checked = execFileSync('git', ['-C', registry, 'log', '-1', '--format=%G?'], {
        env: { ...process.env, ...env },
        encoding: 'utf8',
      });
      expect(checked.trim()).toMatch(/^[GU]$/);
      expect(tryGit(registry, 'fsck', '--strict').status).toBe(0);
    } finally {
      execFileSync('gpgconf', ['--kill', 'all'], { env: { ...process.env, ...env } });
    }
  });
});
