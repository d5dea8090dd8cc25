import { appendFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { VportsError } from '../../errors.js';
import { headRef } from '../git/head.js';
import { readRef } from '../git/refs.js';
import { openRepository } from '../git/repository.js';
import { openTransport, remoteRefs } from '../remote/open-transport.js';
import { isRemoteUrl, requireRemoteUrl, withoutSecrets } from '../remote/remote-url.js';

/** The URL of a remote that can be reached and has nothing yet. Throws REMOTE_UNREACHABLE, CONFLICT. */
export async function requireEmptyRemote(text: string): Promise<string> {
  const url = isRemoteUrl(text) ? requireRemoteUrl(text) : resolve(text);
  if ((await remoteRefs(url)).length === 0) return url;
  throw new VportsError('CONFLICT', `${withoutSecrets(url)} is not empty`, {
    hint: `where it is a registry already, {"registry": ${JSON.stringify(withoutSecrets(url))}} in .vports.json uses it`,
    details: { remote: withoutSecrets(url) },
  });
}

/** Gives a new registry its remote, and the remote its first commit. */
export async function publishNew(path: string, url: string): Promise<void> {
  const repository = openRepository(path);
  const ref = headRef(repository.gitdir)!;
  const head = readRef(repository, ref)!;
  if (repository.config.names('remote').length === 0) {
    const quoted = url.replace(/[\\"]/g, '\\$&');
    const section = `[remote "origin"]\n\turl = "${quoted}"\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n`;
    appendFileSync(join(repository.commondir, 'config'), section);
  }
  await openTransport(openRepository(path), url).push(head, ref);
}
