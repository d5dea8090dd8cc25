import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { describe, expect } from 'vitest';
import { decodeEvent, encodeEvent } from '../../events/encoding.js';
import type { PortEvent } from '../../events/event.js';
import { eventPath } from '../../events/event-path.js';
import { parseAllowedSigners } from '../../src/log/signatures/allowed-signers.js';
import { commandsIn } from '../../src/log/signatures/command-text.js';
import { verifyCommand } from '../../src/log/signatures/verify-command.js';
import { MapHistory } from '../../src/map/history.js';
import { put, temporaryFolder } from '../support/folders.js';
import { git } from '../support/git.js';
import { testWith } from '../support/needs.js';
import { type Run, runner } from '../support/program.js';

const json = (run: Run) => JSON.parse(run.stdout);

/** A key of a person, and the line by which others know it. */
function keyOf(home: string, name: string, options = ''): string {
  const key = join(home, name);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  const [kind, blob] = readFileSync(`${key}.pub`, 'utf8').split(' ');
  return `${name}@example.com ${options}${kind} ${blob}\n`;
}

/** Ada's registry, in which every event is signed and commits are not. */
async function signedRegistry({ signatures = 'required' } = {}) {
  const home = temporaryFolder();
  const ada = keyOf(home, 'ada');
  const config = `[user]\n\tsigningKey = ${join(home, 'ada')}\n[gpg]\n\tformat = ssh\n`;
  put(join(home, '.gitconfig'), config);
  const registry = join(home, 'ports');
  const vports = runner(home, { env: { VPORTS_REGISTRY: registry } });
  await vports(['init', registry]);
  writeFileSync(join(registry, 'allowed_signers'), ada);
  git(registry, 'add', 'allowed_signers');
  git(registry, 'commit', '-qm', 'Say who may sign');
  await vports(['policy', 'set', 'signatures', signatures]);
  return { home, registry, vports, ada };
}

function eventsOf(registry: string): Map<string, PortEvent> {
  const files = git(registry, 'ls-tree', '-r', '--name-only', 'HEAD', 'events').split('\n').filter(Boolean);
  return new Map(files.map((path) => [path, decodeEvent(`${git(registry, 'show', `HEAD:${path}`)}\n`)]));
}

function idOf(registry: string): string {
  return JSON.parse(readFileSync(join(registry, 'policy.json'), 'utf8')).id;
}

/** The events that a page of `vports map` shows. */
function mapEvents(page: string) {
  const [, data] = /id="data">([^<]*)</.exec(readFileSync(page, 'utf8'))!;
  const { events } = JSON.parse(inflateRawSync(Buffer.from(data!, 'base64')).toString('utf8'));
  const history = new MapHistory(events);
  return Array.from({ length: history.length }, (_, index) => history.event(index));
}

