import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { attempt } from '../../attempt.js';
import { badUsage, VportsError } from '../../errors.js';
import { shellWord } from '../../files/shell-word.js';
import { trustedRepositories } from '../../files/trusted-repositories.js';
import { isPrivateFolder, trustFile } from '../../files/user-folders.js';
import { writeWhole } from '../../files/write-whole.js';
import { isRemoteUrl, withoutSecrets } from '../../log/remote/index.js';
import { existsSync, realpathSync } from '../../world/files.js';

/** Returns all trusted paths. Throws BAD_USAGE if it is not a local repository, CANNOT_WRITE. */
export function setTrust(target: string, isTrusted: boolean): string[] {
  const path = localPath(target);
  if (path === undefined) {
    throw badUsage(
      `${withoutSecrets(target)} is not on this machine and needs no trust`,
      'a push to an https or ssh URL runs nothing here',
    );
  }
  if (isTrusted && !existsSync(path)) {
    throw badUsage(`${path} does not exist`, 'pass the path of a repository; see `vports trust --list`', {
      details: { path },
    });
  }
  const others = trustedRepositories().filter((it) => it !== path);
  const trusted = isTrusted ? [...others, path].sort() : others;
  if (!isPrivateFolder(dirname(trustFile()))) {
    throw new VportsError('CANNOT_WRITE', `${dirname(trustFile())} is not private to this user`, {
      hint: 'check its owner and permissions',
    });
  }
  writeWhole(trustFile(), `${JSON.stringify({ trusted }, null, 2)}\n`, { flush: true });
  return trusted;
}

/** Trusts a repository created or named by this user; if that cannot be saved, the user is asked later. */
export function trustIfLocal(url: string): void {
  if (localPath(url) !== undefined) attempt(() => setTrust(url, true));
}

/** Throws NOT_TRUSTED if a push to `url` would run hooks of an untrusted repository. */
export function requireTrust(url: string): void {
  const path = localPath(url);
  if (path === undefined || trustedRepositories().includes(path)) return;
  throw new VportsError(
    'NOT_TRUSTED',
    `a push to ${path} runs the hooks of that repository, and only a file of this project names it`,
    { hint: `to allow pushes there: \`vports trust ${shellWord(path)}\``, details: { trust: path } },
  );
}

/** Undefined for a remote on another machine. */
function localPath(url: string): string | undefined {
  const path = /^file:/i.test(url) ? pathOf(url) : isRemoteUrl(url) ? undefined : resolve(url);
  return path && (attempt(() => realpathSync(path)) ?? path);
}

function pathOf(url: string): string {
  return attempt(() => fileURLToPath(url)) ?? url.replace(/^file:\/\/[^/]*/i, '');
}
