import { describe, expect, test } from 'vitest';
import { atContainers, dockerSocket, publishedPorts } from '../../../src/host/docker.js';
import { unknownListener } from '../../../src/host/listener.js';
import { container, dockerEngine } from '../../support/docker-engine.js';
import { put, temporaryFolder } from '../../support/folders.js';

const WEB = {
  protocol: 'tcp',
  port: 30080,
  address: '0.0.0.0',
  container: 'web-1',
  command: "/docker-entrypoint.sh nginx -g 'daemon off;'",
} as const;

describe('what running containers publish', () => {
  test('is told by the engine, without what they only expose', async () => {
    const socket = await dockerEngine([
      container('web-1', [30080, 80]),
      container('dns', [30053, 53, 'udp']),
    ]);
    expect(await publishedPorts(socket)).toEqual([
      WEB,
      { ...WEB, protocol: 'udp', port: 30053, container: 'dns' },
    ]);
  });

  test.each<[string, unknown]>([
    ['an answer that is no list', { message: 'client version 1.22 is too old' }],
    ['a list of anything', [null, 3, 'x', {}, { Ports: 'none' }, { Ports: [null, { PublicPort: '80' }] }]],
    ['no JSON', (response: { end(text: string): void }) => response.end('<html>')],
    ['a connection that breaks', (response: { destroy(): void }) => response.destroy()],
    ['an engine that never answers', () => undefined],
  ])('is nothing where there is %s', async (_, answer) => {
    expect(await publishedPorts(await dockerEngine(answer))).toEqual([]);
  });

  test('is nothing where no engine listens on the socket', async () => {
    expect(await publishedPorts(put(`${temporaryFolder()}/docker.sock`, ''))).toEqual([]);
  });
});

test('a container takes the place of the proxy that stands in for it, and of nobody else', () => {
  const seen = (process: string, address: string) => ({
    ...unknownListener('tcp', 30080),
    address,
    process,
    pid: 7,
  });
  const proxy = seen('/usr/bin/docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 30080', '0.0.0.0');
  const other = seen('node server.js', '10.0.0.7');
  expect(atContainers([proxy, other, unknownListener('tcp', 30080)], [WEB])).toEqual([
    other,
    expect.objectContaining({ container: 'web-1', process: WEB.command, address: '0.0.0.0', pid: null }),
  ]);
  expect(atContainers([proxy], [])).toEqual([proxy]);
});

test('the socket is that of DOCKER_HOST, unless the engine is another machine', async () => {
  const socket = await dockerEngine([]);
  expect(dockerSocket({ DOCKER_HOST: `unix://${socket}` })).toBe(socket);
  expect(dockerSocket({ DOCKER_HOST: 'tcp://10.0.0.7:2375' })).toBeUndefined();
  expect(dockerSocket({ DOCKER_HOST: 'unix:///no/such/docker.sock' })).toBeUndefined();
});
