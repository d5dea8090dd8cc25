import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAllowedSigners } from '../../../../src/log/signatures/allowed-signers.js';
import { parseSignature, withArmor, withoutArmor } from '../../../../src/log/signatures/sshsig.js';
import { wireString } from '../../../../src/log/signatures/wire.js';
import { temporaryFolder } from '../../../support/folders.js';
import { testWith } from '../../../support/needs.js';

const NAMESPACE = 'vports@1';

function keygen(...args: string[]): void {
  execFileSync('ssh-keygen', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** A key of a kind, and the signature that ssh-keygen makes of a text with it. */
function signed(kind: string[], text: string, namespace = NAMESPACE) {
  const folder = temporaryFolder();
  const [key, file] = [join(folder, 'key'), join(folder, 'text')];
  keygen('-q', '-t', ...kind, '-N', '', '-f', key);
  writeFileSync(file, text);
  keygen('-Y', 'sign', '-q', '-n', namespace, '-f', key, file);
  const [type, blob] = readFileSync(`${key}.pub`, 'utf8').split(' ');
  return {
    folder,
    file,
    base64: withoutArmor(readFileSync(`${file}.sig`, 'utf8'))!,
    line: `${type} ${blob}`,
    blob: blob!,
  };
}

const KINDS = [
  ['ed25519'],
  ['ecdsa', '-b', '256'],
  ['ecdsa', '-b', '384'],
  ['ecdsa', '-b', '521'],
  ['rsa', '-b', '2048'],
];

describe.each(KINDS)('a signature by %s %s %s', (...kind) => {
  testWith('ssh-keygen')('covers its text and no other', () => {
    const { base64, blob } = signed(kind.filter(Boolean), 'a command\n');
    const signature = parseSignature(base64, NAMESPACE);
    expect(signature.covers('a command\n')).toBe(true);
    expect(signature.covers('a command')).toBe(false);
    expect(signature.keyBlob.toString('base64')).toBe(blob);
    expect(() => parseSignature(base64, 'git')).toThrow('was made for "vports@1", not for git');
  });

  testWith('ssh-keygen')('is one that ssh-keygen takes in the armor that we put around it', () => {
    const { folder, base64, line } = signed(kind.filter(Boolean), 'a command\n');
    const [signers, sig] = [join(folder, 'signers'), join(folder, 'sig')];
    writeFileSync(signers, `ada@example.com ${line}\n`);
    writeFileSync(sig, withArmor(base64));
    const args = ['-Y', 'verify', '-f', signers, '-I', 'ada@example.com', '-n', NAMESPACE, '-s', sig];
    expect(spawnSync('ssh-keygen', args, { input: 'a command\n' }).status).toBe(0);
  });
});

testWith('ssh-keygen')('with any byte changed covers nothing, or is refused', () => {
  const { base64 } = signed(['ed25519'], 'a command\n');
  const bytes = Buffer.from(base64, 'base64');
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const forged = Buffer.from(bytes);
      forged[at] = forged[at]! ^ change;
      let covers = false;
      try {
        const signature = parseSignature(forged.toString('base64'), NAMESPACE);
        covers = signature.covers('a command\n');
      } catch (error) {
        expect((error as Error).constructor.name).toBe('Unfit');
      }
      expect(covers).toBe(false);
    }),
  );
});

testWith('ssh-keygen')('of a short RSA key, another hash or another format is refused by name', () => {
  const { base64 } = signed(['rsa', '-b', '1024'], 'x');
  expect(() => parseSignature(base64, NAMESPACE)).toThrow('1024 bits, fewer than 2048');
  expect(() => parseSignature('AAAA', NAMESPACE)).toThrow('cut off');
  expect(() => parseSignature(Buffer.from('PGPSIG0000').toString('base64'), NAMESPACE)).toThrow(
    'no SSH signature',
  );
});

