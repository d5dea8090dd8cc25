import { join, resolve } from 'node:path';
import { VportsError } from '../../errors.js';
import { readRegularText } from '../../files/regular-file.js';
import { writeWhole } from '../git/guarded-files.js';
import { headRef } from '../git/head.js';
import { branchName } from '../git/ref-name.js';
import { readRef } from '../git/refs.js';
import { openRepository } from '../git/repository.js';
import { fastForward } from '../remote/fast-forward.js';
import { openTransport, remoteRefs } from '../remote/open-transport.js';
import { isRemoteUrl, requireRemoteUrl, withoutSecrets } from '../remote/remote-url.js';

export async function requireEmptyRemote(text: string): Promise<string> {
  const url = isRemoteUrl(text) ? requireRemoteUrl(text) : resolve(text);
  if ((await remoteRefs(url, 'create an empty repository on the git host first')).length === 0) return url;
  throw new VportsError('CONFLICT', `${withoutSecrets(url)} is not empty`, {
    hint: `if it already is a registry, use it by {"registry": ${JSON.stringify(withoutSecrets(url))}} in .vports.json`,
    details: { remote: withoutSecrets(url) },
  });
}

/** Pushes a new registry to its remote. If the remote rejects it, the registry stays without one. */
export async function publishNew(path: string, url: string): Promise<void> {
  const repository = openRepository(path);
  const ref = headRef(repository.gitdir)!;
  const head = readRef(repository, ref)!;
  await openTransport(repository, url).push({ ref, oid: head, lease: undefined });
  if (repository.config.names('remote').length > 0) return;
  const branch = branchName(ref);
  const quoted = (text: string) => text.replace(/[\\"]/g, '\\$&');
  const sections = [
    `[remote "origin"]\n\turl = "${quoted(url)}"\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n`,
    `[branch "${quoted(branch)}"]\n\tremote = origin\n\tmerge = ${ref}\n`,
  ];
  const config = join(repository.commondir, 'config');
  writeWhole(config, readRegularText(config) + sections.join(''), { flush: true });
  // As after `git push --set-upstream`.
  await fastForward(repository, `refs/remotes/origin/${branch}`, undefined, head);
  writeWhole(join(repository.commondir, 'refs/remotes/origin/HEAD'), `ref: refs/remotes/origin/${branch}\n`);
}
