import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface GitHttp {
  /** Of a repository below the folder that is served. */
  url: (path: string) => string;
  /** Requests for a service, such as `git-receive-pack`, so far. */
  count: (service: string) => number;
  /** Called before each request; what it answers is the status, or undefined for git's own answer. */
  intercept: (
    handler: (service: string, method: string) => Promise<number | undefined> | number | undefined,
  ) => void;
  /** Called after git has answered a request and before anybody is told; true breaks the connection. */
  swallow: (handler: (service: string, method: string) => boolean) => void;
}

/** Serves the repositories below a folder over smart HTTP by `git http-backend`, as git hosts do. */
export async function gitHttp(folder: string): Promise<GitHttp> {
  const counts = new Map<string, number>();
  let intercept: Parameters<GitHttp['intercept']>[0] = () => undefined;
  let swallow: Parameters<GitHttp['swallow']>[0] = () => false;
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://x');
    const service = searchParams.get('service') ?? pathname.split('/').at(-1)!;
    if (request.method === 'POST') counts.set(service, (counts.get(service) ?? 0) + 1);
    const status = await intercept(service, request.method!);
    if (status !== undefined) {
      response.writeHead(status).end();
      return;
    }
    const answer = await answerOfGit(folder, request);
    if (swallow(service, request.method!)) {
      response.destroy();
      return;
    }
    sendAnswer(response, answer);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: (path) => `http://127.0.0.1:${port}/${path}`,
    count: (service) => counts.get(service) ?? 0,
    intercept: (handler) => {
      intercept = handler;
    },
    swallow: (handler) => {
      swallow = handler;
    },
  };
}

/** What `git http-backend` answers to a request for a repository below the folder, as in CGI. */
export async function answerOfGit(folder: string, request: IncomingMessage): Promise<Buffer> {
  const { pathname, search } = new URL(request.url!, 'http://x');
  const backend = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_COUNT: '2',
      GIT_CONFIG_KEY_0: 'http.receivepack',
      GIT_CONFIG_VALUE_0: 'true',
      GIT_CONFIG_KEY_1: 'receive.autogc',
      GIT_CONFIG_VALUE_1: 'false',
      PATH_INFO: decodeURIComponent(pathname),
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method,
      REMOTE_USER: 'tester',
      REMOTE_ADDR: '127.0.0.1',
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: (request.headers['content-encoding'] as string) ?? '',
      HTTP_GIT_PROTOCOL: (request.headers['git-protocol'] as string) ?? '',
      ...(request.headers['content-length'] && { CONTENT_LENGTH: request.headers['content-length'] }),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  backend.stdin.on('error', () => undefined);
  request.pipe(backend.stdin);
  const chunks: Buffer[] = [];
  backend.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(backend, 'close');
  return Buffer.concat(chunks);
}

export function sendAnswer(response: ServerResponse, answer: Buffer): void {
  const end = answer.indexOf('\r\n\r\n');
  for (const line of answer.toString('latin1', 0, end).split('\r\n')) {
    const [name = '', value = ''] = line.split(/: (.*)/s);
    if (name.toLowerCase() === 'status') response.statusCode = Number.parseInt(value, 10);
    else response.setHeader(name, value);
  }
  response.end(answer.subarray(end + 4));
}
