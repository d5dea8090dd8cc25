/** What signatures cost: `verify --signed` beside `verify` on 10,000 signed events, and signing beside a bare node. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { wireString } from '../src/log/signatures/wire.js';
import { generateHistory } from './generate-history.js';
import { machine, median, print, time, workFolder } from './measure.js';

const RUNS = 9;
const EVENTS = Number(process.env.BENCH_EVENTS ?? 10_000);
const folder = workFolder();
const program = resolve('dist/vports.cjs');
const env = {
  PATH: process.env.PATH,
  HOME: folder,
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
};
console.log(machine(folder), '\n');
const vports = (path: string, ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args, '--registry', path], {
    env,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`vports ${args.join(' ')}: ${stdout}${stderr}`);
};

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const KIND = 'ssh-ed25519';
const blob = Buffer.concat(
  [KIND, Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url')].map((it) => wireString(it)),
);
/** As `ssh-keygen -Y sign` makes it. */
function sshSignature(text: string): string {
  const head = Buffer.from('SSHSIG');
  const about = ['vports@1', '', 'sha512'].map((it) => wireString(it));
  const digest = wireString(createHash('sha512').update(text).digest());
  const signature = wireString(sign(null, Buffer.concat([head, ...about, digest]), privateKey));
  const whole = wireString(Buffer.concat([wireString(KIND), signature]));
  return Buffer.concat([head, Buffer.from([0, 0, 0, 1]), wireString(blob), ...about, whole]).toString(
    'base64',
  );
}

const path = join(folder, 'ports.git');
await generateHistory(path, {
  events: EVENTS,
  live: 500,
  from: Date.parse('2023-11-01'),
  to: Date.parse('2026-11-01'),
  signer: { allowed: `*@example.com ${KIND} ${blob.toString('base64')}\n`, sign: sshSignature },
});
const verify: [plain: number[], signed: number[]] = [[], []];
vports(path, 'verify');
for (let run = 0; run < RUNS; run++) {
  verify[0].push(...(await time(1, () => vports(path, 'verify'))));
  verify[1].push(...(await time(1, () => vports(path, 'verify', '--signed'))));
}

const key = join(folder, 'key');
execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
const [small, plain] = [join(folder, 'small.git'), join(folder, 'plain.git')];
for (const it of [small, plain]) vports(it, 'init', it, '--bare');
writeFileSync(join(folder, '.gitconfig'), `[user]\n\tsigningKey = ${key}\n[gpg]\n\tformat = ssh\n`);
vports(small, 'policy', 'set', 'signatures', 'required');
const write: [bare: number[], plain: number[], signed: number[]] = [[], [], []];
for (let run = 0; run < RUNS * 2; run++) {
  write[0].push(...(await time(1, () => spawnSync(process.execPath, ['-e', '0'], { env }))));
  write[1].push(...(await time(1, () => vports(plain, 'allocate', `s${run}`))));
  write[2].push(...(await time(1, () => vports(small, 'allocate', `s${run}`))));
}
const [bare, unsigned, signed] = write.map(median) as [number, number, number];
print([
  {
    [`verify of ${EVENTS} events, ms`]: median(verify[0]).toFixed(0),
    'with --signed': median(verify[1]).toFixed(0),
    times: (median(verify[1]) / median(verify[0])).toFixed(2),
  },
]);
print([
  {
    'allocate, ms': unsigned.toFixed(0),
    'and signed': signed.toFixed(0),
    'bare node': bare.toFixed(0),
    'signing, in bare nodes': ((signed - unsigned) / bare).toFixed(2),
  },
]);
