import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { shortFolder } from './folders.js';

/** An engine's socket that answers `GET /containers/json` over real HTTP, and nothing else. Gives the socket's path. */
export async function dockerEngine(answer: unknown | ((response: ServerResponse) => void)): Promise<string> {
  const path = join(shortFolder(), 'docker.sock');
  const server = createServer((request, response) => {
    if (typeof answer === 'function') return void answer(response);
    const known = request.method === 'GET' && request.url === '/containers/json';
    response.writeHead(known ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(known ? answer : { message: 'page not found' }));
  }).listen(path);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return path;
}

/** A container as the engine's API has it. */
export function container(name: string, ...ports: [number, number, ('tcp' | 'udp')?][]) {
  return {
    Id: '4f66ad9a0b2e4f66ad9a0b2e4f66ad9a0b2e4f66ad9a0b2e4f66ad9a0b2e0000',
    Names: [`/${name}`],
    Image: 'nginx:1.27',
    Command: "/docker-entrypoint.sh nginx -g 'daemon off;'",
    State: 'running',
    Ports: [
      { PrivatePort: 443, Type: 'tcp' },
      ...ports.map(([PublicPort, PrivatePort, Type = 'tcp']) => ({
        IP: '0.0.0.0',
        PrivatePort,
        PublicPort,
        Type,
      })),
    ],
  };
}