/** What a hardware key would make of a text (PROTOCOL.u2f of OpenSSH), by a key of this process. */
function touchedSignature(text: string, flags: number) {
  const kind = 'sk-ssh-ed25519@openssh.com';
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const point = Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url');
  const blob = Buffer.concat([kind, point, 'ssh:'].map((it) => wireString(it)));
  const hash = (algorithm: string, value: string | Buffer) => createHash(algorithm).update(value).digest();
  const parts = [NAMESPACE, '', 'sha512', hash('sha512', text)].map((it) => wireString(it));
  const message = Buffer.concat([Buffer.from('SSHSIG'), ...parts]);
  const facts = Buffer.from([flags, 0, 0, 0, 7]);
  const raw = sign(null, Buffer.concat([hash('sha256', 'ssh:'), facts, hash('sha256', message)]), privateKey);
  const signature = Buffer.concat([wireString(kind), wireString(raw), facts]);
  const head = Buffer.concat([
    Buffer.from('SSHSIG'),
    Buffer.from([0, 0, 0, 1]),
    wireString(blob),
    ...parts.slice(0, 3),
  ]);
  return {
    base64: Buffer.concat([head, wireString(signature)]).toString('base64'),
    line: `${kind} ${blob.toString('base64')}`,
  };
}

describe('a signature by a hardware key', () => {
  test('counts only where somebody touched it', () => {
    expect(parseSignature(touchedSignature('x', 1).base64, NAMESPACE).covers('x')).toBe(true);
    expect(parseSignature(touchedSignature('x', 1).base64, NAMESPACE).covers('y')).toBe(false);
    expect(() => parseSignature(touchedSignature('x', 0).base64, NAMESPACE).covers('x')).toThrow(
      'nobody touched',
    );
  });

  testWith('ssh-keygen')('is one that ssh-keygen takes too', () => {
    const { base64, line } = touchedSignature('x', 1);
    const folder = temporaryFolder();
    const [signers, sig] = [join(folder, 'signers'), join(folder, 'sig')];
    writeFileSync(signers, `ada@example.com ${line}\n`);
    writeFileSync(sig, withArmor(base64));
    const args = ['-Y', 'verify', '-f', signers, '-I', 'ada@example.com', '-n', NAMESPACE, '-s', sig];
    expect(spawnSync('ssh-keygen', args, { input: 'x' }).status).toBe(0);
  });
});

describe('allowed_signers', () => {
  const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIyvNpRFjKVEYiFABMb11WioT0PubqlkIbRKTiY2tAxz';
  const NOON = Date.UTC(2026, 10, 30, 12);
  const refusal = (line: string, email = 'ada@example.com', namespace = NAMESPACE, at = NOON) =>
    parseAllowedSigners(line)[0]?.refusal(email, namespace, at);

  test.each([
    [`ada@example.com ${KEY}`],
    [`ADA@Example.com ${KEY} a comment`],
    [`bob@example.com,ada@* ${KEY}`],
    [`"*@example.com,!bob@example.com" ${KEY}`],
    [`ada@example.com namespaces="git,vports@*" ${KEY}`],
    [`ada@example.com namespaces="vports@1",valid-after="20261130Z",valid-before="20261201Z" ${KEY}`],
  ])('%s names her', (line) => expect(refusal(line)).toBeUndefined());

  test.each([
    [`bob@example.com ${KEY}`, 'belongs to bob@example.com'],
    [`*,!ada@* ${KEY}`, 'belongs to'],
    [`ada@example.com namespaces="git" ${KEY}`, 'may sign for git'],
    [`ada@example.com valid-after="20261201Z" ${KEY}`, 'not valid yet'],
    [`ada@example.com valid-before="20261130000000Z" ${KEY}`, 'not valid any more'],
  ])('%s does not', (line, why) => expect(refusal(line)).toContain(why));

  test.each([
    [`ada@example.com cert-authority ${KEY}`, 'certificate authorities are not supported'],
    [`ada@example.com valid-after="soon" ${KEY}`, 'a time that is none'],
    [`ada@example.com verify-required ${KEY}`, 'not supported'],
    ['ada@example.com', 'no key'],
  ])('%s is left out, and said', (line, why) => {
    const problems: string[] = [];
    expect(parseAllowedSigners(`# us\n\n${line}\n`, (at, it) => problems.push(`${at} ${it}`))).toEqual([]);
    expect(problems).toEqual([expect.stringContaining(`3 `)]);
    expect(problems[0]).toContain(why);
  });

  test('of any bytes are read', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => Array.isArray(parseAllowedSigners(text))));
  });
});
