import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import { put, temporaryFolder } from './folders.js';
import { type Answer, APIS, answerOf, type Kind, NO_API, type Pull } from './forge-apis.js';
import { git } from './git.js';
import { answerOfGit, sendAnswer } from './git-http.js';
import { type MergeButton, pressButton } from './host-buttons.mjs';
import { placeRegistry } from './registries.js';

type Handler = (
  asked: { method: string; path: string },
  response: ServerResponse,
) => Answer | 'answered' | undefined;

export interface ForgeServer {
  /** `https://localhost:PORT` */
  origin: string;
  host: string;
  /** Of the registry that it serves. */
  url: string;
  /** The same repository on the disk. */
  path: string;
  token: string;
  pulls: Pull[];
  /** Headers of all requests, also of those of git. */
  headers: IncomingHttpHeaders[];
  /** `POST /repos/team/ports/pulls` */
  asked: string[];
  /** Called before each request to the API; undefined for the usual answer. */
  intercept: (handler: Handler) => void;
  /** Has its hooks open requests for pushes, as hosts do that take push options or refs/for/. */
  opensByPush: () => void;
  /** Those, as the hooks have written them. */
  pushed: () => Partial<Pull & { topic: string; commit: string }>[];
  /** Presses the button of a request, which deletes the branch unless that is kept. Throws where the host would not let it be pressed. */
  merge: (number: number, how?: MergeButton, branch?: 'kept') => void;
  close: (number: number, branch?: 'kept') => void;
}

const CERTIFICATE = resolve('test/fixtures/https/certificate.pem');
const HOOK = resolve('test/support/host-hook.mjs');
const KEY = resolve('test/fixtures/https/key.pem');

/** Lets a process trust the certificate of the tests. */
export const TRUSTS_SERVER = { NODE_EXTRA_CA_CERTS: CERTIFICATE, GIT_SSL_CAINFO: CERTIFICATE };
/** The same for one that has started already. */
export const TRUSTS_ANY = { NODE_TLS_REJECT_UNAUTHORIZED: '0', GIT_SSL_CAINFO: CERTIFICATE };

/** A host with a registry at team/ports and one of the three APIs, as their public documents describe them. */
export async function forgeServer(kind: Kind | 'gerrit'): Promise<ForgeServer> {
  const folder = temporaryFolder();
  const path = join(folder, 'team/ports.git');
  await placeRegistry(path, { bare: true });
  const token = `${kind}-token-0123456789`;
  const pulls: Pull[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const asked: string[] = [];
  let intercept: Handler = () => undefined;
  const server = createServer(
    { cert: readFileSync(CERTIFICATE), key: readFileSync(KEY) },
    async (request, response) => {
      headers.push(request.headers);
      if (!request.url!.startsWith('/api/')) return sendAnswer(response, await answerOfGit(folder, request));
      const { method = '' } = request;
      const api = kind === 'gerrit' ? NO_API : APIS[kind];
      const path = request.url!.replace(api.root, '');
      asked.push(`${method} ${path}`);
      const own = intercept({ method, path }, response);
      if (own === 'answered') return;
      const body = await bodyOf(request);
      send(
        response,
        own ??
          (api.isKnown(request.headers, token)
            ? answerOf(api, { method, path, body }, pulls)
            : { status: 401, body: { message: 'Bad credentials' } }),
      );
    },
  ).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const host = `localhost:${(server.address() as AddressInfo).port}`;
  const deleteBranch = ({ branch }: Pull) => git(path, 'update-ref', '-d', `refs/heads/${branch}`);
  const pull = (number: number) => pulls.find((it) => it.number === number)!;
  return {
    origin: `https://${host}`,
    host,
    url: `https://${host}/team/ports.git`,
    path,
    token,
    pulls,
    headers,
    asked,
    intercept: (handler) => {
      intercept = handler;
    },
    opensByPush: () => {
      git(path, 'config', 'receive.advertisePushOptions', 'true');
      if (kind !== 'gitlab') git(path, 'config', 'receive.procReceiveRefs', 'refs/for');
      const name = kind === 'gitlab' ? 'post-receive' : 'proc-receive';
      const call = `exec '${process.execPath}' '${HOOK}' ${kind} https://git.example/team/ports`;
      chmodSync(put(join(path, 'hooks', name), `#!/bin/sh\n${call}\n`), 0o755);
    },
    pushed: () => {
      const file = join(path, 'requests.json');
      return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
    },
    merge: (number, how = 'squash', kept) => {
      if (!pressButton(path, how, pull(number)))
        throw new Error(`request ${number} cannot be merged by ${how}`);
      if (how === 'update') return;
      pull(number).state = 'merged';
      if (!kept) deleteBranch(pull(number));
    },
    close: (number, kept) => {
      pull(number).state = 'closed';
      if (!kept) deleteBranch(pull(number));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString('utf8')) : {};
}

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body ?? {}));
}
