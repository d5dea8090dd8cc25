import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A page that this machine alone can see, under an address that nobody can guess. */
export interface ServedPage {
  url: string;
  /** Has those who look at it load it anew. */
  tellChanged(): void;
  close(): void;
}

/** Nothing of it is to be kept, named to others, or shown within their pages. */
const HEADERS = {
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** So many may wait for news at once. */
const MOST = 32;

/** Serves a page by GET on a free port of 127.0.0.1; at `events` below it, server-sent events say when it has changed. */
export async function servePage(page: () => string): Promise<ServedPage> {
  const path = `/${randomBytes(24).toString('base64url')}/`;
  const waiting = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    const status = refusalOf(request, path, (server.address() as AddressInfo).port);
    if (status !== undefined) return void response.writeHead(status, HEADERS).end();
    if (request.url === path) {
      response.writeHead(200, { ...HEADERS, 'Content-Type': 'text/html; charset=utf-8' });
      return void response.end(page());
    }
    if (waiting.size >= MOST) return void response.writeHead(503, HEADERS).end();
    response.writeHead(200, { ...HEADERS, 'Content-Type': 'text/event-stream' });
    response.write(': waiting\n\n');
    waiting.add(response);
    response.once('close', () => waiting.delete(response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    tellChanged: () => {
      for (const it of waiting) it.write('data: changed\n\n');
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A page elsewhere may have a name of its own point to this machine: then the name gives it away. */
function refusalOf(
  { method, url = '', headers }: IncomingMessage,
  path: string,
  port: number,
): number | undefined {
  if (headers.host !== `127.0.0.1:${port}` && headers.host !== `localhost:${port}`) return 403;
  if (method !== 'GET') return 405;
  return [path, `${path}events`].some((it) => isSame(url, it)) ? undefined : 404;
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
