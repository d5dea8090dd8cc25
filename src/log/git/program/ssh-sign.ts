import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { isatty } from 'node:tty';
import { VportsError } from '../../../errors.js';
import { readRegularText } from '../../../files/regular-file.js';
import { homeFolder } from '../../../files/user-folders.js';
import { userConfig, wantsSignature } from '../config.js';
import { mkdtempSync, rmSync, writeNew } from '../guarded-files.js';

/** How the user signs, by the user's own configuration: a registry's names no key and no program. */
export interface SshSigner {
  /** `gpg.ssh.program`. */
  program: string;
  /** `user.signingKey`: the path of a key, or a public key of which an agent has the other half. */
  key: string;
}

/** How long a hardware key waits to be touched, in milliseconds. */
const PATIENCE = 60_000;
/** Characters of what the program says. */
const LONGEST_STORY = 2_000;

/** Whether commits of this repository are signed, and by ssh. */
export function signsBySsh(commondir: string): boolean {
  return wantsSignature(commondir) && userConfig({ gitdir: commondir }).get('gpg.format') === 'ssh';
}

const SET_KEY = '`git config --global user.signingKey ~/.ssh/id_ed25519.pub`';

/** Throws CANNOT_WRITE where git is set to another format, or no key is named. */
export function sshSigner(commondir: string): SshSigner {
  const config = userConfig({ gitdir: commondir });
  const format = config.get('gpg.format') ?? 'openpgp';
  const key = config.get('user.signingkey')?.trim();
  if (format !== 'ssh')
    throw cannotSign(
      `events are signed with SSH keys, and gpg.format is ${JSON.stringify(format.slice(0, 40))}`,
      `\`git config --global gpg.format ssh\` and ${SET_KEY}`,
    );
  if (!key) throw cannotSign('user.signingKey names no key to sign the events with', SET_KEY);
  return { program: expanded(config.get('gpg.ssh.program') ?? 'ssh-keygen'), key };
}

/** The signature of a text as `ssh-keygen -Y sign` makes it, in its armor. Throws CANNOT_WRITE. It asks for a passphrase only on a terminal. */
export async function signWithSsh(
  text: string,
  namespace: string,
  { program, key }: SshSigner,
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'vports-sign-'));
  try {
    const file = join(folder, 'command');
    writeNew(file, text);
    const literal = /^(?:key::|(?=ssh-|ecdsa-|sk-))(.+)$/s.exec(key)?.[1];
    if (literal !== undefined) writeNew(join(folder, 'key.pub'), `${literal}\n`);
    const keyFile = literal === undefined ? expanded(key) : join(folder, 'key.pub');
    const args = [
      '-Y',
      'sign',
      '-q',
      '-n',
      namespace,
      '-f',
      keyFile,
      ...(literal === undefined ? [] : ['-U']),
      file,
    ];
    const { status, story } = await answerOf(program, args);
    if (status !== 0)
      throw cannotSign(
        `${program} did not sign the events: ${story || 'it does not say why'}`,
        'unlock the key (`ssh-add`), or run the command in a terminal; nothing was written',
      );
    return readRegularText(`${file}.sig`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function answerOf(program: string, args: string[]): Promise<{ status: number | null; story: string }> {
  const asks = isatty(0) && isatty(2) && !process.env.CI;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: asks ? ['inherit', 'ignore', 'inherit'] : ['ignore', 'ignore', 'pipe'],
      // Without a terminal of its own it cannot ask where nobody would answer.
      detached: !asks,
      env: { ...process.env, LC_ALL: 'C', ...(!asks && { SSH_ASKPASS_REQUIRE: 'never' }) },
    });
    // Not by spawn's own `timeout`: what never started does not clear it.
    const patience = setTimeout(() => child.kill(), PATIENCE);
    const done = (status: number | null, said: string) => {
      clearTimeout(patience);
      resolve({ status, story: said.trim().split('\n').at(-1)?.slice(0, 300) ?? '' });
    };
    let story = '';
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      story = (story + chunk).slice(0, LONGEST_STORY);
    });
    child.on('error', () => done(null, 'it cannot be started'));
    child.on('close', (status) => done(status, story));
  });
}

function expanded(path: string): string {
  const home = homeFolder();
  return path.startsWith('~/') && home !== undefined && !isAbsolute(path) ? join(home, path.slice(2)) : path;
}

function cannotSign(message: string, hint: string): VportsError {
  return new VportsError('CANNOT_WRITE', message, { hint });
}
