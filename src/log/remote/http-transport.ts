import { join } from 'node:path';
import type { HttpClient, PrePushParams } from 'isomorphic-git';
import { errno, VportsError } from '../../errors.js';
import type { RemoteMove, Transport } from '../../world/index.js';
import { durableFs, makeBareFolder } from '../git/durable-fs.js';
import { rmSync, writeWhole } from '../git/guarded-files.js';
import { NO_OID } from '../git/refs.js';
import type { Repository } from '../git/repository.js';
import { FETCHED, headsBelow, transportFolder } from './branch-heads.js';
import { writeFetchedRef } from './fetched-refs.js';
import { cleanLines } from './host-lines.js';
import { patientHttp } from './patient-http.js';
import { RemoteMoved, refusedPush, unreachable } from './remote-answers.js';
import { withoutSecrets } from './remote-url.js';

/** Up to this number of fetched objects are unpacked, as in git (fetch.unpackLimit): isomorphic-git searches every pack. */
const UNPACK_LIMIT = 100;
/** Of what a host says more is not kept, in characters. */
const LONGEST_MESSAGE = 100_000;

/**
 * Talks to the remote by http and https without git. isomorphic-git moves its refs before it has the objects, so it works in a scratch
 * git directory with the registry's objects: fetched refs count only once everything has arrived.
 */
export class HttpTransport implements Transport {
  #head: string | undefined;

  constructor(
    private readonly repository: Repository,
    readonly url: string,
  ) {}

  get gitdir(): string {
    return transportFolder(this.repository);
  }