describe('an event that is signed', () => {
  testWith('ssh-keygen')('is one whose text ssh-keygen verifies, as docs/format.md has it', async () => {
    const { home, registry, vports } = await signedRegistry();
    await vports(['allocate', 'web', '--port', '30100']);
    const event = readFileSync(join(registry, 'events/tcp/30xxx/301xx/30100/0001.json'), 'utf8');
    const { sig } = JSON.parse(event);
    const bare = event.replace(/,\n {2}"sig": ".*"\n/, '\n');
    const hash = createHash('sha256').update(bare).digest('hex');
    const text = `vports command 1\nregistry ${idOf(registry)}\nevents/tcp/30xxx/301xx/30100/0001.json ${hash} after nothing\n`;
    const armor = `-----BEGIN SSH SIGNATURE-----\n${sig.match(/.{1,70}/g).join('\n')}\n-----END SSH SIGNATURE-----\n`;
    const file = put(join(home, 'armor'), armor);
    const signers = join(registry, 'allowed_signers');
    const args = ['-Y', 'verify', '-f', signers, '-I', 'ada@example.com', '-n', 'vports@1', '-s', file];
    expect(execFileSync('ssh-keygen', args, { input: text, encoding: 'utf8' })).toContain('Good "vports@1"');
    expect(json(await vports(['log', '--json'])).events[0].signature.is).toBe('signed');
    expect(json(await vports(['who', '30100', '--json'])).holders[0].signature.is).toBe('signed');
    const page = join(home, 'map.html');
    await vports(['map', '--out', page]);
    expect(mapEvents(page)).toMatchObject([{ signature: 'signed' }]);
  });

  testWith('ssh-keygen')('is shown to a reviewer, as is one whose signature is bad', async () => {
    const { registry, vports } = await signedRegistry({ signatures: 'accepted' });
    git(registry, 'config', 'commit.gpgSign', 'true');
    git(registry, 'switch', '-qc', 'branch');
    await vports(['allocate', 'web', '--port', '30100']);
    await vports(['allocate', 'api', '--port', '30101']);
    const path = join(registry, 'events/tcp/30xxx/301xx/30101/0001.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"resource": "api"', '"resource": "apis"'));
    git(registry, 'config', 'commit.gpgSign', 'false');
    git(registry, 'commit', '-qam', 'Edit it');
    await vports(['allocate', 'db', '--port', '30102']);
    const { changes } = json(await vports(['review', 'main', '--json']));
    expect(changes.map((it: { signature?: { is: string } }) => it.signature?.is)).toEqual([
      'signed',
      'bad',
      undefined,
    ]);
    const { stdout } = await vports(['review', 'main']);
    expect(stdout).toMatch(/web gets 30100.*, signed\)/);
    expect(stdout).toMatch(/apis gets 30101.*badly signed: /);
    expect((await vports(['review', 'main', '--format', 'markdown'])).stdout).toContain('(signed)');
  });

  testWith('ssh-keygen')('is found out in every way that it may be forged', async () => {
    const { home, registry, vports, ada } = await signedRegistry();
    await vports(['allocate', 'web', '--port', 'http=30100', '--port', 'ws=30101', '--reason', 'the shop']);
    await vports(['allocate', 'api', '--port', '30102']);
    await vports(['release', 'api']);
    const mallory = keyOf(home, 'mallory');
    const [id, events] = [idOf(registry), eventsOf(registry)];
    const at = (port: number, version = 1) =>
      `events/tcp/30xxx/301xx/${port}/${String(version).padStart(4, '0')}.json`;
    const verdict = (
      change: (events: Map<string, PortEvent>) => void = () => undefined,
      { key = '30100', registry: its = id, signers = ada } = {},
    ) => {
      const copy = new Map([...events].map(([path, event]) => [path, structuredClone(event)]));
      change(copy);
      const first = copy.get(at(Number(key.slice(0, 5)), Number(key.split('.')[1] ?? 1)));
      const command = first && commandsIn(copy).get(first.batch ?? first.id);
      return command ? verifyCommand(its, command, parseAllowedSigners(signers)).is : 'nothing';
    };
    const edit = (port: number, more: object) => (all: Map<string, PortEvent>) =>
      void all.set(at(port), { ...all.get(at(port))!, ...more } as PortEvent);
    expect([verdict(), verdict(undefined, { key: '30102' }), verdict(undefined, { key: '30102.2' })]).toEqual(
      ['signed', 'signed', 'signed'],
    );

    const { sig, with: others } = events.get(at(30100))!;
    const forgeries: Record<string, string> = {
      'another registry': verdict(undefined, { registry: '01K00000000000000000000000' }),
      'no registry': verdict(undefined, { registry: '' }),
      'another resource': verdict(edit(30100, { resource: 'shop' })),
      'another name': verdict(edit(30101, { name: 'wss' })),
      'another author': verdict(edit(30101, { by: { name: 'M', email: 'mallory@example.com', host: 'x' } })),
      'another time': verdict(edit(30100, { at: '2020-01-01T00:00:00.000Z' })),
      'another reason': verdict(edit(30101, { reason: 'ours' })),
      'no reason': verdict(edit(30101, { reason: undefined })),
      'another owner': verdict(edit(30100, { owner: 'mallory' })),
      'another port': verdict((all) => {
        const moved = { ...all.get(at(30101))!, port: 30109 };
        all.delete(at(30101));
        all.set(at(30109), moved);
      }),
      'another protocol': verdict((all) => {
        const moved = { ...all.get(at(30101))!, protocol: 'udp' } as PortEvent;
        all.delete(at(30101));
        all.set(eventPath(moved, 1), moved);
      }),
      'half of it': verdict((all) => void all.delete(at(30101))),
      'a stranger in the batch': verdict((all) => {
        const { sig: _, with: __, ...rest } = all.get(at(30102))!;
        all.set(at(30102), { ...rest, batch: all.get(at(30100))!.id } as PortEvent);
      }),
      'its numbers swapped': verdict((all) => {
        const [one, two] = [all.get(at(30100))!, all.get(at(30101))!];
        all.set(at(30100), { ...one, name: two.name } as PortEvent);
        all.set(at(30101), { ...two, name: one.name } as PortEvent);
      }),
      'the signature on the second event': verdict((all) => {
        edit(30100, { sig: undefined, with: undefined })(all);
        edit(30101, { sig, with: others })(all);
      }),
      'no signature, and the rest of it': verdict(edit(30100, { sig: undefined })),
      'a signature without the rest of it': verdict(edit(30100, { with: undefined })),
      'another count': verdict(edit(30100, { with: { ...others, files: 2 } })),
      'another sum': verdict(edit(30100, { with: { ...others, sha256: 'a'.repeat(64) } })),
      'the signature of another command': verdict(edit(30100, { sig: events.get(at(30102))!.sig })),
      'a signature that is none': verdict(edit(30100, { sig: 'AAAA' })),
      'another predecessor': verdict(edit(30102, { reason: 'other bytes' }), { key: '30102.2' }),
      'the same bytes later in the stream': verdict(
        (all) => {
          const release = all.get(at(30102, 2))!;
          all.set(at(30102, 3), { ...release, version: 3, prev: release.id, id: release.id } as PortEvent);
          all.delete(at(30102, 2));
        },
        { key: '30102.3' },
      ),
      'a key of somebody else': verdict(undefined, { signers: ada.replace('ada@', 'bob@') }),
      'an expired key': verdict(undefined, { signers: ada.replace('ssh-', 'valid-before="20200101Z" ssh-') }),
      'a key that is not valid yet': verdict(undefined, {
        signers: ada.replace('ssh-', 'valid-after="20990101Z" ssh-'),
      }),
      'a key for commits': verdict(undefined, { signers: ada.replace('ssh-', 'namespaces="git" ssh-') }),
      'a certificate authority': verdict(undefined, { signers: ada.replace('ssh-', 'cert-authority ssh-') }),
      'a key that nobody allowed': verdict(undefined, { signers: mallory }),
    };
    expect(Object.entries(forgeries).filter(([, it]) => it === 'signed')).toEqual([]);
    expect(Object.keys(forgeries).length).toBeGreaterThan(20);
  });

  testWith('ssh-keygen')(
    'stays good through whatever a host does to its commit',
    { tags: ['slow'] },
    async () => {
      const { registry, vports } = await signedRegistry();
      await vports(['allocate', 'base', '--port', '30199']);
      const bob = ['-c', 'user.name=Bob', '-c', 'user.email=bob@example.com'];
      const journeys: Record<string, (branch: string) => void> = {
        squash: (branch) => {
          git(registry, 'merge', '-q', '--squash', branch);
          git(registry, ...bob, 'commit', '-qm', 'Squashed');
        },
        rebase: (branch) => git(registry, ...bob, 'rebase', '-q', branch),
        'cherry-pick': (branch) => git(registry, 'cherry-pick', `main..${branch}`),
        merge: (branch) => git(registry, 'merge', '-q', '--no-ff', '-m', `Merge branch '${branch}'`, branch),
        amend: (branch) => {
          git(registry, 'cherry-pick', `main..${branch}`);
          git(registry, 'commit', '-q', '--amend', '-m', 'Another message');
        },
        'commit by another': (branch) => {
          git(registry, 'checkout', branch, '--', 'events');
          git(registry, ...bob, 'commit', '-qm', 'Ports');
        },
      };
      for (const [index, [name, travel]] of Object.entries(journeys).entries()) {
        const branch = `branch-${index}`;
        await vports(['allocate', `web-${index}`, '--port', `${30110 + index}`, '--branch', branch]);
        await vports(['reassign', `web-${index}`, '--to', `${30130 + index}`, '--branch', branch]);
        git(registry, 'commit', '-q', '--allow-empty', '-m', 'main moves on');
        travel(branch);
        const run = await vports(['verify', '--signed']);
        expect([name, run.stdout]).toEqual([name, expect.stringMatching(/^OK: /)]);
      }
      const mirror = join(temporaryFolder(), 'mirror.git');
      git(registry, 'clone', '-q', '--mirror', registry, mirror);
      expect((await vports(['verify', '--signed', '--registry', mirror])).stdout).toMatch(/^OK: /);
    },
  );

  testWith('ssh-keygen')('under "required" is what the gate asks for, whatever the commits are', async () => {
    const { home, registry, vports, ada } = await signedRegistry();
    await vports(['allocate', 'good', '--branch', 'good']);
    const gate = async (head: string) =>
      json(await vports(['verify', '--base', 'main', '--at', head, '--json'])).problems.map(
        ({ code }: { code: string }) => code,
      );
    expect(await gate('good')).toEqual([]);
    git(registry, 'switch', '-qc', 'bare', 'good');
    const [path = ''] = git(registry, 'diff', '--name-only', 'main').split('\n');
    const { sig: _, ...event } = decodeEvent(readFileSync(join(registry, path), 'utf8'));
    git(registry, 'switch', '-q', 'main');
    git(registry, 'switch', '-qc', 'unsigned');
    put(join(registry, path), encodeEvent(event as PortEvent));
    git(registry, 'add', '.');
    git(registry, 'commit', '-qm', 'By hand');
    expect(await gate('unsigned')).toEqual(['NOT_SIGNED']);
    put(join(registry, path), encodeEvent({ ...event, batch: '01K00000000000000000000000' } as PortEvent));
    git(registry, 'commit', '-qam', 'A part of a command that is nowhere', '--amend');
    expect(await gate('unsigned')).toContain('NOT_SIGNED');
    git(registry, 'switch', '-q', 'main');

    keyOf(home, 'mallory');
    const bad = {
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'user.signingKey',
      GIT_CONFIG_VALUE_0: join(home, 'mallory'),
    };
    await vports(['allocate', 'bad', '--branch', 'bad'], { env: { ...bad, VPORTS_REGISTRY: registry } });
    expect(await gate('bad')).toEqual(['BAD_SIGNATURE']);

    git(registry, 'switch', '-qc', 'renamed');
    const policy = join(registry, 'policy.json');
    writeFileSync(policy, readFileSync(policy, 'utf8').replace(idOf(registry), '01K00000000000000000000000'));
    git(registry, 'commit', '-qam', 'Another registry');
    expect(await gate('renamed')).toEqual(['BAD_POLICY']);
    expect(ada).toContain('ssh-ed25519');
  });

  testWith('ssh-keygen')('cannot be had without a key: one sentence, and nothing is written', async () => {
    const { home, registry, vports } = await signedRegistry();
    const before = git(registry, 'rev-parse', 'HEAD');
    put(join(home, '.gitconfig'), '[commit]\n\tgpgSign = true\n');
    const openpgp = await vports(['allocate', 'web']);
    expect([openpgp.status, openpgp.stderr]).toEqual([73, expect.stringContaining('gpg.format ssh')]);
    const locked = join(home, 'locked');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret', '-f', locked]);
    put(join(home, '.gitconfig'), `[user]\n\tsigningKey = ${locked}\n[gpg]\n\tformat = ssh\n`);
    const run = await vports(['allocate', 'web']);
    expect([run.status, run.stderr]).toEqual([73, expect.stringContaining('ssh-add')]);
    expect(git(registry, 'rev-parse', 'HEAD')).toBe(before);
    expect(git(registry, 'status', '--porcelain')).toBe('');
    expect(readdirSync(join(registry, '.git')).filter((it) => it.startsWith('tmp'))).toEqual([]);
  });

  testWith('ssh-keygen', 'ssh-agent')('by an agent needs no file of the private key', async () => {
    const { home, registry, vports } = await signedRegistry();
    const started = execFileSync('ssh-agent', ['-s'], { encoding: 'utf8' });
    const agent = Object.fromEntries(
      [...started.matchAll(/^(SSH_\w+)=([^;]+);/gm)].map(([, name, value]) => [name, value!]),
    );
    try {
      const env = { ...process.env, ...agent };
      execFileSync('ssh-add', ['-q', join(home, 'ada')], { env, stdio: 'ignore' });
      const [kind, blob] = readFileSync(join(home, 'ada.pub'), 'utf8').split(' ');
      put(join(home, '.gitconfig'), `[user]\n\tsigningKey = "key::${kind} ${blob}"\n[gpg]\n\tformat = ssh\n`);
      const run = await vports(['allocate', 'web'], { env: { ...agent, VPORTS_REGISTRY: registry } });
      expect([run.status, run.stderr]).toEqual([0, expect.any(String)]);
      expect((await vports(['verify', '--signed'])).stdout).toMatch(/^OK: /);
    } finally {
      execFileSync('kill', [agent.SSH_AGENT_PID!]);
    }
  });

  testWith('ssh-keygen')(
    'of two thousand is signed once, and no file grows beyond 64 KB',
    { tags: ['slow'] },
    async () => {
      const { home, registry, vports } = await signedRegistry({ signatures: 'required' });
      const count = join(home, 'count');
      const wrapper = put(join(home, 'sign'), `#!/bin/sh\necho once >> ${count}\nexec ssh-keygen "$@"\n`);
      execFileSync('chmod', ['+x', wrapper]);
      put(
        join(home, '.gitconfig'),
        `[user]\n\tsigningKey = ${join(home, 'ada')}\n[gpg]\n\tformat = ssh\n[gpg "ssh"]\n\tprogram = ${wrapper}\n`,
      );
      const rows = Array.from({ length: 2_000 }, (_, each) => `s${each},${25_000 + each}`);
      put(join(home, 'work/ports.csv'), `resource,port\n${rows.join('\n')}\n`);
      const run = json(await vports(['import', 'work/ports.csv', '--json']));
      expect(run.imported.length).toBe(2_000);
      expect(readFileSync(count, 'utf8')).toBe('once\n');
      const sizes = git(registry, 'ls-tree', '-rl', 'HEAD', 'events')
        .split('\n')
        .map((it) => Number(it.split(/\s+/)[3]));
      expect(Math.max(...sizes)).toBeLessThan(2_000);
      expect((await vports(['verify', '--signed'])).stdout).toMatch(/^OK: 2000 events/);
    },
  );

  testWith('ssh-keygen')('of a registry without an id waits for doctor --fix', async () => {
    const { registry, vports } = await signedRegistry();
    const policy = join(registry, 'policy.json');
    writeFileSync(policy, readFileSync(policy, 'utf8').replace(/ *"id": ".*",\n/, ''));
    git(registry, 'commit', '-qam', 'As before there were ids');
    const run = await vports(['allocate', 'web', '--json']);
    expect(json(run).error).toMatchObject({
      code: 'CANNOT_WRITE',
      hint: expect.stringContaining('doctor --fix'),
    });
    expect(json(await vports(['doctor', '--fix', '--json'])).findings).toContainEqual(
      expect.objectContaining({ code: 'NO_REGISTRY_ID', fixed: true }),
    );
    expect(readFileSync(policy, 'utf8')).toMatch(/"format": 1,\n {2}"id": "[0-9A-Z]{26}",\n/);
    expect((await vports(['allocate', 'web'])).status).toBe(0);
    expect((await vports(['verify', '--signed'])).stdout).toMatch(/^OK: /);
  });
});