  async fetch(): Promise<void> {
    const { fetch } = await import('../git/http-codec.js');
    const { defaultBranch, packfile } = await this.#ask(
      (place): Promise<Fetched> =>
        fetch({ ...place, url: this.url, remote: 'origin', singleBranch: false, tags: false, prune: true }),
    );
    this.#head = defaultBranch ?? undefined;
    if (packfile) await this.#unpack(packfile);
    makeBareFolder(this.gitdir);
    // A symbolic ref, not a branch.
    rmSync(join(this.#scratch, FETCHED, 'HEAD'), { force: true });
    const fetched = headsBelow(this.#at(this.#scratch), FETCHED);
    for (const [ref, oid] of fetched) writeFetchedRef(this.gitdir, ref, oid);
    for (const ref of headsBelow(this.#at(this.gitdir), FETCHED).keys())
      if (!fetched.has(ref)) rmSync(join(this.gitdir, ref), { force: true });
  }

  async defaultBranch(): Promise<string | undefined> {
    if (this.#head === undefined) await this.fetch();
    return this.#head;
  }

  /** Without force isomorphic-git would walk all of the history; what it finds there is compared by ourselves, right before it is moved. */
  async push({ ref, oid, lease }: RemoteMove): Promise<string[]> {
    const { push } = await import('../git/http-codec.js');
    let isStale = false;
    let said = '';
    const onPrePush = ({ remoteRef }: PrePushParams) => {
      const there = remoteRef.oid === NO_OID ? undefined : remoteRef.oid;
      isStale = there !== lease && there !== oid;
      return !isStale;
    };
    const onMessage = (text: string) => {
      if (said.length < LONGEST_MESSAGE) said += `${text}\n`;
    };
    try {
      await this.#ask(async (place) => {
        if (oid !== undefined) writeWhole(join(this.#scratch, 'refs/push'), `${oid}\n`);
        const what = oid === undefined ? { ref: 'refs/push', delete: true } : { ref: 'refs/push' };
        return push({ ...place, url: this.url, ...what, remoteRef: ref, force: true, onPrePush, onMessage });
      }, ref);
      return cleanLines(this.url, said);
    } catch (error) {
      throw isStale ? new RemoteMoved('stale info') : error;
    }
  }

  async #ask<T>(work: (place: Place) => Promise<T>, ref = ''): Promise<T> {
    makeBareFolder(this.#scratch, `[remote "origin"]\n\tfetch = +refs/heads/*:${FETCHED}*\n`);
    try {
      return await work({ fs: this.#fs(), gitdir: this.#scratch, http: await patientHttp(), cache: {} });
    } catch (error) {
      throw asRemoteError(this.url, error, ref);
    }
  }

  /** Replaces a small pack by loose objects, before the pack is deleted. */
  async #unpack(path: string): Promise<void> {
    const { indexPack, readObject, writeObject } = await import('../git/http-codec.js');
    const place = { fs: this.#fs(), gitdir: this.#scratch, cache: {} };
    const { oids } = await indexPack({ ...place, dir: this.#scratch, filepath: path });
    if (oids.length > UNPACK_LIMIT) return;
    for (const oid of oids) {
      const found = await readObject({ ...place, oid, format: 'content' });
      const { type, object } = found as { type: 'blob'; object: Uint8Array };
      await writeObject({ ...place, type, object, format: 'content' });
    }
    for (const end of ['idx', 'pack']) {
      const name = path.replace(/^objects\//, '').replace(/pack$/, end);
      rmSync(join(this.repository.commondir, 'objects', name), { force: true });
    }
  }

  get #scratch(): string {
    return join(this.gitdir, 'http');
  }

  #at(gitdir: string): Repository {
    return { ...this.repository, gitdir, commondir: gitdir };
  }

  /** Maps the scratch folder's objects to those of the registry. */
  #fs(): Place['fs'] {
    const [from, to] = [join(this.#scratch, 'objects'), join(this.repository.commondir, 'objects')];
    const mapped = (path: string) =>
      path === from || path.startsWith(`${from}/`) ? to + path.slice(from.length) : path;
    const { promises } = durableFs();
    const entries = Object.entries(promises).map(([name, call]) => [
      name,
      async (path: string, ...rest: unknown[]) =>
        (call as (...args: unknown[]) => unknown)(mapped(path), ...rest),
    ]);
    return { promises: Object.fromEntries(entries) as Place['fs']['promises'] };
  }
}

interface Fetched {
  defaultBranch: string | null;
  /** `objects/pack/….pack`; missing in isomorphic-git's types. */
  packfile?: string | undefined;
}

interface Place {
  fs: { promises: ReturnType<typeof durableFs>['promises'] };
  gitdir: string;
  http: HttpClient;
  cache: object;
}

export async function httpRefs(url: string): Promise<string[]> {
  const { listServerRefs } = await import('../git/http-codec.js');
  try {
    return (await listServerRefs({ http: await patientHttp(), url })).map(({ ref }) => ref);
  } catch (error) {
    throw asRemoteError(url, error);
  }
}

function asRemoteError(url: string, error: unknown, ref = ''): Error {
  if (!(error instanceof Error)) throw error;
  const { code, data } = error as Error & {
    code?: string | undefined;
    data?: Record<string, unknown> | undefined;
  };
  if (code === 'PushRejectedError') return refusedPush(url, ref, { reason: String(data?.reason) });
  if (code === 'GitPushError') {
    const { refs = {} } = (data?.result ?? {}) as { refs?: Record<string, { error?: string | undefined }> };
    const reasons = Object.values(refs).flatMap(({ error: said }) => said ?? []);
    return refusedPush(url, ref, { reason: reasons.join('; ') || String(data?.prettyDetails) });
  }
  if (code === 'HttpError') return httpError(url, Number(data?.statusCode));
  if (['ENOSPC', 'EDQUOT', 'EACCES', 'EROFS'].includes(errno(error) ?? '')) return error;
  return unreachable(url, error.message);
}

function httpError(url: string, status: number): VportsError {
  if (status !== 401 && status !== 403)
    return unreachable(url, status === 404 ? 'HTTP 404, there is no such repository' : `HTTP ${status}`);
  const remote = withoutSecrets(url);
  return new VportsError(
    'REMOTE_UNREACHABLE',
    `${remote} refuses connections: HTTP ${status}, the credentials are refused or missing`,
    {
      hint: 'without git a token can only come with the URL (VPORTS_REGISTRY=https://TOKEN@HOST/PATH)',
      details: { remote, refused: true },
    },
  );
}
